import Testing

@testable import PushCore

@Suite("Rules: JSON templates")
struct JSONTemplateTests {
    private static let data = #"{"order":17,"name":"Ann \"A\"","list":["a","b"]}"#

    private func render(_ json: String) throws -> String {
        let template = try JSONTemplate(try JSONTree(text: json.utf8))
        return try EventDecoder().inspect(Sample.binary(value: Self.data)) { event in
            let values = EventValues(event)
            #expect(template.octets(values) == template.render(values).octets)
            return String(decoding: template.octets(values), as: UTF8.self)
        }
    }

    @Test(
        "texts are rendered wherever they stand, and stay texts; all else stays as it is",
        arguments: [
            ("null", "null"), ("[1,true,1.5]", "[1,true,1.5]"), (#""{{data.order}}""#, #""17""#),
            (
                #"{"a":{"b":["{{data.name}}",{"c":"x{{#data.list}}-{{.}}{{/data.list}}"}]},"d":1}"#,
                #"{"a":{"b":["Ann \"A\"",{"c":"x-a-b"}]},"d":1}"#
            ),
            (#"{"{{data.order}}":"{{data.missing}}"}"#, #"{"{{data.order}}":""}"#), (#"{"a":"{x}"}"#, #"{"a":"{x}"}"#),
        ]
    )
    func rendered(json: String, expected: String) throws {
        #expect(try render(json) == expected)
    }

    @Test(
        "a text that is no template is refused at its path",
        arguments: [
            (#""{{""#, ""), (#"{"a":{"b":[1,"{{> x}}"]}}"#, "a.b[1]"), (#"[["{{a b}}"]]"#, "[0][0]"),
            (#"{"ok":"{{data.x}}","bad":"{{#a}}"}"#, "bad"),
        ]
    )
    func refused(json: String, path: String) throws {
        let error = try #require(throws: JSONTemplate.Invalid.self) {
            try JSONTemplate(try JSONTree(text: json.utf8))
        }
        #expect(error.path == path)
        #expect(!error.cause.message.isEmpty)
    }
}

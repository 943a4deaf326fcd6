import Testing

@testable import PushCore

@Suite("Rules: JSON templates")
struct JSONTemplateTests {
    private static let data =
        #"{"order":17,"name":"Ann \"A\"","list":["a","b"],"half":0.5,"paid":true,"no":null,"deep":{"er":{"x":[1,{}]}}}"#

    private func render(_ json: String) throws -> String {
        let template = try JSONTemplate(try JSONTree(text: json.utf8))
        return try EventDecoder().inspect(Sample.binary(value: Self.data)) { event in
            let values = EventValues(event)
            var budget = RenderBudget()
            let octets = template.octets(values, &budget)
            #expect(octets == template.render(values).octets && budget.failure == nil)
            return String(decoding: octets, as: UTF8.self)
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
        "a name in three braces, alone in its text, gives the event's own value",
        arguments: [
            ("{{{data.order}}}", "17"), ("{{{ data.half }}}", "0.5"), ("{{{data.paid}}}", "true"),
            ("{{{data.name}}}", #""Ann \"A\"""#), ("{{{data.list}}}", #"["a","b"]"#),
            ("{{{data.deep}}}", #"{"er":{"x":[1,{}]}}"#), ("{{{data.deep.er.x}}}", "[1,{}]"),
            ("{{{data.no}}}", "null"), ("{{{data.missing}}}", "null"), ("{{{data.order.x}}}", "null"),
            ("{{{event.type}}}", #""com.example.order""#), ("{{{event.none}}}", "null"), ("{{{event}}}", "null"),
            ("{{{other}}}", "null"),
        ]
    )
    func value(text: String, expected: String) throws {
        #expect(JSONTemplate.isValue(text))
        let json = try render(#"{"a":["\#(text)"]}"#)
        if text == "{{{event.type}}}" {
            #expect(json.hasPrefix(#"{"a":[""#) && json != #"{"a":["\#(text)"]}"#)
        } else {
            #expect(json == #"{"a":[\#(expected)]}"#)
        }
    }

    @Test(
        "beside other text, or in two braces, it is text",
        arguments: [
            ("{{data.order}}", "17"), (" {{{data.order}}}", " 17"), ("{{{data.order}}}.", "17."),
            ("{{{data.order}}}{{{data.paid}}}", "17true"), ("{{data.paid}}", "true"),
            ("{{{data.list}}} ", #"[\"a\",\"b\"] "#),
        ]
    )
    func noValue(text: String, expected: String) throws {
        #expect(!JSONTemplate.isValue(text))
        #expect(try render(#"["\#(text)"]"#) == #"["\#(expected)"]"#)
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

import Mustache
import Testing

@testable import PushCore

@Suite("Rules: templates")
struct TemplateTests {
    private static let data = #"""
        {"name":"Ann & <Bob>","order":7,"price":1.50,"yes":true,"no":false,"none":null,"list":[1,"two",null,{"a":3}],
         "empty":[],"deep":{"er":{"est":"ground"}},"node":"n","e\u0301":"accent","emoji":"😀\n","9":"digit"}
        """#

    private func render(_ template: String, data: String = data) throws -> String {
        let template = try Template(template)
        let text = try EventDecoder().inspect(Sample.binary(["time": "2026-01-01T00:00:00Z"], value: data)) {
            template.render(EventValues($0))
        }
        return try #require(text)
    }

    @Test(
        "a name gives the event's value as it is",
        arguments: [
            ("", ""), ("plain", "plain"), ("{{data.name}}", "Ann & <Bob>"), ("{{{data.name}}}", "Ann & <Bob>"),
            ("{{&data.name}}", "Ann & <Bob>"), ("{{ data.order }}", "7"), ("{{data.price}}", "1.50"),
            ("{{data.yes}}{{data.no}}", "truefalse"), ("[{{data.none}}{{data.missing}}{{data.name.x}}{{other}}]", "[]"),
            ("{{data.deep.er.est}}", "ground"), ("{{data.deep.er}}", #"{"est":"ground"}"#), ("{{data.empty}}", "[]"),
            ("{{data.list}}", #"[1,"two",null,{"a":3}]"#), ("{{event.type}}", "com.example.order.shipped"),
            ("{{event.time}}", "2026-01-01T00:00:00.000Z"), ("{{event.missing}}{{event}}{{.}}", ""),
            ("{{data.9}}", "digit"),
            ("a{{data.order}}}}b", "a7}}b"), ("{ {data.order} }", "{ {data.order} }"),
        ]
    )
    func names(_ template: String, _ expected: String) throws {
        #expect(try render(template) == expected)
    }

    @Test(
        "sections: lists, conditions and their opposite, comments",
        arguments: [
            ("{{#data.list}}<{{.}}>{{/data.list}}", #"<1><two><><{"a":3}>"#),
            ("{{#data.yes}}y{{/data.yes}}{{#data.no}}n{{/data.no}}", "y"),
            ("{{^data.no}}y{{/data.no}}{{^data.yes}}n{{/data.yes}}", "y"),
            ("{{^data.empty}}none{{/data.empty}}{{#data.empty}}some{{/data.empty}}", "none"),
            ("{{^data.missing}}none{{/data.missing}}{{#data.none}}some{{/data.none}}", "none"),
            ("{{#data.deep}}{{er.est}} {{data.order}}{{/data.deep}}", "ground 7"),
            ("a{{! {{data.order}}b", "ab"), ("{{#data.name}}{{.}}{{/data.name}}", "Ann & <Bob>"),
            ("a\n  {{#data.yes}}\t\nb\n{{/data.yes}}\nc", "a\nb\nc"), ("a\n {{! alone }} \r\nb", "a\nb"),
            ("a\n {{#data.yes}} b\n{{/data.yes}} c", "a\n  b\n c"), ("{{#data.yes}}\nb{{/data.yes}}", "b"),
            ("{{#data.list}}{{#a}}{{.}}{{/a}}{{/data.list}}", "3"),
        ]
    )
    func sections(_ template: String, _ expected: String) throws {
        #expect(try render(template) == expected)
    }

    @Test(
        "what a rule has no use for, and what is not closed, is refused at its place",
        arguments: [
            ("{{> partial}}", 1, 1), ("x\n {{< layout}}{{/layout}}", 2, 2), ("{{=<% %>=}}", 1, 1),
            ("{{% CONTENT_TYPE:HTML}}", 1, 1), ("{{$ block}}{{/block}}", 1, 1), ("ab{{data.x", 1, 3), ("{{{a}}", 1, 1),
            ("{{#a}}", 1, 1), ("{{/a}}", 1, 1), ("{{#a}}{{#b}}{{/a}}{{/b}}", 1, 13), ("{{}}", 1, 1), ("{{a..b}}", 1, 1),
            ("{{a b}}", 1, 1), ("{{.a}}", 1, 1), ("{{upper(data.name)}}", 1, 1), ("line\r\n{{'x'}}", 2, 1),
            ("{{ #a }}", 1, 1),
        ]
    )
    func refused(_ template: String, _ line: Int, _ column: Int) {
        let error = #expect(throws: Template.Invalid.self) { _ = try Template(template) }
        #expect(error?.line == line && error?.column == column)
    }

    @Test("limits of a template: its length and its nesting")
    func limits() throws {
        #expect(throws: Never.self) { try Template(String(repeating: "x", count: Template.octetsMax)) }
        #expect(throws: Template.Invalid.self) { try Template(String(repeating: "x", count: Template.octetsMax + 1)) }
        func nested(_ depth: Int) -> String {
            String(repeating: "{{#a}}", count: depth) + String(repeating: "{{/a}}", count: depth)
        }
        #expect(throws: Never.self) { try Template(nested(Template.nestingMax)) }
        #expect(throws: Template.Invalid.self) { try Template(nested(Template.nestingMax + 1)) }
    }

    @Test(
        "hostile templates are refused or render, and never stop the program",
        arguments: [
            "{{#}}{{/}}", "{{#.}}x{{/.}}", "{{^.}}x{{/.}}", "{{#data}}{{.}}{{/data}}", "{{#event}}{{type}}{{/event}}",
            "{{#data.list}}{{#.}}{{.}}{{/.}}{{/data.list}}", "{{#sorted(data.list)}}{{.}}{{/sorted(data.list)}}",
            "{{#first(data.list)}}{{/first(data.list)}}", "{{#data.list}}{{a}}{{/data.list}}", "{{#a b}}{{/a b}}",
            "{{#a(}}{{/a(}}", "{{#a)}}{{/a)}}", "{{#../x}}{{/../x}}", "{{!}}", "{{! {{! }} }}", "{{{{a}}}}", "{{{{{",
            "}}}}}",
            "{{\u{301}a}}", "\u{0}{{data.name}}\u{0}", "{{#data.9}}{{.}}{{/data.9}}",
            "{{#count(data)}}{{/count(data)}}",
            "{{#data.list}}\n{{/data.list}}\r\n{{! alone }}\r\n", "{{#é}}{{/e\u{301}}}", "{{&}}",
            "{{# data.yes}}{{/data.yes }}",
        ]
    )
    func hostile(_ template: String) throws {
        guard (try? Template(template)) != nil else { return }
        #expect(try !render(template).contains("PushCore"), "our types are nobody's business")
    }

    /// The sample as swift-mustache's own values: numbers as they are written.
    private static var tree: [String: Any] {
        [
            "event": ["type": "com.example.order.shipped"],
            "data": [
                "name": "Ann & <Bob>", "order": 7, "yes": true, "no": false, "list": ["one", "two", "three"] as [Any],
                "empty": [Any](), "deep": ["er": ["est": "ground"]], "node": "n",
                "items": [["name": "a", "tags": ["x", "y"]], ["name": "b", "tags": [String]()]] as [Any],
            ] as [String: Any],
        ]
    }
    private static let treeText = #"""
        {"name":"Ann & <Bob>","order":7,"yes":true,"no":false,"list":["one","two","three"],"empty":[],
         "deep":{"er":{"est":"ground"}},"node":"n","items":[{"name":"a","tags":["x","y"]},{"name":"b","tags":[]}]}
        """#

    @Test("templates render as swift-mustache renders them", arguments: (1...100).map { UInt64($0) })
    func sameText(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<30 {
            let template = Self.random(depth: 0, &random)
            let full = try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}.\(template).")
            let expected = full.render(Self.tree)
            #expect(
                try render(".\(template).", data: Self.treeText) == expected,
                "seed \(seed): \(template.debugDescription)"
            )
        }
    }

    private static func random(depth: Int, _ random: inout SeededGenerator) -> String {
        // Where a value is shown, it is no map: swift-mustache shows those as Swift does.
        let shown = [
            "data.name", "data.order", "data.missing", "data.missing.x", "data.deep.er.est", "data.node", "event.type",
            "other",
            "name", "node", "est", "er.est", "data.name.x", "event.x",
        ]
        let sections = [
            "data.name", "data.order", "data.yes", "data.no", "data.list", "data.empty", "data.deep", "data.deep.er",
            "data.missing", "data.items", "tags", "er", "event", "data", "yes", "items", "other.x",
        ]
        // No braces, which swift-mustache refuses at a text's end, and no lines, whose last spaces it drops.
        let texts = [" ", "text", "<&>", "é", "😀", "\"", "\\", "\t", ":"]
        var template = ""
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            switch Int.random(in: 0..<7, using: &random) {
            case 0: template += "{{\(shown.randomElement(using: &random) ?? "")}}"
            case 1: template += "{{{ \(shown.randomElement(using: &random) ?? "") }}}"
            case 2: template += "{{&\(shown.randomElement(using: &random) ?? "")}}"
            case 3 where depth < 3, 4 where depth < 3:
                let name = sections.randomElement(using: &random) ?? ""
                let sigil = Bool.random(using: &random) ? "#" : "^"
                template += "{{\(sigil)\(name)}}\(Self.random(depth: depth + 1, &random)){{/\(name)}}"
            case 5: template += "{{! a comment }}"
            default: template += texts.randomElement(using: &random) ?? ""
            }
        }
        return template
    }
}

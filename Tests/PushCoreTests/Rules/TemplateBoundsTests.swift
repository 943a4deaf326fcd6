import Testing

@testable import PushCore

@Suite("Rules: what templates may cost")
struct TemplateBoundsTests {
    private func failure(_ source: String, data: String, key: String = "content.en.body") throws -> String? {
        let template = try Template(source, key: key)
        return try EventDecoder().inspect(Sample.binary(["time": "2026-01-01T00:00:00Z"], value: data)) { event in
            var budget = RenderBudget()
            var octets: [UInt8] = []
            template.append(EventValues(event), to: &octets, &budget)
            #expect(
                octets.count <= RenderBudget.octetsMax + 1_100_000,
                "what is written before it is noticed is bounded"
            )
            return budget.failure?.message
        }
    }

    private static func list(_ count: Int) -> String { "[" + String(repeating: "1,", count: count - 1) + "1]" }

    @Test("sections over long lists inside each other end with an error that names the template")
    func nested() throws {
        let open = String(repeating: "{{#data.l}}", count: 12)
        let close = String(repeating: "{{/data.l}}", count: 12)
        let data = "{\"l\":\(Self.list(5_000))}"
        let text = try failure(open + "x" + close, data: data)
        #expect(text == "content.en.body: the sections of one notification take more than 100000 steps")
        #expect(try failure(open + close, data: data) == text, "also where nothing is written")
    }

    @Test("long texts end with an error: repeated by a list, by the template, or by many of them")
    func long() throws {
        let text = String(repeating: "y", count: 100_000)
        let data = "{\"t\":\"\(text)\",\"l\":\(Self.list(4_000))}"
        let error = "content.en.body: the texts of one notification are longer than 262144 bytes together"
        #expect(try failure("{{data.t}}{{data.t}}", data: data) == nil)
        #expect(try failure("{{data.t}}{{data.t}}{{data.t}}", data: data) == error)
        #expect(try failure("{{#data.l}}{{data.t}}{{/data.l}}", data: data) == error)
        #expect(try failure("{{#data.l}}\(String(repeating: "z", count: 1_000)){{/data.l}}", data: data) == error)
    }

    @Test("a rule whose texts are too long dead-letters the event for that rule, and the others still apply")
    func deadLetter() throws {
        let long = try Make.rule("long") { rule in
            rule.data = [("all", Make.located("{{data.t}}")), ("again", Make.located("{{data.t}}"))]
            rule.link = Make.located("{{data.t}}")
        }
        let core = Make.rules(long, try Make.rule("short"))
        let text = String(repeating: "y", count: 100_000)
        let decided = core.decide("{\"user\":\"u\",\"order\":\"1\",\"t\":\"\(text)\"}")
        #expect(decided.disposition == .matched && decided.failures == 1 && decided.notifications == 1)
        #expect(try decided.effects.notifications().map(\.ruleID) == ["short"])
        let letter = try #require(decided.effects.outputs.first { $0.topic == .deadLetters })
        let detail = letter.headers.first { $0.name == "dlq_detail" }.map {
            String(decoding: $0.value ?? [], as: UTF8.self)
        }
        #expect(detail == "rule long: key: the texts of one notification are longer than 262144 bytes together")
    }

    @Test("values taken over into JSON count as well")
    func json() throws {
        let tree: JSONTree = ["a": "{{{data.t}}}", "b": ["{{{data.t}}}", "{{{data.t}}}"], "c": "{{data.t}}"]
        let template = try JSONTemplate(tree, key: "fcm")
        let data = "{\"t\":\"\(String(repeating: "y", count: 100_000))\"}"
        let failure = try EventDecoder().inspect(Sample.binary(["time": "2026-01-01T00:00:00Z"], value: data)) {
            event in
            var budget = RenderBudget()
            _ = template.octets(EventValues(event), &budget)
            return budget.failure
        }
        #expect(failure != nil)
    }

    @Test("whatever a template is made of, reading and rendering it ends", arguments: (1...40).map { UInt64($0) })
    func anything(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let words = [
            "{{", "}}", "{{{", "}}}", "{{#", "{{/", "{{^", "{{!", "{{&", "data", ".", "data.l", "data.t", "event.type",
            "x", " ", "\n",
            "\r\n", "(", ")", ",", ":", "'", "\"", "number(", "plural(", "currency(", "date(", "datetime(",
            "other: '#'", "one:", "EUR",
            "zone:", "style:", "long", "+02:00", "decimals: 2", "5", "-1", "é", "😀", "\u{301}", "\u{0}", "#",
            "{{#data.l}}",
            "{{/data.l}}", "{{number(data.n)}}", "{{date(data.d)}}", "{{plural(data.n, other: '# x')}}",
            "{{currency(data.n, EUR)}}",
        ]
        let data = """
            {"l":[1,"two",null,{"a":[1,2]},[[]]],"t":"text","n":-1.5e3,"d":"2026-02-30","o":{"l":[{"l":[true,false]}]}}
            """
        for _ in 0..<200 {
            let source = (0..<Int.random(in: 1...24, using: &random)).map { _ in
                words.randomElement(using: &random) ?? ""
            }.joined()
            guard let template = try? Template(source) else { continue }
            let text = try EventDecoder().inspect(Sample.binary(["time": "2026-01-01T00:00:00Z"], value: data)) {
                template.render(EventValues($0))
            }
            #expect((text?.utf8.count ?? 0) <= RenderBudget.octetsMax, "seed \(seed): \(source.debugDescription)")
        }
    }

    @Test("whatever number and time there is, it is written or refused", arguments: (1...20).map { UInt64($0) })
    func numbers(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let languages = LanguageTable.tags
        for _ in 0..<100 {
            let digits = String(Int64.random(in: .min ... .max, using: &random))
            let exponent =
                Int.random(in: 0..<3, using: &random) == 0 ? "e\(Int.random(in: -400...400, using: &random))" : ""
            let number = digits + exponent
            let language = languages.randomElement(using: &random) ?? "en"
            let source =
                "{{number(data.n)}}{{currency(data.n, JPY)}}{{percent(data.n, decimals: 3)}}{{plural(data.n, other: '#')}}"
            for source in [source, "{{datetime(data.n, full)}}", "{{datetime(data.n, full, zone: -23:59)}}"] {
                let template = try Template(source, setting: Template.Setting(language: language))
                let text = try EventDecoder().inspect(
                    Sample.binary(["time": "2026-01-01T00:00:00Z"], value: "{\"n\":\(number)}")
                ) { template.render(EventValues($0)) }
                #expect((text?.utf8.count ?? 0) < 2_000, "seed \(seed): \(number)")
            }
        }
    }
}

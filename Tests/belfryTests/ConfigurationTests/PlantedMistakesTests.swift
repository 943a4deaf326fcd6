import PushCore
import Testing

@testable import belfry

/// Rule files as people write them, each with a mistake: reported in its line, with a word on what to do.
struct PlantedMistakesTests {
    struct Planted: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let line: Int
        let severity: Problem.Severity
        let fragment: String
        let text: String

        init(_ name: String, _ line: Int, _ fragment: String, _ text: String) {
            self.init(name, line, .error, fragment, text)
        }

        init(_ name: String, _ line: Int, _ severity: Problem.Severity, _ fragment: String, _ text: String) {
            testDescription = name
            self.line = line
            self.severity = severity
            self.fragment = fragment
            self.text = text
        }
    }

    /// All that is said about a rule file, as `belfry check` says it.
    static func problems(_ rules: String) -> [Problem] {
        let loaded = Sample.load(rules: rules)
        var problems = loaded.problems
        for definition in loaded.rules { _ = Rule(compiling: definition, problems: &problems) }
        return ProblemReport.sorted(problems)
    }

    private static let words = "content: { en: { title: x, body: y } }"

    private static func rule(_ lines: String...) -> String {
        """
        - id: order-shipped
          on: com.example.order.shipped
          to: { users: data.customer_id }
          \(lines.joined(separator: "\n  "))

        """
    }

    static let mistakes: [Planted] = [
        Planted(
            "an id twice",
            5,
            "already, at rules/orders.yaml:1:7",
            rule(words) + "- id: order-shipped\n  on: a\n  to: { users: data.u }\n  \(words)\n"
        ),
        Planted("an unknown key", 5, "did you mean \"category\"?", rule(words, "catgory: marketing")),
        Planted("a limit that there is not", 4, "did you mean \"marketing\"?", rule("limit: marketting", words)),
        Planted(
            "contradictory comparisons",
            4,
            "never true: data.tier cannot be \"gold\" and \"silver\"",
            rule("when: data.tier == \"gold\" && data.tier == \"silver\"", words)
        ),
        Planted("an empty range", 4, "more than 10 and less than 5", rule("when: data.n > 10 && data.n < 5", words)),
        Planted("a constant", 4, "never true: this is always false", rule("when: \"false\"", words)),
        Planted("always true", 4, .warning, "leave \"when\" out", rule("when: \"true\"", words)),
        Planted(
            "a type that on does not let through",
            4,
            "name that type in \"on\"",
            rule("when: event.type == \"com.example.order.delivered\"", words)
        ),
        Planted(
            "a field that nothing guarantees",
            6,
            .warning,
            "no condition guarantees data.tracking",
            rule("when: data.total > 0", "content:", "  en: { title: \"{{data.total}}\", body: \"{{data.tracking}}\" }")
        ),
        Planted(
            "a name without its root",
            5,
            "did you mean {{data.order.id}}?",
            rule("content:", "  en: { title: \"Order {{order.id}}\", body: y }")
        ),
        Planted(
            "event.data in a template",
            4,
            "did you mean {{data.id}}?",
            rule("content: { en: { title: \"{{event.data.id}}\", body: y } }")
        ),
        Planted(
            "event.data in a condition",
            4,
            "did you mean \"data.total\"?",
            rule("when: event.data.total > 5", words)
        ),
        Planted(
            "a template without quotation marks",
            4,
            "needs quotation marks",
            rule("content: { en: { title: {{data.x}} } }")
        ),
        Planted(
            "a colon in a text",
            6,
            "needs quotation marks",
            rule("content:", "  en:", "    title: Order: on its way", "    body: y")
        ),
        Planted("wrong indentation", 7, "wrong indentation", rule("content:", "  en:", "    title: x", "   body: y")),
        Planted("a tab", 4, "YAML wants spaces", rule("\twhen: data.x")),
        Planted("one equals sign", 4, "equality is written '=='", rule("when: data.status = \"shipped\"", words)),
        Planted("and as a word", 4, "'and' is written '&&'", rule("when: data.a and data.b", words)),
        Planted("a condition without data", 4, "did you mean data.order", rule("when: order.total > 5", words)),
        Planted(
            "a text without quotation marks",
            4,
            "or the text \"shipped\"?",
            rule("when: data.status == shipped", words)
        ),
        Planted(
            "a function that there is not",
            4,
            "did you mean 'startsWith'?",
            rule("when: data.name.startWith(\"A\")", words)
        ),
        Planted("a template for an expression", 4, "not a template", rule("when: \"{{data.total}} > 5\"", words)),
        Planted("the length of a list", 4, .warning, "size(data.items)", rule("when: data.items.length > 3", words)),
        Planted(
            "a section that is not closed",
            7,
            "{{#data.name}} is not closed",
            rule("content:", "  en:", "    title: x", "    body: \"{{#data.name}}Hello\"")
        ),
        Planted(
            "a type that a pattern covers",
            2,
            .warning,
            "covers it already",
            "- id: a\n  on: [com.example.order.*, com.example.order.paid]\n  to: { users: data.u }\n  \(words)\n"
        ),
        Planted(
            "a language that another rule has",
            6,
            .warning,
            "no words in \"de\"",
            "- { id: a, on: a, to: { users: data.u }, content: { en: { title: Hi }, de: { title: Hallo } } }\n"
                + "- id: b\n  on: b\n  to: { users: data.u }\n  content:\n    en: { title: Bye }\n"
        ),
        Planted(
            "a part that one language lacks",
            6,
            .warning,
            "no body, which \"en\" has",
            rule("content:", "  en: { title: x, body: y }", "  de: { title: x }")
        ),
        Planted(
            "a variant without its language",
            6,
            .warning,
            "add content.de",
            rule("content:", "  en: { title: x }", "  de-AT: { title: x }")
        ),
        Planted("a country for a language", 5, "did you mean \"ja\"?", rule("content:", "  jp: { title: x }")),
        Planted("the name of a language", 5, "did you mean \"de\"?", rule("content:", "  german: { title: x }")),
        Planted(
            "amounts that a language has",
            5,
            .warning,
            "no words for few, many",
            rule("content:", "  pl: { title: \"{{plural(data.customer_id, one: '# paczka', other: '# paczek')}}\" }")
        ),
        Planted(
            "a call that is not right",
            4,
            "did you mean \"currency\"?",
            rule("content: { en: { title: \"{{curency(data.total, EUR)}}\" } }")
        ),
        Planted("words that were forgotten", 1, .warning, "nothing is shown", rule("priority: low")),
        Planted("a silent rule with words", 5, "contradiction: a silent", rule("silent: true", words)),
        Planted("a badge that is none", 4, "did you mean \"increment\"?", rule("badge: incrment", words)),
        Planted("a time zone that there is not", 4, "no time zone has this name", rule("time_zone: Berlin", words)),
        Planted("too long as what", 4, "truncate_body, drop", rule("on_too_long: cut", words)),
        Planted("devices that nobody has", 4, "all, most_recent, per_platform", rule("devices: newest", words)),
        Planted("a provider that is none", 4, "apns, fcm, webpush", rule("providers: [apns, gcm]", words)),
    ]

    @Test("a planted mistake is reported in its line, with what to do", arguments: mistakes)
    func reported(_ planted: Planted) throws {
        let problems = Self.problems(planted.text)
        let matching = problems.filter { $0.place.line == planted.line && $0.description.contains(planted.fragment) }
        #expect(matching.count == 1, "\(problems.map(\.description))")
        #expect(matching.first?.severity == planted.severity)
        #expect(problems.allSatisfy { $0.place.file == "rules/orders.yaml" && $0.place.line > 0 })
        if planted.severity == .error {
            #expect(problems.filter { $0.severity == .error }.count == 1, "\(problems.map(\.description))")
        }
    }

    @Test("a rule that guards what it shows, in all languages, gives no warning")
    func clean() {
        let problems = Self.problems(
            """
            - id: order-shipped
              on: [com.example.order.shipped, com.example.order.sent]
              when: has(data.tracking) && data.total > 0 && event.type != "x"
              to: { users: data.customer.id }
              collapse: "order-{{data.customer.id}}-{{event.id}}"
              badge: increment
              sound: default
              content:
                en: { title: "{{data.tracking}}", body: "{{#data.name}}Hi {{data.name}}, {{/data.name}}{{currency(data.total, EUR)}}" }
                de-AT: { title: "{{data.tracking}}", body: "{{^data.name}}Hallo{{/data.name}} {{#data.items}}{{name}} {{/data.items}}" }
                de: { title: "{{data.tracking}}", body: "{{plural(data.total, one: '# Stück', other: '# Stück')}}" }
            - id: chat
              on: com.example.chat
              when: has(data.sender) && has(data.text)
              to: { users: data.to }
              content: { title: "{{data.sender}}", body: "{{data.text}}" }
            - id: sync
              on: com.example.sync
              to: { users: data.to }
              silent: true
              data: { screen: inbox }
            """
        )
        #expect(problems.isEmpty, "\(problems.map(\.description))")
    }

    @Test("whatever a rule file is made of, reading it ends", arguments: (1...12).map { UInt64($0) })
    func anything(_ seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        func next(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        let base = Array(Self.mistakes[8].text.utf8)
        let pieces = [
            "{{", "}}", "- ", ": ", "\n", "  ", "when: ", "data.", "&&", "==", "\"", "'", "{", "}", "[", "]", "#", "*",
            "&a", "!!x", "|", ">", "%",
            "\t", "\u{0}", "é", "😀", "content:", "badge: ", "increment", "silent: true", "has(", ")", "~", "1e999",
            "plural(data.x, other: '#')",
        ].map { Array($0.utf8) }
        for _ in 0..<60 {
            var octets = base
            for _ in 0...next(6) {
                let place = next(octets.count)
                switch next(3) {
                case 0: octets.remove(at: place)
                case 1: octets.insert(contentsOf: pieces[next(pieces.count)], at: place)
                default:
                    octets.replaceSubrange(place..<min(octets.count, place + next(8)), with: pieces[next(pieces.count)])
                }
            }
            let problems = Self.problems(String(decoding: octets, as: UTF8.self))
            #expect(problems.allSatisfy { $0.description.utf8.count < 4_096 }, "seed \(seed)")
        }
    }
}

import CEL
import Testing

@testable import PushCore

@Suite("Rules: what comparisons say before a condition is evaluated")
struct ScreenTests {
    /// What the screen says of each condition, and what an evaluation gives.
    private func judged(
        _ conditions: [String],
        on record: OwnedRecord,
        decoder: EventDecoder = EventDecoder()
    ) throws -> [(screen: Screen.Verdict, value: Value)] {
        let environment = EventValues.environment(TimeZoneDatabase())
        let expressions = try conditions.map { try Expression($0, environment: environment) }
        let screen = Screen(conditions: expressions)
        let memory = ScreenMemory()
        return try decoder.inspect(record) { event in
            var kept: [(rule: Int, holds: Bool)] = []
            screen.sift(Array(expressions.indices), event, memory, into: &kept)
            return expressions.enumerated().map { index, expression in
                let entry = kept.first { $0.rule == index }
                let verdict: Screen.Verdict = entry.map { $0.holds ? .holds : .open } ?? .fails
                return (verdict, expression.evaluate(EventValues(event)).resolved)
            }
        }
    }

    private static let sample = #"""
        {"user":"ann","total":12.5,"count":3,"big":9223372036854775807,"flag":true,"off":false,"none":null,"name":"EUR",
        "quoted":"a\"b","empty":"","list":[1,2],"address":{"city":"Bern","code":"3003","geo":{"lat":46.9}},"twice":1,"twice":2}
        """#

    @Test(
        "comparisons that fit their values are decided without an evaluation, and rightly",
        arguments: [
            ("data.total > 0.0", true), ("data.total > 100", false), ("data.total >= 12.5", true),
            ("12.5 < data.total", false),
            ("13 > data.total", true), ("data.total <= 12", false), ("data.count == 3", true),
            ("data.count == 3.0", true),
            ("data.count != 3", false), ("4 == data.count", false), ("data.count < 4", true),
            ("data.big > 9223372036854775806", true), ("data.total == 12.5", true), ("data.total != 12.5", false),
            ("data.flag", true), ("!data.flag", false), ("!!data.off", false), ("data.off == false", true),
            ("data.none == null", true), ("data.name == null", false), ("data.name != null", true),
            ("data.name == 'EUR'", true), ("data.name == 'EUr'", false), ("data.name == 'EU'", false),
            ("data.empty == ''", true),
            ("data['name'] == 'EUR'", true), ("data.name == 3", false), ("data.count == '3'", false),
            ("data.list == 'EUR'", false), ("data.address == 1", false), ("data.name in ['USD', 'EUR']", true),
            ("data.name in ['USD', 1, null]", false), ("data.name.startsWith('EU')", true),
            ("data.name.startsWith('')", true),
            ("data.name.startsWith('EURO')", false), ("data.name.endsWith('UR')", true),
            ("data.name.endsWith('XEUR')", false),
            ("size(data.list) == 2", true), ("data.list.size() > 2", false), ("has(data.total)", true),
            ("has(data.gift)", false),
            ("has(data.none)", true), ("has(data.quoted)", true), ("has(data.address.geo.lat)", true),
            ("has(data.address.zip)", false),
            ("data.address.geo.lat > 46", true), ("data.address.city == 'Bern' && data.address.code == '3003'", true),
            ("has(data.gift) && data.gift.wrapped", false), ("has(data.total) || data.gift", true),
            ("data.flag && (data.off || !(data.count > 5))", true), ("data.twice == 2", true), ("true", true),
            ("false", false),
            ("true && data.off", false), ("event.source == '/shop'", true),
            ("event.source.startsWith('/shop/')", false),
            ("has(event.subject)", false), ("has(event.time)", true), ("has(event.datacontenttype)", true),
            ("event.id == 'e-1'", true), ("event.type.endsWith('.shipped')", true), ("event == 'x'", false),
            ("data.off && data.count.foo.bar > 1", false),
        ] as [(String, Bool)]
    )
    func decided(condition: String, wanted: Bool) throws {
        let record = Sample.binary(["time": "2026-01-01T00:00:00Z"], value: Self.sample)
        let judged = try #require(try judged([condition], on: record).first)
        #expect(judged.screen == (wanted ? .holds : .fails))
        guard case .bool(wanted) = judged.value else {
            Issue.record("an evaluation gives \(judged.value)")
            return
        }
    }

    @Test(
        "a value that is missing, or of another type than the comparison is for, is left to an evaluation",
        arguments: [
            "data.gift == 1", "data.gift != 1", "data.gift", "data.name > 3", "data.count.startsWith('3')",
            "data.count",
            "has(data.gift.wrapped)", "has(data.name.first)", "size(data.none) > 1", "data.gift == 1 || data.flag",
            "data.gift == 1 && data.off", "data.quoted == 'x'", "event.subject == 'x'", "event.time == 'x'",
            "data.name + '' == 'EUR'",
            "data.flag && data.count + 1 == 4", "data.name == data.name", "data.list.exists(x, x == 1)",
            "data.flag ? true : false",
            "data.gift in []",
        ]
    )
    func left(condition: String) throws {
        let record = Sample.binary(["time": "2026-01-01T00:00:00Z"], value: Self.sample)
        #expect(try judged([condition], on: record).first?.screen == .open)
    }

    @Test("an event without data, and data that is no object, leave its comparisons open")
    func noData() throws {
        for value in [nil, "null", "[]", "3", #""text""#] as [String?] {
            let judged = try judged(
                ["data.total > 1", "has(data.total)", "data == null"],
                on: Sample.binary(value: value)
            )
            #expect(judged[0].screen == .open && judged[1].screen == .open)
            #expect(judged[2].screen == (value == nil || value == "null" ? .holds : .fails))
        }
    }

    @Test("attributes of structured mode are compared as those of binary mode")
    func structured() throws {
        let conditions = [
            "event.source == '/shop'", "has(event.subject)", "event.size == 3", "event.level == 'low'", "data.a == 1",
        ]
        let record = Sample.structured(["subject": "null", "size": "3", "level": #""l\u006fw""#, "data": #"{"a":1}"#])
        #expect(try judged(conditions, on: record).map(\.screen) == [.holds, .fails, .open, .open, .holds])
    }

    @Test("what was found in one event is not taken for the next")
    func nextEvent() throws {
        let rules = try ["data.total > 10", "data.name == 'a'"].enumerated().map {
            try Make.rule("rule-\($0)", when: $1)
        }
        let core = RulesCore(
            ruleSet: RuleSet(rules, version: "v1"),
            decoder: EventDecoder(),
            registrations: RegistrationDecoder(digests: .openSSL),
            digests: .openSSL
        )
        let values = [(11, "a"), (9, "a"), (11, "b"), (1, "c"), (12, "a")]
        for (total, name) in values {
            let decided = core.decide(#"{"user":"ann","total":\#(total),"name":"\#(name)"}"#)
            #expect(decided.notifications == (total > 10 ? 1 : 0) + (name == "a" ? 1 : 0))
        }
    }

    @Test(
        "whatever the condition and the event: the screen says what an evaluation gives, or nothing",
        arguments: 0..<20 as Range<UInt64>
    )
    func property(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var decided = 0
        for _ in 0..<25 {
            let conditions = (0..<8).map { _ in Self.condition(depth: 2, &generator) }
            let record = Sample.binary(["subject": "EUR"], value: Self.object(depth: 2, &generator))
            for (condition, judged) in zip(conditions, try judged(conditions, on: record)) {
                switch (judged.screen, judged.value) {
                case (.open, _): continue
                case (.holds, .bool(true)), (.fails, .bool(false)): decided += 1
                default: Issue.record("seed \(seed): \(condition) is \(judged.screen), and gives \(judged.value)")
                }
            }
        }
        #expect(decided > 30, "seed \(seed): too little was decided to tell anything")
    }

    private static let names = ["a", "b", "c"]
    private static let literals = ["null", "true", "false", "0", "3", "-3", "2.5", "3.0", "''", "'EUR'", "'EU'", "'x'"]

    private static func condition(depth: Int, _ generator: inout SeededGenerator) -> String {
        if depth > 0, Int.random(in: 0..<3, using: &generator) > 0 {
            let left = condition(depth: depth - 1, &generator)
            let right = condition(depth: depth - 1, &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1: return "(\(left) && \(right))"
            case 2, 3: return "(\(left) || \(right))"
            default: return "!(\(left))"
            }
        }
        var path = Bool.random(using: &generator) ? "data.a" : "data.\(names.randomElement(using: &generator) ?? "a")"
        if Int.random(in: 0..<4, using: &generator) == 0 { path += ".\(names.randomElement(using: &generator) ?? "a")" }
        if Int.random(in: 0..<12, using: &generator) == 0 { path = "event.subject" }
        let literal = literals.randomElement(using: &generator) ?? "0"
        let number = ["0", "3", "-3", "2.5"].randomElement(using: &generator) ?? "0"
        let relation = ["<", "<=", ">", ">="].randomElement(using: &generator) ?? "<"
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return path
        case 1: return "has(\(path))"
        case 2, 3: return "\(path) == \(literal)"
        case 4: return "\(literal) != \(path)"
        case 5: return "\(path) \(relation) \(number)"
        case 6: return "\(number) \(relation) \(path)"
        case 7: return "\(path).startsWith('EU')"
        case 8: return "\(path) in [\(literal), 'EUR']"
        default: return "size(\(path)) \(relation) \(Int.random(in: 0..<3, using: &generator))"
        }
    }

    private static func object(depth: Int, _ generator: inout SeededGenerator) -> String {
        let members = names.filter { _ in Int.random(in: 0..<4, using: &generator) > 0 }.map { name in
            "\"\(name)\":\(value(depth: depth, &generator))"
        }
        return "{\((members + [#""user":"ann""#]).joined(separator: ","))}"
    }

    private static func value(depth: Int, _ generator: inout SeededGenerator) -> String {
        let scalars = [
            "null", "true", "false", "0", "3", "-3", "2.5", "3.0", "1e400", #""""#, #""EUR""#, #""E\u0055R""#,
        ]
        switch Int.random(in: 0..<8, using: &generator) {
        case 0 where depth > 0: return object(depth: depth - 1, &generator)
        case 1: return "[1,2]"
        default: return scalars.randomElement(using: &generator) ?? "0"
        }
    }
}

import Testing

@testable import PushCore

extension Make {
    static func located(_ text: String) -> Located<String> {
        Located(text, at: SourcePlace(file: "rules.yaml", line: 1), key: "key")
    }

    /// A rule for shipped orders; what a test is about is changed.
    static func rule(
        _ id: String = "shipped",
        on types: [String] = ["com.example.order.shipped"],
        when condition: String? = nil,
        users: String = "data.user",
        change: (inout RuleDefinition) -> Void = { _ in }
    ) throws -> Rule {
        var definition = RuleDefinition(id: located(id), eventTypes: types.map(located), users: located(users))
        definition.condition = condition.map(located)
        var content = ContentDefinition(locale: located("en"))
        content.title = located("Order {{data.order}}")
        definition.contents = [content]
        change(&definition)
        var problems: [Problem] = []
        let rule = Rule(compiling: definition, problems: &problems)
        return try #require(rule, "\(problems)")
    }

    static func rules(_ rules: Rule...) -> RulesCore {
        RulesCore(
            ruleSet: RuleSet(rules, version: "v1"),
            decoder: EventDecoder(),
            registrations: RegistrationDecoder(digests: .openSSL),
            digests: .openSSL
        )
    }
}

extension RulesCore {
    func decide(_ value: String, _ change: (inout OwnedRecord) -> Void = { _ in }) -> Decided {
        var record = Sample.binary(["time": "2026-01-01T00:00:00Z"], value: value)
        record.partition = 2
        record.offset = 77
        record.timestampMs = Make.timeMs + 9
        change(&record)
        return record.withInputRecord { handle(event: $0) }
    }
}

extension Effects {
    func notifications() throws -> [Notification] { try outputs(.inbox).map { try $0.command().notify.notification } }
}

/// All rules, and for each event type those that can match it.
package struct RuleSet: Sendable {
    package let rules: [Rule]
    /// Names this set of rules in decisions.
    package let version: String

    /// What is known of a rule's condition without evaluating it.
    let screen: Screen

    /// Rules by exact type, prefix rules included, in the order of the files.
    private let exact: [String: [Int]]
    /// Rules that name a prefix.
    private let prefixes: [(prefix: String, rule: Int)]

    /// `version`: Derived from the text of the rules by who read them.
    package init(_ rules: [Rule], version: String) {
        self.rules = rules
        self.version = version
        screen = Screen(rules)
        var prefixes: [(prefix: String, rule: Int)] = []
        var exactTypes: [String: Set<Int>] = [:]
        for (index, rule) in rules.enumerated() {
            for type in rule.eventTypes {
                if type.hasSuffix("*") {
                    prefixes.append((String(type.dropLast()), index))
                } else {
                    exactTypes[type, default: []].insert(index)
                }
            }
        }
        self.prefixes = prefixes
        var exact: [String: [Int]] = [:]
        for (type, indices) in exactTypes {
            exact[type] = indices.union(Self.matching(prefixes, type)).sorted()
        }
        self.exact = exact
    }

    /// Indices of the rules whose `on` matches the type, each once, in the order of the files.
    func candidates(for type: String) -> [Int] {
        if let indices = exact[type] { return indices }
        if prefixes.isEmpty { return [] }
        return Set(Self.matching(prefixes, type)).sorted()
    }

    private static func matching(_ prefixes: [(prefix: String, rule: Int)], _ type: String) -> [Int] {
        prefixes.filter { type.hasPrefix($0.prefix) }.map(\.rule)
    }
}

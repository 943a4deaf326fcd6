/// What the languages of rules lack, seen beside each other.
package enum RuleLanguageChecks {
    /// Warnings about languages that some rules have and others lack, about words that one language of a rule lacks, and about
    /// languages without a word for their speakers elsewhere.
    package static func problems(in rules: [RuleDefinition]) -> [Problem] {
        var known: [String: Int] = [:]
        for rule in rules {
            for language in languages(of: rule) { known[language, default: 0] += 1 }
        }
        return rules.flatMap { rule in
            missingLanguages(rule, known) + missingParts(rule) + missingFallbacks(rule)
        }
    }

    /// The primary subtags of the languages that a rule names.
    private static func languages(of rule: RuleDefinition) -> Set<String> {
        Set(rule.contents.map { primary($0.locale.value) }).subtracting(["und"])
    }

    private static func primary(_ tag: String) -> String {
        tag.lowercased().split(separator: "-").first.map(String.init) ?? ""
    }

    private static func missingLanguages(_ rule: RuleDefinition, _ known: [String: Int]) -> [Problem] {
        guard let first = rule.contents.first, rule.contents.contains(where: hasWords) else { return [] }
        let own = languages(of: rule)
        let missing = known.keys.filter { !own.contains($0) }.sorted()
        guard !missing.isEmpty else { return [] }
        let names = missing.map { "\"\($0)\"" }.joined(separator: ", ")
        let others = known.filter { missing.contains($0.key) }.values.max() ?? 0
        let who = others == 1 ? "another rule has" : "\(others) other rules have"
        let what = own.isEmpty ? "these words" : "the words in \"\(first.locale.value)\", the first"
        let keys = missing.map { "content.\($0)" }.joined(separator: ", ")
        return [
            Problem(
                .warning,
                at: first.locale.place,
                key: contentKey(first),
                message: "no words in \(names), which \(who): their speakers get \(what); add \(keys)"
            )
        ]
    }

    /// Whether there is anything to translate: text beside what the event gives.
    private static func hasWords(_ content: ContentDefinition) -> Bool {
        [content.title, content.subtitle, content.body].contains { text in
            guard var rest = text?.value[...] else { return false }
            while let open = rest.firstRange(of: "{{") {
                if rest[..<open.lowerBound].contains(where: \.isLetter) { return true }
                guard let close = rest[open.upperBound...].firstRange(of: "}}") else { return false }
                rest = rest[close.upperBound...]
            }
            return rest.contains(where: \.isLetter)
        }
    }

    /// The key of the whole content.
    private static func contentKey(_ content: ContentDefinition) -> String {
        let key = content.locale.key
        return key.hasSuffix(".\(content.locale.value)") ? String(key.dropLast(content.locale.value.count + 1)) : key
    }

    private static func missingParts(_ rule: RuleDefinition) -> [Problem] {
        let parts: [(name: String, of: (ContentDefinition) -> Located<String>?)] = [
            ("title", \.title), ("subtitle", \.subtitle), ("body", \.body), ("image", \.image),
        ]
        return rule.contents.flatMap { content in
            parts.compactMap { part -> Problem? in
                guard part.of(content) == nil, let other = rule.contents.first(where: { part.of($0) != nil }) else {
                    return nil
                }
                return Problem(
                    .warning,
                    at: content.locale.place,
                    key: content.locale.key,
                    message:
                        "no \(part.name), which \"\(other.locale.value)\" has: add \(part.name), or take it out there"
                )
            }
        }
    }

    private static func missingFallbacks(_ rule: RuleDefinition) -> [Problem] {
        let tags = rule.contents.map { $0.locale.value.lowercased() }
        guard let first = rule.contents.first else { return [] }
        var told: Set<String> = []
        return rule.contents.compactMap { content in
            let language = primary(content.locale.value)
            let isAlone = content.locale.value.contains("-") && !tags.contains(language)
            guard isAlone, primary(first.locale.value) != language, told.insert(language).inserted else { return nil }
            return Problem(
                .warning,
                at: content.locale.place,
                key: content.locale.key,
                message:
                    "\"\(language)\" elsewhere than in \"\(content.locale.value)\" gets \"\(first.locale.value)\", the first: add "
                    + "content.\(language), or name this one so"
            )
        }
    }
}

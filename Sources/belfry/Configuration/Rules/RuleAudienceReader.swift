import PushCore

/// Reads `to` of a rule: whom it addresses.
struct RuleAudienceReader {
    struct Audience {
        /// CEL.
        let expression: Located<String>
        /// Nil for users.
        let target: TargetDefinition?
        /// Users, by the topics that they subscribed to.
        var isForSubscribers = false
    }

    let rule: SectionReader
    /// The configured apps.
    let apps: [Configuration.App]

    private static let example = "a map such as { users: data.customer_id }"

    /// The kind of target that is asked for, whether or not all about it is right; nil for users.
    var targetKind: TargetKind? {
        guard case .map(let entries)? = rule.node("to")?.content else { return nil }
        let named = entries.filter { RuleKeys.audiences.contains($0.key) }
        return named.count == 1 ? TargetKind(rawValue: named[0].key) : nil
    }

    /// Nil where the rule does not say whom; that is reported.
    func read() -> Audience? {
        guard let node = rule.node("to") else {
            rule.reportMissing("to", allowed: Self.example)
            return nil
        }
        guard case .map(let entries) = node.content else {
            rule.report("to", at: node, "\(node.kindName) where a map is needed", allowed: Self.example)
            return nil
        }
        guard let tree = rule.tree["to"] else { preconditionFailure("the audience is not described") }
        let rest = DocumentNode(content: .map(entries), place: node.place)
        let section = SectionReader(rest, tree: tree, key: rule.path("to"), parentPlace: node.place, log: rule.log)
        return read(section)
    }

    private func read(_ section: SectionReader) -> Audience? {
        let named = section.entries.filter { RuleKeys.audiences.contains($0.key) && !$0.value.isNull }
        guard let first = named.first else {
            // A key that nobody knows was meant to be one.
            if section.entries.allSatisfy({ section.tree[$0.key] != nil }) {
                let allowed = "one of \(RuleKeys.audiences.joined(separator: ", "))"
                rule.log.add(Problem(at: section.place, key: section.key, message: "names nobody", allowed: allowed))
            }
            return nil
        }
        if named.count > 1 {
            section.report(
                named[1].key,
                at: named[1].value,
                "contradiction: beside \(first.key); a rule addresses one or the other"
            )
            return nil
        }
        let expression = section.text(first.key)
        guard let kind = TargetKind(rawValue: first.key) else {
            if let app = section.node("app") {
                section.report("app", at: app, "contradiction: users have devices of any app")
            }
            return expression.map {
                Audience(expression: $0, target: nil, isForSubscribers: first.key == "subscribers")
            }
        }
        guard let target = readTarget(kind, section, first), let expression else { return nil }
        return Audience(expression: expression, target: target)
    }

    /// The app whose target it is: the one that is named, or the only one.
    private func readTarget(_ kind: TargetKind, _ section: SectionReader, _ entry: DocumentEntry) -> TargetDefinition? {
        let candidates = apps.filter { $0.provider == kind.provider }
        let names = candidates.map { displayed($0.name) }.joined(separator: ", ")
        guard section.node("app") != nil else {
            if candidates.count == 1 { return definition(kind, candidates[0]) }
            let isNone = candidates.isEmpty
            rule.log.add(
                Problem(
                    at: entry.keyPlace,
                    key: section.path(isNone ? entry.key : "app"),
                    message: isNone ? "no app of \(kind.provider.rawValue) is configured" : "missing",
                    allowed: isNone ? nil : names
                )
            )
            return nil
        }
        guard let name = section.text("app") else { return nil }
        guard let app = candidates.first(where: { $0.name == name.value }) else {
            let nearest = NearestName.find(name.value, in: candidates.map(\.name))
            let hint = nearest.map { "; did you mean \"\(displayed($0))\"?" } ?? ""
            section.report(
                "app",
                at: section.node("app"),
                value: name.value,
                "no app of \(kind.provider.rawValue) has this name\(hint)",
                allowed: names.isEmpty ? nil : names
            )
            return nil
        }
        return definition(kind, app)
    }

    private func definition(_ kind: TargetKind, _ app: Configuration.App) -> TargetDefinition {
        var isSandbox = false
        if case .apns(let settings) = app.settings { isSandbox = settings.environment == .sandbox }
        return TargetDefinition(kind, app: app.name, sandbox: isSandbox)
    }
}

import PushCore

/// Reads `badge` of a rule: a number, a template that gives one, or `increment`.
struct RuleBadgeReader {
    private static let allowed = "a whole number from 0 to \(BadgeDefinition.numberMax), a template, increment"

    let rule: SectionReader

    /// `target`: What the rule addresses in the place of users.
    func read(target: TargetKind?) -> BadgeDefinition? {
        guard let node = rule.node("badge") else { return nil }
        guard case .scalar(let scalar) = node.content else {
            rule.report("badge", at: node, "\(node.kindName) where a number is needed", allowed: Self.allowed)
            return nil
        }
        if let number = scalar.wholeNumber, (0...BadgeDefinition.numberMax).contains(number) { return .number(number) }
        if scalar.text == "increment" {
            guard target == nil else {
                rule.report(
                    "badge",
                    at: node,
                    value: scalar.text,
                    "contradiction: a topic or channel has no user to count for"
                )
                return nil
            }
            return .increment
        }
        if scalar.kind == .text, scalar.text.contains("{{") {
            return .template(Located(scalar.text, at: node.place, key: rule.path("badge")))
        }
        let nearest = NearestName.find(scalar.text, in: ["increment"]).map { "; did you mean \"\($0)\"?" } ?? ""
        rule.report("badge", at: node, value: scalar.text, "no number for an icon\(nearest)", allowed: Self.allowed)
        return nil
    }
}

/// Compares what a rule shows with whether it means to show something.
struct RuleSilenceCheck {
    let rule: SectionReader

    func check(isSilent: Bool, target: TargetKind?) {
        if isSilent { checkSilent() } else { checkShown(target) }
    }

    private func checkSilent() {
        let message = "contradiction: a silent notification shows and sounds nothing"
        for name in ["content", "sound", "badge", "image"] where rule.node(name) != nil {
            rule.report(name, at: rule.node(name), message)
        }
        let apns = rule.section("apns")
        for name in ["sound", "badge", "interruption_level"] where apns.node(name) != nil {
            apns.report(name, at: apns.node(name), message)
        }
        if let pushType = apns.node("push_type"), case .scalar(let scalar) = pushType.content,
            scalar.text != "background"
        {
            apns.report("push_type", at: pushType, value: scalar.text, message, allowed: "background")
        }
        if case .map(let entries)? = rule.node("fcm")?.content,
            let shown = entries.first(where: { $0.key == "notification" })
        {
            rule.log.add(Problem(at: shown.keyPlace, key: "\(rule.path("fcm")).notification", message: message))
        }
        let webPush = rule.section("webpush")
        if webPush.flag("declarative") { webPush.report("declarative", at: webPush.node("declarative"), message) }
    }

    /// Words that were forgotten look like a background notification.
    private func checkShown(_ target: TargetKind?) {
        let shows = ["content", "badge", "data", "apns", "fcm", "webpush"].contains { rule.node($0) != nil }
        if shows || target == .apnsChannel { return }
        rule.log.add(
            Problem(
                .warning,
                at: rule.place,
                key: rule.path("content"),
                message:
                    "missing: nothing is shown to anybody; add content, or silent: true where the app alone is meant"
            )
        )
    }
}

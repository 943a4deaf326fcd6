import PushCore
import PushProviders

/// Reads `fcm` and `webpush` of a rule: what it sets for one provider alone. For `apns` see ``RuleAPNsReader``.
struct RuleProvidersReader {
    let rule: SectionReader

    // MARK: FCM

    /// Members of FCM's `Message`, with names as FCM spells them; nil where the rule has none.
    func readFCM() -> MembersDefinition? {
        guard let members = RuleMembersReader("fcm", in: rule) else { return nil }
        let checked = FCMMessageSchema.check(members.tree, .template)
        for problem in checked.problems {
            // A contradiction of two members is named as FCM spells them, however they were written.
            guard let spot = members.spots[problem.path] ?? members.spots[""] else {
                preconditionFailure("a map has its place")
            }
            rule.log.add(
                Problem(
                    at: problem.value == nil ? spot.keyPlace : spot.place,
                    key: spot.key,
                    value: problem.value.map(displayed),
                    message: problem.message,
                    allowed: problem.allowed
                )
            )
        }
        return members.definition(.object(checked.message))
    }

    // MARK: Web Push

    func readWebPush() -> WebPushDefinition {
        let webPush = rule.section("webpush")
        var definition = WebPushDefinition()
        definition.urgency = webPush.choice("urgency")
        definition.topic = readTopic(webPush)
        definition.notification = RuleMembersReader("notification", in: webPush)?.definition
        definition.declarative = webPush.flag("declarative")
        definition.padding = webPush.wholeNumber("padding")
        return definition
    }

    private func readTopic(_ webPush: SectionReader) -> Located<String>? {
        guard let topic = webPush.text("topic"), !topic.value.contains("{{") else { return webPush.text("topic") }
        // RFC 8030 section 5.4.
        let isWellFormed = topic.value.utf8.allSatisfy { isNameOctet($0) && $0 != UInt8(ascii: ".") }
        guard isWellFormed, topic.value.utf8.count <= 32 else {
            webPush.report(
                "topic",
                at: webPush.node("topic"),
                value: topic.value,
                "not a topic of Web Push",
                allowed: "1 to 32 of A-Z a-z 0-9 _ -"
            )
            return nil
        }
        return topic
    }
}

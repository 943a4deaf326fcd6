import PushCore
import PushProviders

/// Reads `apns`, `fcm` and `webpush` of a rule: what it sets for one provider alone.
struct RuleProvidersReader {
    let rule: SectionReader

    // MARK: APNs

    func readAPNs() -> APNsDefinition {
        let apns = rule.section("apns")
        var definition = APNsDefinition()
        definition.sound = apns.text("sound")
        definition.interruptionLevel = apns.choice("interruption_level")
        definition.threadID = apns.text("thread_id")
        definition.category = apns.text("category")
        definition.targetContentID = apns.text("target_content_id")
        definition.filterCriteria = apns.text("filter_criteria")
        definition.relevanceScore = apns.number("relevance_score")
        definition.badge = apns.wholeNumber("badge")
        definition.mutableContent = apns.flag("mutable_content")
        definition.contentAvailable = apns.flag("content_available")
        definition.pushType = apns.choice("push_type")
        checkPushType(definition, apns)
        return definition
    }

    /// APNs: an alert has words, a badge or a sound; a background notification has none of them.
    private func checkPushType(_ definition: APNsDefinition, _ apns: SectionReader) {
        let hasContent = rule.node("content") != nil
        let hasBadgeOrSound = definition.badge != nil || definition.sound != nil
        if definition.pushType == "alert", !hasContent, !hasBadgeOrSound {
            apns.report(
                "push_type",
                at: apns.node("push_type"),
                value: "alert",
                "contradiction: the rule has no content, sound or badge to show"
            )
        }
        if definition.pushType == "background", hasContent || hasBadgeOrSound {
            apns.report(
                "push_type",
                at: apns.node("push_type"),
                value: "background",
                "contradiction: a background notification has no content, sound or badge"
            )
        }
    }

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
        return MembersDefinition(tree: .object(checked.message), templates: members.templates)
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

import PushCore
import PushProviders

/// Reads `apns` of a rule: what it sets for APNs alone.
struct RuleAPNsReader {
    let rule: SectionReader
    private let apns: SectionReader
    private let apps: [Configuration.App]
    private let priority: Priority
    private let target: TargetKind?

    /// `apps`: Those that are configured, of all providers.
    /// `priority`: As the rule has it.
    /// `target`: Likewise; nil for users.
    init(rule: SectionReader, apps: [Configuration.App], priority: Priority, target: TargetKind?) {
        self.rule = rule
        self.apps = apps
        self.priority = priority
        self.target = target
        apns = rule.section("apns")
    }

    func read() -> APNsDefinition {
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
        definition.withoutStorage = apns.flag("without_storage")
        if target == .apnsChannel { readChannel(&definition) }
        let pushType = definition.pushType.flatMap(APNsPushType.init)
        definition.aps = readMembers(pushType)
        if let pushType { check(pushType, definition) }
        return definition
    }

    // MARK: aps

    /// Members of `aps`, as Apple spells them; nil where the rule has none.
    private func readMembers(_ pushType: APNsPushType?) -> MembersDefinition? {
        guard let members = RuleMembersReader("aps", in: apns) else {
            if pushType == .liveactivity, hasNoMembers {
                apns.report("aps", at: apns.node("aps"), "missing: a Live Activity needs event and content-state")
            }
            return nil
        }
        guard let root = members.spots[""] else { preconditionFailure("a map has its place") }
        let checked = APNsPayloadSchema.check(members.tree, pushType: pushType, .template)
        for problem in checked.problems {
            // What is missing has no place of its own.
            let spot = members.spots[problem.path] ?? root
            rule.log.add(
                Problem(
                    at: problem.value == nil ? spot.keyPlace : spot.place,
                    key: spot.key == root.key ? "\(root.key).\(problem.path)" : spot.key,
                    value: problem.value.map(displayed),
                    message: problem.message,
                    allowed: problem.allowed
                )
            )
        }
        return members.definition(.object(checked.aps))
    }

    /// Whether `aps` is absent, or an empty map.
    private var hasNoMembers: Bool {
        guard let node = apns.node("aps") else { return true }
        if case .map(let entries) = node.content { return entries.isEmpty }
        return false
    }

    // MARK: Channels

    /// What goes to a channel is about Live Activities, whether the rule says so or not.
    private func readChannel(_ definition: inout APNsDefinition) {
        let liveActivity = APNsPushType.liveactivity.rawValue
        if let pushType = definition.pushType, pushType != liveActivity {
            apns.report(
                "push_type",
                at: apns.node("push_type"),
                value: pushType,
                "contradiction: channels spread Live Activities",
                allowed: liveActivity
            )
        }
        definition.pushType = liveActivity
        for name in ["data", "link"] where rule.node(name) != nil {
            rule.warn(name, at: rule.node(name), "a broadcast holds nothing beside aps: devices get nothing of it")
        }
    }

    // MARK: Push types

    private func check(_ pushType: APNsPushType, _ definition: APNsDefinition) {
        checkContent(pushType, definition)
        checkApps(pushType)
        if pushType == .mdm, rule.section("data").node("mdm") == nil {
            report(pushType, "contradiction: a device management server sends the device's PushMagic, as data.mdm")
        }
        if priority == .low, pushType == .location || pushType == .liveactivity {
            rule.warn(
                "priority",
                at: rule.node("priority"),
                value: "low",
                "APNs has no lower priority than normal for push type \(pushType.rawValue); it is sent with that"
            )
        }
    }

    /// APNs: an alert has words, a badge or a sound; a background notification has none of them.
    private func checkContent(_ pushType: APNsPushType, _ definition: APNsDefinition) {
        let hasContent = rule.node("content") != nil
        let hasBadgeOrSound = definition.badge != nil || definition.sound != nil
        let isShownByMembers = ["alert", "badge", "sound"].contains { name in
            definition.aps?.tree.object?[name].map { $0 != .null } ?? false
        }
        if pushType == .alert, !hasContent, !hasBadgeOrSound, !isShownByMembers {
            report(pushType, "contradiction: the rule has no content, sound or badge to show")
        }
        if pushType == .background, hasContent || hasBadgeOrSound {
            report(pushType, "contradiction: a background notification has no content, sound or badge")
        }
    }

    /// What the configured apps cannot send.
    private func checkApps(_ pushType: APNsPushType) {
        for app in apps {
            guard case .apns(let settings) = app.settings else { continue }
            let authentication = PipelineAssembly.settings(settings, app: app.name).authentication
            if !authentication.allows(pushType) {
                report(
                    pushType,
                    "contradiction: \(displayed(app.name)) has a certificate, and this goes with tokens only"
                )
            }
            let suffix = pushType.topic(of: "")
            guard !suffix.isEmpty, app.name.hasSuffix(suffix) else { continue }
            apns.warn(
                "push_type",
                at: apns.node("push_type"),
                value: pushType.rawValue,
                "the app \(displayed(app.name)) ends in \(suffix) already: the topic has it twice"
            )
        }
    }

    private func report(_ pushType: APNsPushType, _ message: String) {
        apns.report("push_type", at: apns.node("push_type"), value: pushType.rawValue, message)
    }
}

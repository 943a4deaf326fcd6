/// What a rule says once for all providers, in the words of each: below what it sets for the provider itself, which counts more.
///
/// The number on the icon is not among them: it goes as a number of its own, since the users stage may have to count it.
struct NeutralOptions {
    private let sound: Located<String>?
    private let thread: Located<String>?
    private let actions: Located<String>?
    /// Without words FCM shows nothing, and there is nothing to sound.
    private let hasWords: Bool

    init(_ rule: RuleDefinition) {
        sound = rule.sound
        thread = rule.thread
        actions = rule.actions
        hasWords = !rule.contents.isEmpty
    }

    func apns(_ own: APNsDefinition) -> APNsDefinition {
        var options = own
        options.sound = own.sound ?? sound
        options.threadID = own.threadID ?? thread
        options.category = own.category ?? actions
        return options
    }

    /// Android has a sound; the rest is for what FCM hands on to Apple's devices.
    func fcm(_ own: MembersDefinition?) -> MembersDefinition? {
        var aps = JSONObject()
        if let sound { aps["sound"] = .string(sound.value) }
        if let thread { aps["thread-id"] = .string(thread.value) }
        if let actions { aps["category"] = .string(actions.value) }
        if aps.isEmpty { return own }
        var message = JSONObject()
        // A message has one of the two.
        let isV2 = own?.tree.object?["androidV2"].map { $0 != .null } ?? false
        if let sound, hasWords, !isV2 { message["android"] = ["notification": ["sound": .string(sound.value)]] }
        message["apns"] = ["payload": ["aps": .object(aps)]]
        return Self.merged(message, own, [sound, thread, actions], key: "fcm")
    }

    /// A browser knows neither: they are for the site's own code.
    func webPush(_ own: WebPushDefinition) -> WebPushDefinition {
        var members = JSONObject()
        if let sound { members["sound"] = .string(sound.value) }
        if let thread { members["thread"] = .string(thread.value) }
        if members.isEmpty { return own }
        var options = own
        options.notification = Self.merged(members, own.notification, [sound, thread], key: "webpush.notification")
        return options
    }

    private static func merged(
        _ neutral: JSONObject,
        _ own: MembersDefinition?,
        _ sources: [Located<String>?],
        key: String
    ) -> MembersDefinition {
        let templates = sources.compactMap { $0 }.filter { $0.value.contains("{{") }
        guard let own else { return MembersDefinition(tree: .object(neutral), templates: templates, key: key) }
        let tree = JSONTree.object(neutral).merged(with: own.tree)
        return MembersDefinition(tree: tree, templates: templates + own.templates, key: own.key)
    }
}

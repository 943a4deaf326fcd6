internal import PushCore

/// The plaintext of a message: JSON for the site's service worker, or for the browser itself.
///
/// Source of the declarative form: W3C Push API, "Declarative push message".
struct WebPushPayload {
    private let notification: Notification
    private let configuration: WebPushConfiguration
    private let content: Content
    /// The rule's members.
    private let overrides: JSONTree

    /// What a rule's members are, at most.
    private static let overrideLimits = JSONLimits(bytesMax: 65_536, depthMax: 32)
    /// What tells a declarative message from all other JSON: the number of RFC 8030.
    private static let declarativeMark: JSONTree = 8_030

    /// - Throws: the verdict on a rule's members that are no JSON object, or on a picture that no browser would fetch.
    init(notification: Notification, configuration: WebPushConfiguration) throws(Refused) {
        self.notification = notification
        self.configuration = configuration
        content = notification.contents.first ?? Content()
        if !content.image.isEmpty, !ImageAddress.isUsable(content.image) { throw Refused(reason: .invalidPayload) }
        let json = notification.webPush.notificationJson
        if json.isEmpty {
            overrides = [:]
        } else {
            guard let tree = try? JSONTree(text: json.utf8, limits: Self.overrideLimits), tree.object != nil else {
                throw Refused(reason: .invalidRequest)
            }
            overrides = tree
        }
    }

    /// Why no message is made.
    struct Refused: Error {
        let reason: Reason
    }

    /// The JSON text.
    ///
    /// Of equal notifications the texts are equal: data is in the order of its keys.
    ///
    /// - Throws: the verdict on a declarative message without a title.
    func octets() throws(Refused) -> [UInt8] {
        let isDeclarative = notification.webPush.declarative || configuration.declarative
        return isDeclarative ? try declarative().octets : forServiceWorker().octets
    }

    /// `{notification_id, title, …}`, which the site's own code shows.
    private func forServiceWorker() -> JSONTree {
        var object = JSONObject()
        object["notification_id"] = id
        if !content.title.isEmpty { object["title"] = .string(content.title) }
        if !content.subtitle.isEmpty { object["subtitle"] = .string(content.subtitle) }
        if !content.body.isEmpty { object["body"] = .string(content.body) }
        if !content.image.isEmpty { object["image"] = .string(content.image) }
        if !content.locale.isEmpty { object["lang"] = .string(content.locale) }
        object["tag"] = tag
        if !notification.link.isEmpty { object["link"] = .string(notification.link) }
        if !notification.data.isEmpty { object["data"] = .object(data()) }
        if notification.hasBadge { object["app_badge"] = .integer(notification.badge) }
        guard case .object(var merged) = JSONTree.object(object).merged(with: overrides) else {
            preconditionFailure("an object stays one when an object is merged into it")
        }
        // Pages report with it what became of the notification: no rule takes it away.
        merged["notification_id"] = id
        return .object(merged)
    }

    /// `{"web_push": 8030, "notification": {title, navigate, …}}`, which a browser shows without the site's code.
    ///
    /// Where it knows no such messages, the service worker is given the same text.
    private func declarative() throws(Refused) -> JSONTree {
        var object = JSONObject()
        object["title"] = .string(content.title)
        object["navigate"] = .string(notification.link.isEmpty ? "\(configuration.app)/" : notification.link)
        if !content.locale.isEmpty { object["lang"] = .string(content.locale) }
        if !content.body.isEmpty { object["body"] = .string(content.body) }
        if !content.image.isEmpty { object["image"] = .string(content.image) }
        object["tag"] = tag
        var data = data()
        data["notification_id"] = id
        // Browsers differ on where it stands: their own code may take it from here.
        if notification.hasBadge { data["app_badge"] = .integer(notification.badge) }
        object["data"] = .object(data)
        guard case .object(var merged) = JSONTree.object(object).merged(with: overrides) else {
            preconditionFailure("an object stays one when an object is merged into it")
        }
        // A browser takes a message without both for an ordinary one, and shows nothing.
        guard let title = merged["title"]?.string, !title.isEmpty else { throw Refused(reason: .payloadEmpty) }
        guard let navigate = merged["navigate"]?.string, !navigate.isEmpty else {
            throw Refused(reason: .invalidRequest)
        }
        // Where a rule makes something else of the data, the id is not in it.
        if var data = merged["data"]?.object {
            data["notification_id"] = id
            merged["data"] = .object(data)
        }
        return ["web_push": Self.declarativeMark, "notification": .object(merged)]
    }

    private func data() -> JSONObject {
        var data = JSONObject()
        for (name, value) in notification.data.sorted(by: { $0.key < $1.key }) { data[name] = .string(value) }
        return data
    }

    private var id: JSONTree { .string(notification.id.description) }

    /// Makes a repeat replace what it repeats, on the device.
    private var tag: JSONTree { notification.collapseKey.isEmpty ? id : .string(notification.collapseKey) }
}

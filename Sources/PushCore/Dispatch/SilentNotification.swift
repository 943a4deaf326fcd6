extension Notification {
    /// What a provider is told of a notification that may be shown and must not disturb: no sound, no lighting up, no hurry.
    ///
    /// APNs: interruption level `passive`, priority 5. FCM: priority `NORMAL`, and on Android notification priority `PRIORITY_LOW`; on
    /// Apple's devices and in browsers as with the others. Web Push: urgency `low`, and `silent` as in the Notifications API.
    ///
    /// It changes what the rule has set for each provider, and is told twice as it is told once.
    func silenced() -> Notification {
        var notification = self
        notification.priority = priority == .low ? .low : .normal
        notification.apns.clearSound()
        if !apns.apsJson.isEmpty { notification.apns.apsJson = Self.changed(apns.apsJson) { Self.silence(aps: &$0) } }
        let isAlert = apns.pushType.isEmpty || apns.pushType == "alert"
        let isShown = contents.contains { !($0.title.isEmpty && $0.subtitle.isEmpty && $0.body.isEmpty) }
        if isAlert, isShown || !apns.apsJson.isEmpty { notification.apns.interruptionLevel = "passive" }
        if isShown || !fcm.messageJson.isEmpty {
            notification.fcm.messageJson = Self.changed(fcm.messageJson) { Self.silence(message: &$0, isShown) }
        }
        notification.webPush.urgency = "low"
        if isShown {
            notification.webPush.notificationJson = Self.changed(webPush.notificationJson) { $0["silent"] = true }
        }
        return notification
    }

    private static func silence(aps: inout JSONObject) {
        aps["sound"] = nil
        aps["interruption-level"] = nil
        aps.change("alert") { $0["sound"] = nil }
    }

    private static func silence(message: inout JSONObject, _ isShown: Bool) {
        // The rule says itself what kind of message it is, and a message has one of the two.
        if message["androidV2"] == nil || message["androidV2"] == .null {
            message.change("android", orMake: true) { android in
                android["priority"] = "NORMAL"
                android.change("notification", orMake: isShown) { notification in
                    notification["sound"] = nil
                    notification["defaultSound"] = false
                    notification["defaultVibrateTimings"] = false
                    notification["notificationPriority"] = "PRIORITY_LOW"
                }
            }
        }
        message.change("apns", orMake: isShown) { apns in
            apns.change("headers") { $0["apns-priority"] = "5" }
            apns.change("payload", orMake: isShown) { payload in
                payload.change("aps", orMake: isShown) { aps in
                    silence(aps: &aps)
                    if isShown { aps["interruption-level"] = "passive" }
                }
            }
        }
        message.change("webpush", orMake: isShown) { webpush in
            webpush.change("headers", orMake: true) { headers in
                for header in headers.members where header.name.lowercased() == "urgency" { headers[header.name] = nil }
                headers["Urgency"] = "low"
            }
            webpush.change("notification", orMake: isShown) { $0["silent"] = true }
        }
    }

    /// The text of an object with changes; what is none is left for whoever refuses it.
    private static func changed(_ json: String, _ change: (inout JSONObject) -> Void) -> String {
        var object = JSONObject()
        if !json.isEmpty {
            guard let known = (try? JSONTree(text: json.utf8))?.object else { return json }
            object = known
        }
        change(&object)
        return String(decoding: JSONTree.object(object).octets, as: UTF8.self)
    }
}

extension JSONObject {
    /// Changes a member that is an object, or may be made one.
    fileprivate mutating func change(
        _ name: String,
        orMake isMade: Bool = false,
        _ change: (inout JSONObject) -> Void
    ) {
        guard var inner = self[name]?.object ?? (isMade && self[name] == nil ? JSONObject() : nil) else { return }
        change(&inner)
        self[name] = .object(inner)
    }
}

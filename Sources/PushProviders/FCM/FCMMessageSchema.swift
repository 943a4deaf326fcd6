package import PushCore

/// What a rule may set in FCM's `Message`: checked where rules are read, and once more when templates are rendered.
///
/// Source: the discovery document of fcm v1, revision 20261023; Google, "REST Resource: projects.messages".
package enum FCMMessageSchema {
    /// Whether texts are final.
    package enum Stage: Sendable {
        /// As a rule has it: a text with `{{` in it is a template, and of no form yet.
        case template
        case rendered
    }

    /// Something that FCM would refuse.
    package struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// Such as `android.notification.color` or `apns.headers.apns-priority`; names as they were written.
        package let path: String
        /// The value as written, cut to 64 characters; nil where a name is at fault, or an array or object.
        package let value: String?
        package let message: String
        /// What would be right; nil where the message says it.
        package let allowed: String?
        /// The reason of a delivery that is refused for it.
        package let reason: Reason

        /// One line.
        package var description: String {
            var text = "\(path): "
            if let value { text += "\"\(value)\": " }
            text += message
            if let allowed { text += " (allowed: \(allowed))" }
            return text
        }
    }

    /// A message that was looked at.
    package struct Checked: Sendable {
        /// With names in lower camel case, words of closed lists in capital letters, and numbers as numbers.
        ///
        /// What is at fault is left out.
        package let message: JSONObject
        /// In the order of the message; empty where FCM will take it.
        package let problems: [Problem]
    }

    /// Checks the members of a `Message`.
    ///
    /// Names may be in lower camel case or snake case. `null` is allowed everywhere: it removes what the notification itself
    /// would give. Where FCM wants a boolean or a number, a text that spells one is taken too, since templates give texts.
    ///
    /// - Parameters:
    ///   - message: a JSON object without a target: that is the delivery's.
    ///   - stage: whether texts may still be templates.
    /// - Returns: what is sent, and what is wrong.
    package static func check(_ message: JSONTree, _ stage: Stage) -> Checked {
        var checker = FCMMessageChecker(stage: stage)
        guard case .object(let object) = message else {
            checker.report("", message, "not an object", allowed: nil)
            return Checked(message: JSONObject(), problems: checker.problems)
        }
        var members = object
        for name in ["token", "fid", "topic", "condition", "name"] where object[name] != nil {
            checker.report(name, nil, "the target is the delivery's; it cannot be set here", allowed: nil)
            members[name] = nil
        }
        let checked = checker.object(members, FCMObjectFields.message, at: "")
        if let v2 = checked["androidV2"], v2 != .null, let v1 = checked["android"], v1 != .null {
            checker.report("androidV2", nil, "android and androidV2 exclude each other", allowed: nil)
        }
        return Checked(message: checked, problems: checker.problems)
    }

    /// What is wrong with the name of a data entry; nil for a good one.
    ///
    /// Google reserves `from`, `message_type` and what begins with `google.` or `gcm.notification.`; older pages say `google`
    /// and `gcm`, and neither harms anybody to avoid.
    package static func problem(withDataKey key: String) -> String? {
        if key.isEmpty { return "an empty key" }
        let isReserved = key == "from" || key == "message_type" || key.hasPrefix("google") || key.hasPrefix("gcm")
        return isReserved ? "a key that FCM reserves" : nil
    }

    static let dataKeysAllowed = "keys other than from, message_type, google… and gcm…"
}

package import PushCore

/// What a rule may set in `aps`: checked where rules are read, and once more before a request is sent.
///
/// APNs itself ignores what it does not know inside `aps`, and the device drops what it cannot use: nobody would learn
/// of a mistake.
///
/// Source: Apple, "Generating a remote notification" and "Starting and updating Live Activities with ActivityKit push
/// notifications".
package enum APNsPayloadSchema {
    /// Whether texts are final.
    package enum Stage: Sendable {
        /// As a rule has it: a text with `{{` in it is a template, and of no form yet; what the notification itself
        /// gives (the alert's words, the timestamp) is not there yet.
        case template
        /// The whole of `aps`, as it would be sent.
        case rendered
    }

    /// Something that APNs would refuse, or a device would not understand.
    package struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// Such as `alert.loc-args[1]`; empty for `aps` itself.
        package let path: String
        /// The value as written, cut to 64 characters; nil where a name is at fault, or an array or object.
        ///
        /// For rules only: of a rendered payload it may be about a person, and belongs into no log.
        package let value: String?
        package let message: String
        /// What would be right; nil where the message says it.
        package let allowed: String?

        /// One line.
        package var description: String {
            var text = path.isEmpty ? "" : "\(path): "
            if let value { text += "\"\(value)\": " }
            text += message
            if let allowed { text += " (allowed: \(allowed))" }
            return text
        }
    }

    /// An `aps` that was looked at.
    package struct Checked: Sendable {
        /// With numbers as numbers and times in UNIX seconds.
        ///
        /// What is at fault is left out.
        package let aps: JSONObject
        /// In the order of the members, then what is missing or does not go together; empty where it can be sent.
        package let problems: [Problem]
    }

    /// Checks the members of `aps`.
    ///
    /// Templates give texts: where a number or a boolean is wanted, a text that spells one is taken too, and where a time
    /// is wanted, RFC 3339. `null` is allowed everywhere: it removes what the notification itself would give.
    ///
    /// - Parameters:
    ///   - aps: a JSON object.
    ///   - pushType: what it is sent as; nil where that follows from the content (`alert` or `background`).
    ///   - stage: whether texts may still be templates, and members still come.
    /// - Returns: what is sent, and what is wrong.
    package static func check(_ aps: JSONTree, pushType: APNsPushType?, _ stage: Stage) -> Checked {
        var checker = APNsPayloadChecker(pushType: pushType, stage: stage)
        guard case .object(let members) = aps else {
            checker.report("", aps, "not an object", allowed: nil)
            return Checked(aps: JSONObject(), problems: checker.problems)
        }
        let checked = checker.object(members, APNsFields.aps, at: "")
        checker.checkRelations(of: members)
        return Checked(aps: checked, problems: checker.problems)
    }
}

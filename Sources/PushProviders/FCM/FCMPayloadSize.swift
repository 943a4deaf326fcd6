internal import PushCore

/// The size of a message as far as it is known how FCM counts it: keys and values of what goes to the device.
///
/// Each platform gets its own part, so that the largest of the three counts. JSON's own characters are not counted where FCM
/// takes the message apart (data, words), and are where it hands on an object as it is.
enum FCMPayloadSize {
    static func octets(of message: JSONObject) -> Int {
        let shared = text(message["notification"])
        let data = message["data"]
        let android = message["android"]?.object ?? message["androidV2"]?.object
        let webpush = message["webpush"]?.object
        let apns = message["apns"]?.object
        let androidWords = android?["notification"] ?? android?["remoteNotification"]?.object?["notification"]
        return max(
            shared + text(android?["data"] ?? data) + text(androidWords),
            shared + text(webpush?["data"] ?? data) + whole(webpush?["notification"]),
            shared + text(data) + whole(apns?["payload"])
        )
    }

    /// Names and scalars, without what stands between them.
    private static func text(_ value: JSONTree?) -> Int {
        switch value {
        case nil, .null: 0
        case .boolean(let value): value ? 4 : 5
        case .integer(let value): value.description.utf8.count
        case .number(let value): value.description.utf8.count
        case .string(let value): value.utf8.count
        case .array(let elements): elements.reduce(0) { $0 + text($1) }
        case .object(let object): object.members.reduce(0) { $0 + $1.name.utf8.count + text($1.value) }
        }
    }

    private static func whole(_ value: JSONTree?) -> Int {
        value?.octets.count ?? 0
    }
}

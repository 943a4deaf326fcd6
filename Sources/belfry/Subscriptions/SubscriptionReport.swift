import PushCore
import PushCrypto
import PushPipeline
import PushProviders

/// What `belfry subscriptions` says in the end: one line for each registration, which it names by its fingerprint.
struct SubscriptionReport {
    enum Operation: Hashable {
        case change(FCMTopicRequest.Change)
        case list

        /// What a registration is when it was done.
        fileprivate var word: String {
            switch self {
            case .change(.subscribe): "subscribed"
            case .change(.unsubscribe): "unsubscribed"
            case .list: "listed"
            }
        }
    }

    private let operation: Operation
    private let topic: String?
    private let entries: [RegistrationList.Entry]
    private let endings: [FCMSubscriptionCaller.Ending]

    init(
        operation: Operation,
        topic: String?,
        _ registrations: RegistrationList,
        _ endings: [FCMSubscriptionCaller.Ending]
    ) {
        precondition(registrations.entries.count == endings.count, "there is an ending for each registration")
        self.operation = operation
        self.topic = topic
        entries = registrations.entries
        self.endings = endings
    }

    /// Registrations for which it was not done.
    var failed: Int { endings.count { !Self.isDone($0) } }

    private static func isDone(_ ending: FCMSubscriptionCaller.Ending) -> Bool {
        if case .accepted = ending.verdict { true } else { false }
    }

    /// For people: place, fingerprint, and how it ended.
    var text: String {
        var lines = zip(entries, endings).map { entry, ending in
            let name = "\(entry.place)  \(Digests.openSSL.fingerprint(of: entry.registration))"
            guard Self.isDone(ending) else { return "\(name)  failed: \(ending.verdict.reason?.rawValue ?? "unknown")" }
            guard operation == .list else { return "\(name)  \(operation.word)" }
            return "\(name)  \(ending.topics.isEmpty ? "-" : ending.topics.joined(separator: " "))"
        }
        lines.append("\(endings.count - failed) of \(endings.count) \(operation.word)")
        return lines.joined(separator: "\n")
    }

    /// For programs: one object.
    var json: String {
        var object = PushCore.JSONObject()
        if let topic { object["topic"] = .string(topic) }
        object["done"] = .integer(Int64(endings.count - failed))
        object["failed"] = .integer(Int64(failed))
        object["results"] = .array(zip(entries, endings).map { .object(result($0, $1)) })
        return String(decoding: JSONTree.object(object).octets, as: UTF8.self)
    }

    private func result(_ entry: RegistrationList.Entry, _ ending: FCMSubscriptionCaller.Ending) -> PushCore.JSONObject
    {
        var result = PushCore.JSONObject()
        result["place"] = .integer(Int64(entry.place))
        result["fingerprint"] = .string(Digests.openSSL.fingerprint(of: entry.registration))
        result["outcome"] = .string(Self.isDone(ending) ? operation.word : "failed")
        if let reason = ending.verdict.reason { result["reason"] = .string(reason.rawValue) }
        if case .addressDead = ending.verdict { result["address_dead"] = .boolean(true) }
        if operation == .list, Self.isDone(ending) { result["topics"] = .array(ending.topics.map { .string($0) }) }
        return result
    }
}

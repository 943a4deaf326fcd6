internal import Synchronization

/// What all connections know of the projects: quotas in use and topic subscriptions.
final class FCMProjects: Sendable {
    /// A registration of a project.
    struct Registration: Hashable {
        let project: String
        let address: String
    }

    /// A topic that a registration is subscribed to.
    struct Subscription {
        let topic: String
        /// Milliseconds since 1970.
        let createdAt: Int64
    }

    private struct Minute {
        let startedAt: Int64
        var sends = 0
    }

    private struct Inner {
        var minutes: [String: Minute] = [:]
        var subscriptions: [Registration: [Subscription]] = [:]
    }

    /// Topics that one registration may be subscribed to (Google, "Topic messaging").
    static let topicsMax = 2000
    private static let minute: Int64 = 60_000

    private let quotaPerMinute: Int?
    private let inner = Mutex(Inner())

    init(quotaPerMinute: Int?) {
        self.quotaPerMinute = quotaPerMinute
    }

    /// Counts a send; a bucket is refilled whole a minute after its first send.
    ///
    /// - Returns: nil where the send is within the quota, else the seconds until the refill.
    func charge(_ project: String, now: Int64) -> Int? {
        guard let quotaPerMinute else { return nil }
        return inner.withLock { inner in
            var minute = inner.minutes[project] ?? Minute(startedAt: now)
            if now - minute.startedAt >= Self.minute { minute = Minute(startedAt: now) }
            guard minute.sends < quotaPerMinute else {
                return Int((minute.startedAt + Self.minute - now + 999) / 1000)
            }
            minute.sends += 1
            inner.minutes[project] = minute
            return nil
        }
    }

    /// In the order in which they were made.
    func subscriptions(of registration: Registration) -> [Subscription] {
        inner.withLock { $0.subscriptions[registration] ?? [] }
    }

    /// Adds a subscription where there is none to the topic.
    func subscribe(_ registration: Registration, to subscription: Subscription) {
        inner.withLock { inner in
            let isThere = inner.subscriptions[registration, default: []].contains { $0.topic == subscription.topic }
            if isThere { return }
            inner.subscriptions[registration, default: []].append(subscription)
        }
    }

    func unsubscribe(_ registration: Registration, from topic: String) {
        inner.withLock { inner in
            inner.subscriptions[registration]?.removeAll { $0.topic == topic }
            if inner.subscriptions[registration]?.isEmpty == true { inner.subscriptions[registration] = nil }
        }
    }
}

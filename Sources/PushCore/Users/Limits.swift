/// At most so many notifications in so much time.
package struct LimitWindow: Sendable, Hashable {
    /// 1 to 1,000,000.
    package let max: Int64
    /// Milliseconds, from 1 s to 366 days.
    package let periodMs: Int64

    package init(max: Int64, periodMs: Int64) {
        precondition(max > 0 && periodMs > 0, "a window admits something in some time")
        self.max = max
        self.periodMs = periodMs
    }
}

/// The configured limits: each a list of windows that must all admit.
package struct Limits: Sendable {
    /// A window and the key of its state in a user's record.
    struct KeyedWindow: Sendable {
        let key: UInt32
        let window: LimitWindow
    }

    private let forAll: [KeyedWindow]
    private let named: [String: [KeyedWindow]]

    /// - Parameter windows: By name; the name `all` holds for every rule that does not bypass it.
    package init(_ windows: [String: [LimitWindow]]) {
        var named: [String: [KeyedWindow]] = [:]
        for (name, list) in windows {
            named[name] = list.map { KeyedWindow(key: Self.key(name, $0), window: $0) }
        }
        self.forAll = named.removeValue(forKey: "all") ?? []
        self.named = named
    }

    /// The windows that must all admit a notification.
    func windows(limit: String, bypassAll: Bool) -> [KeyedWindow] {
        let own = limit.isEmpty ? [] : named[limit] ?? []
        return bypassAll ? own : forAll + own
    }

    /// FNV-1a over name and window: stable over releases and machines, so that state survives a restart, and different after
    /// a change of the configuration, so that a changed window starts empty.
    private static func key(_ name: String, _ window: LimitWindow) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in "\(name)/\(window.max)/\(window.periodMs)".utf8 {
            hash = (hash ^ UInt32(byte)) &* 16_777_619
        }
        return hash
    }
}

/// The generic cell rate algorithm (ITU-T I.371): one timestamp of state for each window.
///
/// `max` notifications are admitted at once, and further ones at the pace of the window; over any stretch as long as the
/// window at most twice `max` pass, and over a long time exactly its rate.
enum CellRate {
    /// The state after admitting one more, or nil where the window is used up.
    ///
    /// `arrivalMs`: The state: when the next one is due at an even pace. 0 for a window that was never used.
    /// `nowMs`: Wall-clock time of the decision.
    static func admit(arrivalMs: Int64, window: LimitWindow, nowMs: Int64) -> Int64? {
        // Whole milliseconds, rounded up: to the stricter side.
        let interval = Swift.max(1, (window.periodMs + window.max - 1) / window.max)
        let arrival = Swift.max(arrivalMs, nowMs)
        guard arrival - nowMs <= interval * (window.max - 1) else { return nil }
        return arrival + interval
    }
}

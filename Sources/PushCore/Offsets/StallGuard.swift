/// Notices that the process stood still for so long that the group may have gone on without it.
///
/// A process can be stopped at any point and go on minutes later, a virtual machine can be paused: what it holds may then be
/// another member's. Until the group has confirmed the membership, nothing is decided and nothing let out.
package struct StallGuard: Sendable {
    /// From the start of one turn to that of the next.
    package let limitMs: Int64
    private var turnedMs: Int64?
    /// True from a stall until the group has answered.
    package private(set) var mustAsk = false

    /// The group notices a silence of `session.timeout.ms`, which began up to a heartbeat before the stall.
    package init(sessionTimeoutMs: Int64) {
        limitMs = sessionTimeoutMs / 3
    }

    /// Told the monotonic time at the start of each turn.
    ///
    /// Returns: How long the stall was, when there was one since the turn before.
    package mutating func turn(_ nowMs: Int64) -> Int64? {
        let stood = turnedMs.map { nowMs - $0 } ?? 0
        turnedMs = nowMs
        guard stood >= limitMs else { return nil }
        mustAsk = true
        return stood
    }

    /// The group has answered, or there is nothing left to ask about.
    package mutating func confirm() { mustAsk = false }
}

import Synchronization

/// A clock that a test sets.
final class Clock: Sendable {
    private let now: Mutex<Int64>

    init(seconds: Int64) {
        now = Mutex(seconds * 1000)
    }

    /// Since 1970.
    var milliseconds: Int64 { now.withLock { $0 } }

    func advance(seconds: Int64) {
        now.withLock { $0 += seconds * 1000 }
    }
}

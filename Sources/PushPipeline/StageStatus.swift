import Kafka
import Synchronization

/// What the rest of the process may see and say of a stage that runs on its own thread.
package final class StageStatus: Sendable {
    private struct State {
        var isStopping = false
        var isReady = false
        var partitions = 0
        var restoring: UsersRestore.Progress?
        var statistics = ""
        var failure: String?
        var hasEnded = false
    }

    package let name: String
    let wakeUp = KafkaWakeUp()
    private let state = Mutex(State())

    package init(name: String) {
        self.name = name
    }

    /// Asks the stage to drain, commit and end. May be called from any thread, and more than once.
    package func stop() {
        state.withLock { $0.isStopping = true }
        wakeUp.signal()
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// True once the stage has had its first assignment, and while it has one.
    package var isReady: Bool { state.withLock { $0.isReady && !$0.hasEnded } }

    /// How far the users' records of newly assigned partitions are restored; nil while none are.
    package var restoring: UsersRestore.Progress? { state.withLock { $0.hasEnded ? nil : $0.restoring } }

    /// Partitions that it has now.
    package var partitions: Int { state.withLock { $0.partitions } }

    /// Why the stage ended; nil while it runs, or when it ended in order.
    package var failure: String? { state.withLock { $0.failure } }

    package var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// The consumer's last statistics (JSON as librdkafka's STATISTICS.md describes), empty before the first.
    package var statisticsText: String { state.withLock { $0.statistics } }

    func assigned(_ partitions: Int) {
        state.withLock {
            $0.isReady = true
            $0.partitions = partitions
        }
    }

    func restoring(_ progress: UsersRestore.Progress?) {
        state.withLock { $0.restoring = progress }
    }

    func revoked() {
        state.withLock { $0.partitions = 0 }
    }

    func statistics(_ text: String) {
        state.withLock { $0.statistics = text }
    }

    func ended(_ failure: String?) {
        state.withLock {
            $0.failure = failure
            $0.hasEnded = true
            $0.partitions = 0
        }
    }
}

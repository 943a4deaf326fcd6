import Foundation
import PushCore
import Synchronization

/// Writes snapshots on a thread of its own, one after another: the stage that hands them over goes on at once.
final class SnapshotWriter: Sendable {
    /// A copy of a partition's records, as they were at an offset of the log.
    struct Job: Sendable {
        let header: SnapshotHeader
        let image: UsersCore.Image
        /// See ``SnapshotFolder``.
        let discardCount: Int
    }

    /// What became of a job.
    enum Outcome: Sendable {
        case written(octets: Int)
        /// Discarded while it was written.
        case dropped
        case failed(String)
    }

    private struct State {
        var jobs: [Job] = []
        var isWriting = false
        var isClosing = false
        var outcomes: [(header: SnapshotHeader, outcome: Outcome)] = []
    }

    private let folder: SnapshotFolder
    private let state = Mutex(State())
    /// Signalled for each job, and once at the end.
    private let news = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(folder: SnapshotFolder) {
        self.folder = folder
        let thread = Thread { [self] in
            while let job = next() {
                let outcome = write(job)
                state.withLock {
                    $0.isWriting = false
                    $0.outcomes.append((job.header, outcome))
                }
            }
            ended.signal()
        }
        thread.name = "belfry-snapshot"
        thread.start()
    }

    /// True when nothing is being written, and nothing waits for it.
    var isIdle: Bool { state.withLock { $0.jobs.isEmpty && !$0.isWriting } }

    func put(_ job: Job) {
        state.withLock { $0.jobs.append(job) }
        news.signal()
    }

    /// What became of jobs since the last call.
    func takeOutcomes() -> [(header: SnapshotHeader, outcome: Outcome)] {
        state.withLock { state in
            let outcomes = state.outcomes
            state.outcomes = []
            return outcomes
        }
    }

    /// Writes what waits, and ends the thread; what is not written by then is left.
    ///
    /// - Returns: False where the time was up.
    func finish(timeout: Duration) -> Bool {
        state.withLock { $0.isClosing = true }
        news.signal()
        let milliseconds = Int(timeout.components.seconds) * 1_000
        return ended.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
    }

    private func next() -> Job? {
        while true {
            news.wait()
            let (job, isOver) = state.withLock { state -> (Job?, Bool) in
                guard !state.jobs.isEmpty else { return (nil, state.isClosing) }
                state.isWriting = true
                return (state.jobs.removeFirst(), false)
            }
            if let job { return job }
            if isOver { return nil }
        }
    }

    private func write(_ job: Job) -> Outcome {
        do {
            let octets = try folder.write(job.header, job.image, discardCount: job.discardCount)
            return octets.map(Outcome.written) ?? .dropped
        } catch {
            return .failed("\(error)")
        }
    }
}

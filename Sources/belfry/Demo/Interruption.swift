import Foundation
import Synchronization

/// Whether somebody asked for the end, as seen from every thread of the demo.
final class Interruption: Sendable {
    /// What ends the demo early.
    struct Interrupted: Error {
        let signal: Int32
    }

    private let signal = Mutex<Int32?>(nil)

    func raise(_ number: Int32) {
        signal.withLock { $0 = $0 ?? number }
    }

    var isRaised: Bool { signal.withLock { $0 != nil } }

    /// - Throws: ``Interrupted`` once a signal came.
    func check() throws(Interrupted) {
        if let number = signal.withLock({ $0 }) { throw Interrupted(signal: number) }
    }

    /// Sleeps in small steps, so that a signal is heard soon.
    ///
    /// - Throws: ``Interrupted`` once a signal came.
    func pause(_ duration: Duration) async throws {
        let end = ContinuousClock.now + duration
        repeat {
            try check()
            try await Task.sleep(for: min(.milliseconds(50), max(.zero, ContinuousClock.now.duration(to: end))))
        } while ContinuousClock.now < end
        try check()
    }
}

/// Work that blocks: signals are heard on the main queue, which must stay free.
enum OwnThread {
    static func run<Value: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try body() }) }
            thread.name = "belfry-\(name)"
            thread.start()
        }
    }
}

import Foundation

/// A thread of its own for work whose depth follows what somebody wrote: expressions, and values within values.
enum DeepStack {
    /// Only what is used is ever taken from the machine.
    private static let bytes = 512 << 20

    static func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: work()) }
            thread.stackSize = bytes
            thread.start()
        }
    }
}

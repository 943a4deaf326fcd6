import Dispatch
import Foundation

/// SIGTERM and SIGINT as a sequence: the first asks for an orderly end, the second ends the process at once. SIGHUP as another: rules
/// are to be read again.
struct Signals {
    let received: AsyncStream<Int32>
    let reloads: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        received = stream
        // A closed pipe or socket is an error of a write, not a reason to die.
        signal(SIGPIPE, SIG_IGN)
        let (hangups, hangupContinuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        reloads = hangups
        signal(SIGHUP, SIG_IGN)
        let hangup = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .main)
        hangup.setEventHandler { hangupContinuation.yield() }
        hangup.resume()
        let count = Counter()
        let endings: [any DispatchSourceSignal] = [SIGTERM, SIGINT].map { number in
            // The default action would end the process before the source hears of it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .main)
            source.setEventHandler {
                if count.next() > 1 { _exit(128 + number) }
                continuation.yield(number)
            }
            source.resume()
            return source
        }
        sources = endings + [hangup]
    }

    /// Counts on the one queue that the sources share.
    private final class Counter: @unchecked Sendable {
        private var value = 0

        func next() -> Int {
            value += 1
            return value
        }
    }
}

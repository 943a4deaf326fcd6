import Foundation
import Glibc
import Testing

@testable import HTTP2

@Suite("Event loop")
struct EventLoopTests {
    @Test("Timers fire in the order of their instants, none early, none after cancel", .timeLimit(.minutes(5)))
    func timers() throws {
        let loop = try EventLoop()
        var fired: [Int] = []
        let start = MonotonicInstant.now()
        var earliest = Duration.zero
        for number in [3, 1, 2, 0] {
            let due = start + .milliseconds(10 * number)
            _ = loop.schedule(at: due) {
                fired.append(number)
                earliest = min(earliest, MonotonicInstant.now() - due)
            }
        }
        let cancelled = loop.schedule(at: start + .milliseconds(15)) { fired.append(99) }
        loop.cancel(cancelled)
        loop.run(until: start + .seconds(10), while: { fired.count < 4 })
        #expect(fired == [0, 1, 2, 3] && earliest == .zero)
    }

    @Test("Wake-up from another thread ends a long sleep", .timeLimit(.minutes(5)))
    func wakeUp() throws {
        let loop = try EventLoop()
        let waker = loop.waker
        let thread = Thread { waker.wakeUp() }
        let start = MonotonicInstant.now()
        thread.start()
        loop.turn(timeout: .seconds(50))
        #expect(MonotonicInstant.now() - start < .seconds(40))
    }

    @Test("A foreign descriptor calls its action while it is readable, and not after unwatch", .timeLimit(.minutes(5)))
    func foreignDescriptor() throws {
        let loop = try EventLoop()
        var pipeEnds: [CInt] = [0, 0]
        try #require(unsafe pipe(&pipeEnds) == 0)
        defer { pipeEnds.forEach { close($0) } }
        var calls = 0
        let id = try loop.watch(pipeEnds[0], for: .readable) { _ in calls += 1 }
        loop.turn(timeout: .zero)
        #expect(calls == 0)
        var byte: UInt8 = 1
        try #require(unsafe write(pipeEnds[1], &byte, 1) == 1)
        loop.turn(timeout: .seconds(5))
        loop.turn(timeout: .zero)
        #expect(calls == 2)
        loop.unwatch(id)
        loop.unwatch(id)
        loop.turn(timeout: .zero)
        #expect(calls == 2)
    }

    @Test("An action may unwatch another descriptor that is ready in the same turn", .timeLimit(.minutes(5)))
    func unwatchInTurn() throws {
        let loop = try EventLoop()
        var pipeEnds: [CInt] = [0, 0]
        try #require(unsafe pipe(&pipeEnds) == 0)
        let copy = dup(pipeEnds[1])
        defer { (pipeEnds + [copy]).forEach { close($0) } }
        var calls = 0
        let ids = Reference<[EventLoop.WatchID]>([])
        for descriptor in [pipeEnds[1], copy] {
            ids.value.append(
                try loop.watch(descriptor, for: .writable) { _ in
                    calls += 1
                    ids.value.forEach { loop.unwatch($0) }
                }
            )
        }
        loop.turn(timeout: .seconds(5))
        loop.turn(timeout: .zero)
        #expect(calls == 1)
    }

    @Test(
        "Deferred work runs before the loop sleeps, and work that it defers does not wait for a sleep",
        .timeLimit(.minutes(5))
    )
    func deferred() throws {
        let loop = try EventLoop()
        var order: [Int] = []
        loop.beforeSleep {
            order.append(1)
            loop.beforeSleep { order.append(2) }
        }
        let start = MonotonicInstant.now()
        loop.turn(timeout: .seconds(50))
        loop.turn(timeout: .zero)
        #expect(order == [1, 2] && MonotonicInstant.now() - start < .seconds(40))
    }
}

/// A value that closures share.
final class Reference<Value> {
    var value: Value

    init(_ value: Value) {
        self.value = value
    }
}

import SwiftProtobuf
import Testing

@testable import PushCore

/// What is written around encoded messages must be what SwiftProtobuf writes.
@Suite struct WireWriterTests {
    /// A notification without its id.
    ///
    /// One entry of data: of several, each encoding has an order of its own.
    static func notification(bodyCount: Int) -> Notification {
        var notification = Notification()
        notification.event.id = "e-1"
        notification.event.source = "/shop"
        notification.event.type = "com.example.order.shipped"
        notification.event.timeMs = 1_700_000_000_000
        notification.ruleID = "order-shipped"
        var content = Content()
        content.locale = "en"
        content.body = String(repeating: "b", count: bodyCount)
        notification.contents = [content]
        notification.data = ["order_id": "A-1"]
        notification.apns.sound = "default"
        notification.tracestate = "a=b"
        return notification
    }

    /// Body sizes on both sides of each change in the length of a length.
    static let bodyCounts = [0, 1, 20, 21, 22, 60, 100, 127, 128, 129, 16_250, 16_384, 20_000]
    static let identifiers = [
        Identifier(high: 0x0123_4567_89ab_5def, low: 0x8123_4567_89ab_cdef), Identifier(high: 0, low: 1),
        Identifier(high: 1, low: 0), Identifier(high: .max, low: .max), Identifier(high: 0, low: 0),
    ]

    @Test("A notify command is encoded as SwiftProtobuf encodes it", arguments: bodyCounts, identifiers)
    func notifyCommand(bodyCount: Int, id: Identifier) throws {
        for origin: UInt64 in [0, 1, .max] {
            var notify = Notify()
            notify.notification = Self.notification(bodyCount: bodyCount)
            let octets = NotifyCommand.encoded(notify.notification.encoded(), id: id, origin: origin)
            notify.notification.id = id
            notify.origin = origin
            var command = Command()
            command.notify = notify
            #expect(octets == command.encoded())
        }
    }

    @Test("A delivery is encoded as SwiftProtobuf encodes it", arguments: bodyCounts, identifiers)
    func delivery(bodyCount: Int, id: Identifier) throws {
        for (userID, decidedAtMs) in [("", 0), ("user-1", 1_700_000_000_000), ("user-1", -1)] as [(String, Int64)] {
            var delivery = Delivery()
            delivery.idHigh = id.high
            delivery.idLow = id.low
            delivery.userID = userID
            delivery.notification = Self.notification(bodyCount: bodyCount)
            delivery.notification.id = Identifier(high: 7, low: 9)
            delivery.device.id = "phone"
            delivery.device.token = String(repeating: "a", count: 64)
            delivery.decidedAtMs = decidedAtMs
            let command = NotifyCommand.encoded(
                Self.notification(bodyCount: bodyCount).encoded(),
                id: delivery.notification.id,
                origin: 1
            )
            // SAFETY: the array outlives the call.
            let octets = try unsafe command.withUnsafeBytes { command in
                var writer = WireWriter(capacity: 0)
                Delivery.write(
                    id: id,
                    userID: Array(userID.utf8),
                    notify: try #require(unsafe NotifyCommand(command)),
                    words: 0,
                    badge: 0,
                    device: HeldDevice(delivery.device),
                    decidedAtMs: decidedAtMs,
                    to: &writer
                )
                return writer.octets
            }
            #expect(octets == delivery.encoded())
        }
    }
}

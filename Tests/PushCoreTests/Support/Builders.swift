import PushCore
import SwiftProtobuf

/// Values for tests: what matters to a test is named there, all else is the same everywhere.
enum Make {
    /// 2026-01-01T00:00:00Z.
    static let timeMs: Int64 = 1_767_225_600_000
    static let minuteMs: Int64 = 60_000
    static let hourMs: Int64 = 3_600_000
    static let dayMs: Int64 = 86_400_000

    static func device(
        _ id: String = "phone",
        token: String = "aa01",
        at registeredAtMs: Int64 = timeMs,
        provider: Provider = .apns,
        app: String = "com.example.shop"
    ) -> Device {
        var device = Device()
        device.id = id
        device.provider = provider.rawValue
        device.app = app
        device.token = token
        device.registeredAtMs = registeredAtMs
        return device
    }

    /// With a title in one language, living for a day.
    static func notification(
        event: String = "event-1",
        user: String = "ann",
        rule: String = "shipped",
        timeMs: Int64 = timeMs
    ) -> Notification {
        var notification = Notification()
        notification.id = Digests.openSSL.notificationIdentifier(
            eventSource: "/shop",
            eventID: event,
            ruleID: rule,
            userID: user
        )
        notification.event.id = event
        notification.event.source = "/shop"
        notification.event.type = "com.example.shipped"
        notification.event.timeMs = timeMs
        notification.ruleID = rule
        notification.category = "orders"
        notification.expiresAtMs = timeMs + dayMs
        notification.contents = [content("", "Shipped")]
        return notification
    }

    static func content(_ locale: String, _ title: String) -> Content {
        var content = Content()
        content.locale = locale
        content.title = title
        return content
    }

    static func delivery(
        _ notification: Notification = notification(),
        to device: Device = device(),
        user: String = "ann"
    ) -> Delivery {
        var delivery = Delivery()
        let id = Digests.openSSL.identifier(notification.id, device.id)
        delivery.idHigh = id.high
        delivery.idLow = id.low
        delivery.userID = user
        delivery.notification = notification
        delivery.device = device
        delivery.decidedAtMs = notification.event.timeMs + 5
        return delivery
    }

    static func receiptID(_ delivery: Delivery) -> Identifier {
        Digests.openSSL.finalReceiptIdentifier(ofDelivery: delivery.id)
    }
}

extension Outgoing {
    var keyText: String { String(decoding: key ?? [], as: UTF8.self) }

    /// The JSON value of a public record.
    var json: JSONNode {
        let document = JSONDocument()
        let error = document.load(value ?? [])
        precondition(error == nil, "a public record is JSON")
        return document.root
    }

    /// A field of a public record, when it is a text.
    func text(_ field: String) -> String? { json.member(field)?.stringValue }

    func header(_ name: String) -> String? {
        headers.last { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
    }

    func command() throws -> Command { try Command(serializedBytes: value ?? []) }
    func delivery() throws -> Delivery { try Delivery(serializedBytes: value ?? []) }
}

extension Effects {
    func outputs(_ topic: TopicRole) -> [Outgoing] { outputs.filter { $0.topic == topic } }
    var receipts: [Outgoing] { outputs(.receipts) }
    var invalidTokens: [Outgoing] { outputs(.invalidTokens) }
    var deadLetters: [Outgoing] { outputs(.deadLetters) }
    func deliveries(_ provider: Provider = .apns) throws -> [Delivery] {
        try outputs(.outbox(provider)).map { try $0.delivery() }
    }
}

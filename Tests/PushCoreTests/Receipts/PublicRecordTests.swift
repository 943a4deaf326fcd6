import Foundation
import Testing

@testable import PushCore

@Suite("Public records")
struct PublicRecordTests {
    private static let schemas = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "schemas")

    private static func document(_ path: String) throws -> JSONNode {
        let document = JSONDocument()
        let error = document.load(Array(try Data(contentsOf: schemas.appending(path: path))))
        #expect(error == nil, "\(path)")
        return document.root
    }

    /// Required fields are there, no other than those that are named; and what the conditions of the schema say.
    private func check(_ value: JSONNode, schema: String) throws {
        let schema = try Self.document(schema)
        let names = value.members.map(\.name)
        let properties = Set(try #require(schema.member("properties")).members.map(\.name))
        for required in try #require(schema.member("required")).elements {
            #expect(names.contains(required.stringValue ?? ""), "\(required.stringValue ?? "") is required")
        }
        #expect(Set(names).isSubset(of: properties) && Set(names).count == names.count, "\(names)")
    }

    private func receipt(
        _ outcome: Outcome,
        _ reason: Reason?,
        device: Device? = Make.device(),
        attempts: Receipt.Attempts = Receipt.Attempts(),
        change: (inout PushCore.Notification) -> Void = { _ in }
    ) -> Outgoing {
        var notification: PushCore.Notification = Make.notification()
        change(&notification)
        return Receipt(
            id: Identifier(high: 1, low: 2),
            outcome: outcome,
            reason: reason,
            userID: "ann",
            notification: notification,
            device: device,
            fingerprint: device.map { Digests.openSSL.fingerprint(of: $0) } ?? "",
            decidedAtMs: Make.timeMs + 10,
            completedAtMs: Make.timeMs + 92,
            attempts: attempts
        ).outgoing()
    }

    @Test("a receipt, field by field")
    func golden() throws {
        var attempts = Receipt.Attempts()
        attempts.count = 2
        attempts.sentAtMs = Make.timeMs + 20
        attempts.providerStatus = 410
        attempts.providerReason = "Unregistered"
        attempts.providerMessageID = "id-1"
        attempts.possibleDuplicate = true
        let record = receipt(.rejected, .unregistered, attempts: attempts) {
            $0.traceparent = "00-x"
            $0.tracestate = "a=b"
            $0.ruleSetVersion = "3f2a91c07b1e"
        }
        let expected = """
            {"receipt_id":"00000000-0000-0001-0000-000000000002",\
            "notification_id":"\(Make.notification().id)","outcome":"rejected","reason":"unregistered",\
            "user_id":"ann","device_id":"phone","provider":"apns","app":"com.example.shop",\
            "token_fingerprint":"\(Digests.openSSL.fingerprint(of: "aa01"))","provider_status":410,\
            "provider_reason":"Unregistered","provider_message_id":"id-1","attempts":2,"rule_id":"shipped",\
            "rule_set_version":"3f2a91c07b1e",\
            "category":"orders","event_id":"event-1","event_source":"/shop","event_type":"com.example.shipped",\
            "event_time":"2026-01-01T00:00:00.000Z","decided_at":"2026-01-01T00:00:00.010Z",\
            "sent_at":"2026-01-01T00:00:00.020Z","completed_at":"2026-01-01T00:00:00.092Z","latency_ms":92,\
            "possible_duplicate":true}
            """
        #expect(String(decoding: record.value ?? [], as: UTF8.self) == expected)
        #expect(record.topic == .receipts && record.keyText == "ann" && record.partition == nil)
        #expect(
            record.headers == [
                RecordHeader("ce_specversion", "1.0"), RecordHeader("ce_type", "push.receipt"),
                RecordHeader("ce_id", "00000000-0000-0001-0000-000000000002"), RecordHeader("ce_source", "/belfry"),
                RecordHeader("ce_time", "2026-01-01T00:00:00.092Z"), RecordHeader("content-type", "application/json"),
                RecordHeader("traceparent", "00-x"), RecordHeader("tracestate", "a=b"),
            ]
        )
        try check(record.json, schema: "receipt.schema.json")
    }

    @Test("a receipt about a target names it in the place of user, device and address")
    func target() throws {
        var device = Device()
        device.provider = "fcm"
        device.app = "example-shop"
        device.target.condition = "'a' in topics"
        let record = Receipt(
            id: Identifier(high: 1, low: 2),
            outcome: .suppressed,
            reason: .rateLimited,
            userID: "",
            notification: Make.notification(),
            device: device,
            decidedAtMs: Make.timeMs,
            completedAtMs: Make.timeMs
        ).outgoing()
        #expect(record.keyText == "t:fcm_condition/example-shop/'a' in topics")
        #expect(record.text("target_kind") == "fcm_condition" && record.text("target") == "'a' in topics")
        #expect(record.text("provider") == "fcm" && record.text("app") == "example-shop")
        for name in ["user_id", "device_id", "token_fingerprint"] {
            #expect(record.json.member(name) == nil, "\(name)")
        }
        try check(record.json, schema: "receipt.schema.json")
    }

    @Test("what does not apply is absent, and latency counts from the decision where the event has no time")
    func absent() throws {
        let record = receipt(.suppressed, .noDevices, device: nil) {
            $0.category = ""
            $0.event.timeMs = 0
        }
        let value = record.json
        for name in [
            "device_id", "provider", "category", "event_time", "sent_at", "provider_status", "provider_reason",
        ] {
            #expect(value.member(name) == nil, "\(name)")
        }
        #expect(value.member("latency_ms")?.intValue == 82)
        try check(value, schema: "receipt.schema.json")
        let ahead = receipt(.expired, .ttlPassed) { $0.event.timeMs = Make.timeMs + Make.dayMs }
        #expect(ahead.json.member("latency_ms")?.intValue == 0)
    }

    @Test("texts are escaped, so that a receipt is JSON whatever the event says")
    func hostileTexts() throws {
        let record = receipt(.suppressed, .noDevices, device: nil) {
            $0.event.id = "\"},{\"\\\u{0}\u{7F}\u{2028}😀"
            $0.ruleID = "\n"
        }
        #expect(record.text("event_id") == "\"},{\"\\\u{0}\u{7F}\u{2028}😀" && record.text("rule_id") == "\n")
    }

    @Test("the schema's lists are the code's")
    func lists() throws {
        let definitions = try #require(try Self.document("common.schema.json").member("$defs"))
        func list(_ name: String) -> Set<String> {
            Set(definitions.member(name)?.member("enum")?.elements.compactMap(\.stringValue) ?? [])
        }
        #expect(list("outcome") == Set(Outcome.allCases.map(\.rawValue)))
        #expect(list("reason") == Set(Reason.allCases.map(\.rawValue)))
        #expect(list("provider") == Set(Provider.allCases.map(\.rawValue)))
    }

    @Test(
        "an invalid token names the address itself, by its kind",
        arguments: ["token", "fid", "subscription_endpoint"]
    )
    func invalidToken(_ field: String) throws {
        var device = Make.device()
        switch field {
        case "fid": device.fid = "address"
        case "token": device.token = "address"
        default: device.subscription.endpoint = "address"
        }
        var rejected = AddressRejected()
        rejected.reason = "unregistered"
        rejected.observedAtMs = Make.timeMs
        var record = InvalidToken(
            id: Identifier(high: 3, low: 4),
            userID: "ann",
            device: device,
            rejected: rejected,
            isRemoved: true
        ).outgoing()
        #expect(record.text(field) == "address" && record.json.member("invalid_since") == nil)
        #expect(record.json.member("provider_reason") == nil)
        #expect(record.keyText == "ann" && record.header("ce_type") == "push.token.invalid")
        try check(record.json, schema: "invalid-token.schema.json")
        rejected.invalidSinceMs = Make.timeMs - 1
        rejected.providerReason = "Word"
        record = InvalidToken(
            id: Identifier(high: 3, low: 4),
            userID: "ann",
            device: device,
            rejected: rejected,
            isRemoved: false
        ).outgoing()
        #expect(record.text("invalid_since") == "2025-12-31T23:59:59.999Z" && record.text("provider_reason") == "Word")
        #expect(record.json.member("removed")?.boolValue == false)
        try check(record.json, schema: "invalid-token.schema.json")
    }

    @Test("a dead letter is the record as it came and why", arguments: [nil, [], [0, 0xFF]] as [[UInt8]?])
    func deadLetter(_ octets: [UInt8]?) throws {
        let record = OwnedRecord(
            topic: "shop.events",
            partition: 3,
            offset: 42,
            timestampMs: -1,
            key: octets,
            value: octets,
            headers: [.init("a", "1"), .init("a", [0xFF]), .init("empty", []), .init("none", nil)]
        )
        let letter = record.withInputRecord {
            DeadLetter(stage: .rules, reason: "rule_failed", detail: "why").outgoing(for: $0)
        }
        #expect(letter.topic == .deadLetters && letter.key == octets && letter.value == octets)
        #expect(
            letter.headers == [
                RecordHeader("a", "1"), RecordHeader("a", [0xFF]), RecordHeader("empty", []), RecordHeader("none", nil),
                RecordHeader("dlq_topic", "shop.events"), RecordHeader("dlq_partition", "3"),
                RecordHeader("dlq_offset", "42"), RecordHeader("dlq_timestamp", "-1"),
                RecordHeader("dlq_stage", "rules"),
                RecordHeader("dlq_reason", "rule_failed"), RecordHeader("dlq_detail", "why"),
            ]
        )
        let schema = try Self.document("dead-letter-headers.schema.json")
        let required = try #require(schema.member("required")).elements.compactMap(\.stringValue)
        #expect(Set(required).isSubset(of: letter.headers.map(\.name)))
    }

    @Test(
        "the ids of the golden receipts are the derived ones",
        arguments: [
            "accepted", "accepted-possible-duplicate", "deferred-provider", "expired", "failed-after-retries",
            "rejected-app-not-configured", "rejected-dead-token", "suppressed-no-devices", "suppressed-rate-limited",
            "accepted-fcm-topic", "rejected-apns-channel", "accepted-truncated", "suppressed-cancelled",
            "suppressed-digested",
        ]
    )
    func goldenReceipt(_ name: String) throws {
        let example = try Self.document("examples/receipts/\(name).json")
        let value = try #require(example.member("value"))
        func text(_ field: String) -> String { value.member(field)?.stringValue ?? "" }
        let digests = Digests.openSSL
        let target = TargetKind(rawValue: text("target_kind")).map {
            InboxKey.target($0, app: text("app"), name: text("target"))
        }
        let notification =
            if let target {
                digests.notificationIdentifier(
                    eventSource: text("event_source"),
                    eventID: text("event_id"),
                    ruleID: text("rule_id"),
                    target: target
                )
            } else {
                digests.notificationIdentifier(
                    eventSource: text("event_source"),
                    eventID: text("event_id"),
                    ruleID: text("rule_id"),
                    userID: text("user_id")
                )
            }
        #expect(example.member("key")?.stringValue == target?.description ?? text("user_id"))
        #expect(text("notification_id") == notification.description)
        let delivery = digests.identifier(notification, text("device_id"))
        let receipt =
            text("device_id").isEmpty && target == nil
            ? digests.identifier(notification, "users")
            : text("outcome") == "deferred"
                ? digests.deferredReceiptIdentifier(ofDelivery: delivery, handBack: 1)
                : digests.finalReceiptIdentifier(ofDelivery: delivery)
        #expect(text("receipt_id") == receipt.description)
        #expect(example.member("headers")?.member("ce_id")?.stringValue == receipt.description)
        #expect((value.member("sent_at") != nil) == ((value.member("attempts")?.intValue ?? 0) > 0))
        try check(value, schema: "receipt.schema.json")
    }

    @Test(
        "the golden invalid tokens fit their schema and the receipts about the same address",
        arguments: [("apns-unregistered", "token", "rejected-dead-token")]
    )
    func goldenInvalidToken(_ name: String, _ field: String, _ receiptName: String) throws {
        let value = try #require(try Self.document("examples/invalid-tokens/\(name).json").member("value"))
        try check(value, schema: "invalid-token.schema.json")
        let receipt = try #require(try Self.document("examples/receipts/\(receiptName).json").member("value"))
        let address = try #require(value.member(field)?.stringValue)
        #expect(receipt.member("token_fingerprint")?.stringValue == Digests.openSSL.fingerprint(of: address))
        #expect(receipt.member("notification_id")?.stringValue == value.member("notification_id")?.stringValue)
    }
}

import PushCore
import PushCrypto

/// The events and rules that all benchmarks share: a shop's orders, as the documentation uses them.
enum BenchScenario {
    static let topic = "bench.events"
    static let app = "com.example.shop"
    static let eventType = "com.example.order.shipped"

    static func user(_ index: Int) -> String { "user-\(padded(index, 6))" }

    static func event(_ index: Int) -> String { "e-\(padded(index, 8))" }

    /// The number in an event's id.
    static func index(ofEvent id: String) -> Int? { Int(id.dropFirst(2)) }

    /// A device token of 64 digits.
    static func token(_ index: Int) -> String { String(repeating: "a", count: 56) + padded(index, 8) }

    /// Keys of a subscription for which nobody can decrypt.
    static func subscriptionKeys() throws(CryptoError) -> WebPushSubscriptionKeys {
        let count = WebPushSubscriptionKeys.authenticationSecretOctetCount
        return try WebPushSubscriptionKeys(
            publicKey: try ES256Key.generate().publicKey.octets,
            authenticationSecret: (0..<count).map { _ in UInt8.random(in: 0...255) }
        )
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    // MARK: Events

    /// A CloudEvent in binary mode of about 424 octets, headers included.
    static func record(event index: Int, user: Int, timeMs: Int64) -> OwnedRecord {
        let data = """
            {"order_id":"A-\(padded(index, 8))","customer_id":"\(self.user(user))","status":"shipped","total":12.5,\
            "currency":"EUR","tracking":"T-\(padded(index, 8))","carrier":"post",\
            "items":[{"sku":"S-1001","quantity":2},{"sku":"S-2002","quantity":1}],"address":"Bundesplatz 3, 3003 Bern, Switzerland"}
            """
        return OwnedRecord(
            topic: topic,
            key: Array(self.user(user).utf8),
            value: Array(data.utf8),
            headers: [
                OwnedRecord.Header("ce_specversion", "1.0"),
                OwnedRecord.Header("ce_type", eventType),
                OwnedRecord.Header("ce_id", event(index)),
                OwnedRecord.Header("ce_source", "/shop/orders"),
                OwnedRecord.Header("ce_time", RFC3339.text(timeMs)),
                OwnedRecord.Header("content-type", "application/json"),
            ]
        )
    }

    /// The registration of a user's device.
    ///
    /// `address`: The members of the data that tell provider, app and address.
    static func registration(user: Int, address: String, timeMs: Int64) -> OwnedRecord {
        let data = """
            {"user_id":"\(self.user(user))","device_id":"phone",\(address),"locale":"en"}
            """
        return OwnedRecord(
            topic: "push.registrations",
            key: Array(self.user(user).utf8),
            value: Array(data.utf8),
            headers: [
                OwnedRecord.Header("ce_specversion", "1.0"),
                OwnedRecord.Header("ce_type", "push.device.registered"),
                OwnedRecord.Header("ce_id", "r-\(user)"),
                OwnedRecord.Header("ce_source", "/app"),
                OwnedRecord.Header("ce_time", RFC3339.text(timeMs)),
                OwnedRecord.Header("content-type", "application/json"),
            ]
        )
    }

    // MARK: Rules

    /// Conditions that hold for every event of the scenario.
    private static let matching = [
        "data.total > 0.0 && has(data.tracking)",
        "data.currency == \"EUR\" && data.total >= 10.0",
    ]

    /// A condition of the usual kinds that holds for none; no two are the same, as in a set of rules that people wrote.
    private static func failing(_ number: Int) -> String {
        switch number % 8 {
        case 0: "data.total > \(1000 + number).0"
        case 1: "data.currency == \"X\(number)\""
        case 2: "data.status == \"cancelled-\(number)\""
        case 3: "size(data.items) > \(10 + number)"
        case 4: "event.source == \"/shop/returns/\(number)\""
        case 5: "data.customer_id.startsWith(\"vip-\(number)\")"
        case 6: "has(data.gift_\(number)) && data.gift_\(number)"
        default: "data.carrier in [\"courier-\(number)\", \"drone-\(number)\"]"
        }
    }

    /// Rules that all name the type of the scenario's events, so that the condition of each is evaluated.
    ///
    /// - Parameters:
    ///   - count: How many in all.
    ///   - matches: How many of them match, at most `count`.
    /// - Returns: The rules, compiled.
    static func ruleSet(_ count: Int, matches: Int) -> RuleSet {
        var problems: [Problem] = []
        let rules = (0..<count).compactMap { index in
            let condition = index < matches ? matching[index % matching.count] : failing(index - matches)
            return Rule(compiling: definition("rule-\(index)", condition), problems: &problems)
        }
        precondition(!problems.contains { $0.severity == .error }, "the scenario's own rules are correct: \(problems)")
        return RuleSet(rules, version: "bench")
    }

    private static func definition(_ id: String, _ condition: String) -> RuleDefinition {
        var rule = RuleDefinition(id: located(id), eventTypes: [located(eventType)], users: located("data.customer_id"))
        rule.condition = located(condition)
        rule.category = "transactional"
        rule.collapse = located("order-{{data.order_id}}")
        rule.contents = [
            content("en", "Order {{data.order_id}}", "Your parcel is on its way."),
            content("de", "Bestellung {{data.order_id}}", "Ihr Paket ist unterwegs."),
        ]
        rule.link = located("https://shop.example.com/orders/{{data.order_id}}")
        rule.data = [(key: "order_id", template: located("{{data.order_id}}"))]
        rule.apns.sound = located("default")
        rule.apns.interruptionLevel = "time-sensitive"
        return rule
    }

    private static func content(_ locale: String, _ title: String, _ body: String) -> ContentDefinition {
        var content = ContentDefinition(locale: located(locale))
        content.title = located(title)
        content.body = located(body)
        return content
    }

    private static func located(_ text: String) -> Located<String> {
        Located(text, at: SourcePlace(file: "bench", line: 1), key: "")
    }

    /// The rule of the end-to-end run, as a file.
    static let ruleFile = """
        - id: order-shipped
          on: \(eventType)
          when: data.total > 0.0 && has(data.tracking)
          to: { users: data.customer_id }
          category: transactional
          ttl: 4h
          priority: high
          collapse: "order-{{data.order_id}}"
          content:
            en: { title: "Order {{data.order_id}}", body: "Your parcel is on its way." }
            de: { title: "Bestellung {{data.order_id}}", body: "Ihr Paket ist unterwegs." }
          link: "https://shop.example.com/orders/{{data.order_id}}"
          data: { order_id: "{{data.order_id}}" }
          apns: { sound: default, interruption_level: time-sensitive }

        """
}

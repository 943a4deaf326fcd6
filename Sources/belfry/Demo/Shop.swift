import PushCore

/// A phone with the app on it.
struct Phone: Sendable, Hashable {
    let userID: String
    let deviceID: String
    let token: String
    let locale: String
    /// Its app was deleted: the provider will say so.
    let isDead: Bool
}

/// A record for Kafka, with the number under which the books know it.
struct ShopRecord: Sendable {
    let topic: String
    let key: String
    let value: String
    let headers: [(name: String, value: String)]
}

/// An event that was played, and what the shop means to happen: the demo's side of the books.
struct PlayedEvent: Sendable {
    enum Fate: Sendable, Hashable {
        /// These users are to be told.
        case notifies(rule: String, users: [String])
        /// No rule wants it.
        case unwanted
        /// It cannot be read, or its rule fails on it.
        case poison
    }

    let source: String
    let id: String
    let fate: Fate
}

/// The customers of a made-up shop, and what happens to them: the same seed gives the same story.
struct Shop: Sendable {
    /// Where phones are, by how many.
    private static let locales = ["en-GB", "en-US", "de-DE", "de-AT", "fr-FR", "fr-CA", "ja-JP", "pt-BR"]
    private static let deadShare = 0.03
    private static let secondPhoneShare = 0.25

    static let registrationsTopic = "push.registrations"
    static let numberHeader = "demo-number"

    let phones: [Phone]
    private(set) var played: [PlayedEvent] = []
    private let users: [String]
    private var random: SeededGenerator
    private var script: ShopScript
    /// Events that may be repeated, with their records.
    private var recent: [(record: ShopRecord, event: PlayedEvent)] = []
    private let fans: Int

    init(phoneCount: Int, eventCount: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var phones: [Phone] = []
        var users: [String] = []
        while phones.count < phoneCount {
            let user = "user-\(users.count + 1)"
            users.append(user)
            let locale = Self.locales[Int.random(in: Self.locales.indices, using: &random)]
            phones.append(Self.phone(of: user, "phone", locale, &random))
            if phones.count < phoneCount, Double.random(in: 0..<1, using: &random) < Self.secondPhoneShare {
                phones.append(Self.phone(of: user, "tablet", locale, &random))
            }
        }
        self.phones = phones
        self.users = users
        self.random = random
        // So few that their price alerts reach the limit.
        fans = max(1, min(users.count, eventCount / 40))
        script = ShopScript()
    }

    private static func phone(
        of user: String,
        _ kind: String,
        _ locale: String,
        _ random: inout SeededGenerator
    ) -> Phone {
        let isDead = Double.random(in: 0..<1, using: &random) < deadShare
        let digits = (0..<4).map { _ in hexadecimal(random.next()) }.joined()
        // A living token must not look dead to the fault script.
        let token = (isDead ? "dead" : "1234") + digits.dropFirst(4)
        return Phone(userID: user, deviceID: "\(user)-\(kind)", token: token, locale: locale, isDead: isDead)
    }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    // MARK: Registrations

    /// One registration of each phone.
    func registrations(nowMs: Int64) -> [ShopRecord] {
        phones.map { phone in
            let data = JSONObject([
                ("user_id", .text(phone.userID)), ("device_id", .text(phone.deviceID)), ("provider", .text("apns")),
                ("app", .text(DemoTexts.app)), ("token", .text(phone.token)), ("locale", .text(phone.locale)),
            ])
            let event = CloudEvent(
                type: "push.device.registered",
                source: "/app",
                id: "registration-\(phone.deviceID)",
                timeMs: nowMs,
                data: data
            )
            return event.binary(topic: Self.registrationsTopic, key: phone.userID)
        }
    }

    /// A user who wants no more of a category.
    mutating func optOut(number: Int, nowMs: Int64) -> ShopRecord {
        let user = users[Int.random(in: users.indices, using: &random)]
        let category = Bool.random(using: &random) ? "chat" : "marketing"
        let event = CloudEvent(
            type: "push.user.preferences",
            source: "/app",
            id: "preferences-\(number)",
            timeMs: nowMs,
            data: JSONObject([
                ("user_id", .text(user)), ("categories", .object(JSONObject([(category, .flag(false))]))),
            ])
        )
        return event.binary(topic: Self.registrationsTopic, key: user)
    }

    // MARK: Events

    /// The next event.
    ///
    /// - Returns: its record; what it means is the last of ``played``.
    mutating func next(nowMs: Int64) -> ShopRecord {
        let number = played.count
        if number % 1000 == 499 || number % 1000 == 999 { return poison(number, nowMs) }
        if number % 250 == 149, let earlier = recent.randomElement(using: &random) {
            played.append(earlier.event)
            return earlier.record.numbered(number)
        }
        let scene = scene(nowMs)
        let event = CloudEvent(
            type: scene.type,
            source: scene.source,
            id: "\(scene.idPrefix)-\(number)",
            timeMs: nowMs,
            data: scene.data
        )
        let isStructured = number.isMultiple(of: 3)
        let record =
            isStructured
            ? event.structured(topic: scene.topic, key: scene.key) : event.binary(topic: scene.topic, key: scene.key)
        let playedEvent = PlayedEvent(source: event.source, id: event.id, fate: scene.fate)
        played.append(playedEvent)
        if case .notifies = scene.fate {
            if recent.count == 64 { recent.removeFirst() }
            recent.append((record, playedEvent))
        }
        return record.numbered(number)
    }

    private mutating func scene(_ nowMs: Int64) -> ShopScript.Scene {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45: script.order(of: customer(), using: &random)
        case 45..<79:
            script.chat(among: (0..<Int.random(in: 2...4, using: &random)).map { _ in customer() }, using: &random)
        case 79..<94: script.priceAlert(to: users[Int.random(in: 0..<fans, using: &random)], using: &random)
        default: script.nothingForUs(of: customer(), using: &random)
        }
    }

    /// Now and then somebody who has no phone.
    private mutating func customer() -> String {
        Int.random(in: 0..<100, using: &random) == 0
            ? "guest-\(Int.random(in: 1...50, using: &random))" : users[Int.random(in: users.indices, using: &random)]
    }

    /// One of three ways to be broken: no JSON, no source, no field that the rule needs.
    private mutating func poison(_ number: Int, _ nowMs: Int64) -> ShopRecord {
        let id = "broken-\(number)"
        played.append(PlayedEvent(source: "/shop", id: id, fate: .poison))
        let event = CloudEvent(
            type: "com.example.order.delivered",
            source: "/shop",
            id: id,
            timeMs: nowMs,
            data: JSONObject([("order_id", .text(id))])
        )
        let topic = DemoTexts.eventTopics[0]
        switch number / 500 % 3 {
        case 0:
            let whole = event.structured(topic: topic, key: id)
            let torn = String(whole.value.dropLast(7))
            return ShopRecord(topic: topic, key: id, value: torn, headers: whole.headers).numbered(number)
        case 1:
            let whole = event.binary(topic: topic, key: id)
            let headers = whole.headers.filter { $0.name != "ce_source" }
            return ShopRecord(topic: topic, key: id, value: whole.value, headers: headers).numbered(number)
        default:
            return event.binary(topic: topic, key: id).numbered(number)
        }
    }
}

extension ShopRecord {
    /// With the header by which the books find it again.
    fileprivate func numbered(_ number: Int) -> ShopRecord {
        let others = headers.filter { $0.name != Shop.numberHeader }
        return ShopRecord(topic: topic, key: key, value: value, headers: others + [(Shop.numberHeader, String(number))])
    }
}

/// The generator SplitMix64: the same seed gives the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

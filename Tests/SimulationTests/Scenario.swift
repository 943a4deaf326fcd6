import PushCore

/// What people and shops do: events and registrations, and what must come of them by the rules, computed without the rules' code.
struct Scenario {
    /// A notification that the rules ask for.
    struct Expected {
        let rule: Settings.RuleModel
        /// Whom it is for: the key in the inbox.
        let key: String
        let expiresAtMs: Int64
        /// Records that ask for it.
        var origins: Int
        /// False where it is for those who subscribed, whoever that is: the topic.
        var topic: String?
    }

    /// What must come of one input record before it is committed.
    struct Consequences {
        var notifications: [Identifier] = []
        /// Reasons of dead letters.
        var deadLetters: [String] = []
        /// The event, where subscribers are told of it: each partition has to hear.
        var fanOut: String?
    }

    struct Registration {
        let userID: String
        let deviceID: String
        let token: String
        let atMs: Int64
    }

    private struct Produced {
        let record: OwnedRecord
        let expected: [(Identifier, Expected)]
        let deadLetters: [String]
        var fanOut: String?
    }

    private(set) var expected: [Identifier: Expected] = [:]
    /// By place and offset of the record.
    private(set) var consequences: [TopicPartition: [Int64: Consequences]] = [:]
    private(set) var registrations: [Registration] = []
    /// Unregistrations: their token is empty.
    private(set) var unregistrations: [Registration] = []
    /// The latest preference of each user.
    private(set) var wantsNews: [String: Bool] = [:]
    /// Subscriptions that were taken back: user and topic.
    private(set) var unsubscribed: Set<String> = []
    /// The event of a notification to subscribers.
    private(set) var events: [Identifier: String] = [:]
    private(set) var eventCount = 0
    private var produced: [Produced] = []
    private var latestRegistrationMs: Int64 = 0
    /// Registrations that are on their way: what a telephone says may come later than what it says next.
    private var late: [OwnedRecord] = []

    static let users = ["ann", "bob", "cid"]
    static let devices = ["phone", "tablet", "desk"]
    static let tokens = ["a1", "b2", "c3", "d4", "e5"]
    /// Broadcast channels, which rules address in the place of users.
    static let channels = ["c1", "c2"]
    static let topics = ["t1", "t2"]

    /// Whoever may be addressed, as keys in the inbox.
    static let parties = users.map { "u:\($0)" } + channels.map { "t:apns_channel/\(Settings.app)/\($0)" }

    // MARK: Events

    mutating func event(in world: World) {
        eventCount += 1
        let again = world.random.chance(12) && world.settings.repeatsEvents ? produced.last : nil
        let event = again ?? (world.random.chance(8) ? poison(in: world) : shopEvent(in: world))
        produced.append(event)
        let place = TopicPartition(topic: .events, partition: Int32(world.random.below(Int(Log.partitions))))
        let stored = world.append(event.record, to: place)
        var result = Consequences(deadLetters: event.deadLetters, fanOut: event.fanOut)
        for (id, notification) in event.expected {
            if notification.topic == nil { result.notifications.append(id) }
            expected[id, default: notification].origins += 1
            events[id] = event.fanOut
        }
        consequences[place, default: [:]][stored.offset] = result
    }

    private func poison(in world: World) -> Produced {
        let kind = world.random.below(3)
        switch kind {
        case 0:
            return Produced(
                record: OwnedRecord(topic: "", value: Array("{".utf8)),
                expected: [],
                deadLetters: ["not_an_event"]
            )
        case 1: return Produced(record: OwnedRecord(topic: "", key: Array("k".utf8)), expected: [], deadLetters: [])
        default:
            let record = record(type: "shop.order", id: "broken\(eventCount)", timeMs: world.nowMs, json: "{\"total\":")
            return Produced(record: record, expected: [], deadLetters: ["invalid_json"])
        }
    }

    private func shopEvent(in world: World) -> Produced {
        let type = world.random.pick(["shop.order", "shop.order", "shop.news", "other.thing"])
        let user = world.random.pick(Self.users)
        let total = world.random.below(5)
        let readers = Self.users.filter { _ in world.random.chance(35) }
        let listed = world.random.chance(20) ? readers + readers : readers
        let flag: Bool? = world.random.chance(15) ? nil : world.random.chance(30)
        let timeMs = world.nowMs - Int64(world.random.below(3_000))
        let list = listed.map { "\"\($0)\"" }.joined(separator: ",")
        let flagText = flag.map { ",\"flag\":\($0)" } ?? ""
        let channels = world.settings.hasTargets ? Self.channels.filter { _ in world.random.chance(40) } : []
        let isFlash = world.settings.hasSubscribers && type.hasPrefix("shop.") && world.random.chance(60)
        let topic = isFlash ? world.random.pick(Self.topics) : ""
        let topicText = isFlash ? ",\"topics\":\"\(topic)\"" : ""
        let json =
            "{\"user\":\"\(user)\",\"total\":\(total),\"users\":[\(list)]\(flagText)\(topicText)\(Self.member(channels))}"
        let id = "e\(eventCount)"
        var asked: [(Settings.RuleModel, String)] = []
        if type == "shop.order", total > 0 { asked.append((Settings.order, user)) }
        if type.hasPrefix("shop.") { asked += readers.map { (Settings.news, $0) } }
        if type == "shop.order", flag == true { asked.append((Settings.audit, user)) }
        var expected = asked.map { rule, user in
            let identifier = Digests.openSSL.notificationIdentifier(
                eventSource: "/shop",
                eventID: id,
                ruleID: rule.id,
                userID: user
            )
            let expiresAtMs = timeMs + rule.timeToLiveMs
            return (identifier, Expected(rule: rule, key: "u:\(user)", expiresAtMs: expiresAtMs, origins: 0))
        }
        if type.hasPrefix("shop.") { expected += channels.map { score(id, $0, timeMs) } }
        if isFlash { expected += Self.users.map { flash(id, $0, topic, timeMs) } }
        return Produced(
            record: record(type: type, id: id, timeMs: timeMs, json: json),
            expected: expected,
            deadLetters: type == "shop.order" && flag == nil ? ["rule_failed"] : [],
            fanOut: isFlash ? id : nil
        )
    }

    /// What a user gets who is subscribed.
    private func flash(_ event: String, _ user: String, _ topic: String, _ timeMs: Int64) -> (Identifier, Expected) {
        let rule = Settings.flash
        let id = Digests.openSSL.notificationIdentifier(
            eventSource: "/shop",
            eventID: event,
            ruleID: rule.id,
            userID: user
        )
        let expiresAtMs = timeMs + rule.timeToLiveMs
        return (id, Expected(rule: rule, key: "u:\(user)", expiresAtMs: expiresAtMs, origins: 0, topic: topic))
    }

    /// The member of an event that names channels; empty for none.
    private static func member(_ channels: [String]) -> String {
        channels.isEmpty ? "" : ",\"channels\":[\(channels.map { "\"\($0)\"" }.joined(separator: ","))]"
    }

    private func score(_ event: String, _ channel: String, _ timeMs: Int64) -> (Identifier, Expected) {
        let id = Digests.openSSL.notificationIdentifier(
            eventSource: "/shop",
            eventID: event,
            ruleID: Settings.scores.id,
            target: .target(.apnsChannel, app: Settings.app, name: channel)
        )
        let key = "t:apns_channel/\(Settings.app)/\(channel)"
        let expiresAtMs = timeMs + Settings.scores.timeToLiveMs
        return (id, Expected(rule: Settings.scores, key: key, expiresAtMs: expiresAtMs, origins: 0))
    }

    /// One event for everybody, after which nothing else remains in the records.
    mutating func lastEvent(in world: World) {
        eventCount += 1
        let list = Self.users.map { "\"\($0)\"" }.joined(separator: ",")
        let record = record(
            type: "shop.news",
            id: "last\(eventCount)",
            timeMs: world.nowMs,
            json: "{\"users\":[\(list)]\(Self.member(world.settings.hasTargets ? Self.channels : []))}"
        )
        _ = world.append(record, to: TopicPartition(topic: .events, partition: 0))
    }

    private func record(type: String, id: String, timeMs: Int64, json: String) -> OwnedRecord {
        OwnedRecord(
            topic: "",
            value: Array(json.utf8),
            headers: [
                OwnedRecord.Header("ce_specversion", "1.0"),
                OwnedRecord.Header("ce_type", type),
                OwnedRecord.Header("ce_source", "/shop"),
                OwnedRecord.Header("ce_id", id),
                OwnedRecord.Header("ce_time", RFC3339.text(timeMs)),
                OwnedRecord.Header("content-type", "application/json"),
            ]
        )
    }

    // MARK: Registrations

    /// Most people have a device before anything happens.
    mutating func begin(in world: World) {
        for user in Self.users where world.random.chance(80) { register(user, in: world) }
        guard world.settings.hasSubscribers else { return }
        for user in Self.users {
            for topic in Self.topics where world.random.chance(70) { subscribe(user, topic, true, in: world) }
        }
    }

    mutating func registration(in world: World) {
        let user = world.random.pick(Self.users)
        if world.settings.hasSubscribers, world.random.chance(40) {
            return subscribe(user, world.random.pick(Self.topics), world.random.chance(60), in: world)
        }
        switch world.random.below(10) {
        case 0..<7: register(user, in: world)
        case 7, 8:
            guard let known = registrations.suffix(5).randomElement(using: &world.random) else { return }
            let (user, device) = (known.userID, known.deviceID)
            let atMs = nextRegistrationMs(in: world)
            unregistrations.append(Registration(userID: user, deviceID: device, token: "", atMs: atMs))
            let json = "{\"user_id\":\"\(user)\",\"device_id\":\"\(device)\"}"
            append(.deviceUnregistered, user, atMs, json, in: world)
        default:
            let atMs = nextRegistrationMs(in: world)
            let flag = world.random.chance(60)
            wantsNews[user] = flag
            let json = "{\"user_id\":\"\(user)\",\"categories\":{\"news\":\(flag)}}"
            append(.userPreferences, user, atMs, json, in: world)
        }
    }

    private mutating func subscribe(_ user: String, _ topic: String, _ isSubscribed: Bool, in world: World) {
        let atMs = nextRegistrationMs(in: world)
        if !isSubscribed { unsubscribed.insert("\(user)/\(topic)") }
        let json = "{\"user_id\":\"\(user)\",\"topic\":\"\(topic)\"}"
        append(isSubscribed ? .userSubscribed : .userUnsubscribed, user, atMs, json, in: world)
    }

    private mutating func register(_ user: String, in world: World) {
        let atMs = nextRegistrationMs(in: world)
        let device = world.random.pick(Self.devices)
        let token = world.random.pick(Self.tokens)
        let app = world.random.chance(8) ? Settings.foreignApp : Settings.app
        let locale = world.random.pick(["", ",\"locale\":\"de-AT\"", ",\"locale\":\"fr\""])
        let json =
            "{\"user_id\":\"\(user)\",\"device_id\":\"\(device)\",\"provider\":\"apns\",\"app\":\"\(app)\","
            + "\"token\":\"\(token)\"\(locale)}"
        registrations.append(Registration(userID: user, deviceID: device, token: token, atMs: atMs))
        if world.random.chance(70) { world.provider.revive(token) }
        append(.deviceRegistered, user, atMs, json, in: world)
    }

    /// Rises with each.
    private mutating func nextRegistrationMs(in world: World) -> Int64 {
        latestRegistrationMs = max(world.nowMs, latestRegistrationMs + 1)
        return latestRegistrationMs
    }

    private mutating func append(
        _ type: RegistrationType,
        _ user: String,
        _ atMs: Int64,
        _ json: String,
        in world: World
    ) {
        var record = record(type: type.rawValue, id: "r\(atMs)", timeMs: atMs, json: json)
        record.key = Array(user.utf8)
        world.note("\(user): \(type.rawValue) at \(atMs) \(json)")
        if world.random.chance(25) {
            late.append(record)
        } else {
            for _ in 0..<(world.random.chance(8) ? 2 : 1) { arrive(record, in: world) }
        }
    }

    private func arrive(_ record: OwnedRecord, in world: World) {
        let place = TopicPartition(topic: .registrations, partition: Log.partition(of: record.key))
        _ = world.append(record, to: place)
    }

    /// A registration arrives that was on its way.
    mutating func lateRegistration(in world: World) {
        if !late.isEmpty { arrive(late.remove(at: world.random.below(late.count)), in: world) }
    }

    /// Everything that was on its way has arrived.
    mutating func settle(in world: World) {
        while !late.isEmpty { lateRegistration(in: world) }
    }
}

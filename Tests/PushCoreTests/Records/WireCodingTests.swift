import SwiftProtobuf
import Testing

@testable import PushCore

/// Records that are read and written by hand are the records that SwiftProtobuf reads and writes.
@Suite struct WireCodingTests {
    static let seeds = 0..<200

    private static func delivery(_ octets: [UInt8]) throws -> Delivery {
        // SAFETY: the array outlives the call.
        try unsafe octets.withUnsafeBytes { try unsafe Delivery(record: $0) }
    }

    private static func encoded(_ notification: Notification, _ device: HeldDevice) throws -> [UInt8] {
        try unsafe NotifyCommand.encoded(notification.encoded(), id: Identifier(high: 0, low: 0), origin: 1)
            // SAFETY: as above.
            .withUnsafeBytes { command in
                var writer = WireWriter(capacity: 0)
                Delivery.write(
                    id: Identifier(high: 1, low: 2),
                    userID: [],
                    notify: try #require(unsafe NotifyCommand(command)),
                    words: 0,
                    badge: 0,
                    device: device,
                    decidedAtMs: 3,
                    to: &writer
                )
                return writer.octets
            }
    }

    private static func isNotifyCommand(_ octets: [UInt8]) -> Bool {
        // SAFETY: as above.
        unsafe octets.withUnsafeBytes { unsafe NotifyCommand($0) != nil }
    }

    @Test("A user's record is written and read as SwiftProtobuf does it", arguments: seeds)
    func userRecord(seed: Int) throws {
        var random = RandomMessages(seed: seed)
        let record = random.userRecord()
        let held = try #require(HeldUser(octets: record.encoded()), "seed \(seed)")
        #expect(try UserRecord(serializedBytes: held.octets) == record, "seed \(seed)")
        // Maps have no order of their own.
        if record.categories.count < 2 { #expect(held.octets == record.encoded(), "seed \(seed)") }
        #expect(held.log.decisions == record.decisions, "seed \(seed)")
        #expect(held.devices.map(\.device) == record.devices, "seed \(seed)")
        for (device, message) in zip(held.devices, record.devices) {
            #expect(device.id == message.id && device.number == message.number, "seed \(seed)")
            #expect(device.provider == message.provider && device.app == message.app, "seed \(seed)")
            #expect(device.pushType == message.pushType && device.locale == message.locale, "seed \(seed)")
            #expect(device.timezone == message.timezone, "seed \(seed)")
            #expect(device.registeredAtMs == message.registeredAtMs, "seed \(seed)")
            #expect(device.removedAtMs == message.removedAtMs, "seed \(seed)")
            #expect(device.signalledAtMs == message.signalledAtMs, "seed \(seed)")
            #expect(device.changedByOffset == message.changedByOffset, "seed \(seed)")
        }
    }

    @Test("A delivery is read as SwiftProtobuf reads it", arguments: seeds)
    func delivery(seed: Int) throws {
        var random = RandomMessages(seed: seed)
        let delivery = random.delivery()
        let octets = delivery.encoded()
        #expect(try Self.delivery(octets) == delivery, "seed \(seed)")
        // SAFETY: the array outlives the call.
        let known = unsafe octets.withUnsafeBytes { unsafe Delivery(known: $0) }
        #expect(known == delivery, "seed \(seed)")
    }

    @Test("What breaks off or is damaged is refused, or read as SwiftProtobuf reads it", arguments: 0..<40)
    func damaged(seed: Int) throws {
        var random = RandomMessages(seed: seed)
        let octets = random.delivery().encoded()
        let record = random.userRecord().encoded()
        for _ in 0..<50 {
            let damaged = random.damaged(octets)
            let ours = try? Self.delivery(damaged)
            let theirs = try? Delivery(serializedBytes: damaged)
            // A message that occurs twice is merged by SwiftProtobuf; we take the last. Nobody writes one twice.
            if let ours, let theirs, ours != theirs { #expect(random.repeatsField(damaged), "seed \(seed)") }
            if ours == nil { #expect(theirs == nil, "seed \(seed)") }
            let damagedRecord = random.damaged(record)
            if HeldUser(octets: damagedRecord) == nil, let theirs = try? UserRecord(serializedBytes: damagedRecord) {
                // A field of another layout than ours is one of a later version to SwiftProtobuf.
                #expect(theirs.hasUnknownFields, "seed \(seed)")
            }
        }
    }

    @Test("Fields of later versions stay in a user's record")
    func laterFields() throws {
        var random = RandomMessages(seed: 7)
        let known = random.userRecord()
        // Field 99, a varint.
        let later: [UInt8] = [0x98, 0x06, 0x2A]
        var record = try #require(HeldUser(octets: known.encoded() + later))
        #expect(record.lastOffset == known.lastOffset)
        record.lastOffset = 12
        #expect(record.octets.suffix(3) == later[...])

        var device = Device()
        device.id = "phone"
        device.token = "aa"
        var withLater = UserRecord()
        withLater.devices = [try Device(serializedBytes: device.encoded() + later)]
        var entry = ScheduledEntry()
        entry.handBacks = 3
        withLater.scheduled = [try ScheduledEntry(serializedBytes: entry.encoded() + later)]
        for window in 1...2 {
            var limit = LimitState()
            limit.window = UInt32(window)
            limit.tatMs = 5
            withLater.limits.append(limit)
        }
        let limit = try LimitState(serializedBytes: withLater.limits[1].encoded() + later + later)
        withLater.limits[1] = limit
        var target = Target()
        target.topic = "news"
        var device2 = device
        device2.target = try Target(serializedBytes: target.encoded() + later)
        let delivery = try Self.encoded(random.notification(), HeldDevice(device2))
        #expect(try Delivery(serializedBytes: delivery).device.target.encoded() == target.encoded() + later)
        let held = try #require(HeldUser(octets: withLater.encoded()))
        let again = try UserRecord(serializedBytes: held.octets)
        #expect(again.devices[0].encoded() == device.encoded() + later)
        #expect(again.scheduled[0].encoded() == entry.encoded() + later)
        #expect(again.limits[0].encoded() == withLater.limits[0].encoded())
        #expect(again.limits[1].encoded() == limit.encoded())
    }

    @Test("Numbers of all lengths are read, whatever follows them")
    func numbers() {
        let values: [UInt64] = (0..<64).flatMap { [1 << $0, (1 << $0) &- 1, ~(1 << $0)] } + [.max]
        for value in values {
            var writer = WireWriter(capacity: 0)
            writer.uint64(1, value)
            for rest in 0...9 {
                let octets = writer.octets + [UInt8](repeating: 0x10, count: rest)
                #expect(Self.number(octets) == (value == 0 ? nil : value), "\(value) before \(rest)")
            }
        }
        // Longer than it need be, and cut off in each place.
        let long: [UInt8] = [0x08, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]
        for count in 2...long.count {
            #expect(Self.number(long.prefix(count - 1) + [0x00]) == (count == 2 ? 0 : 1))
            #expect(Self.number(Array(long.prefix(count))) == nil)
        }
        #expect(Self.number(long + [0x80, 0x00]) == nil, "no number has eleven octets")
    }

    /// Of the first field; nil where it is no whole number under the number 1.
    private static func number(_ octets: [UInt8]) -> UInt64? {
        // SAFETY: the reader is used within the call.
        unsafe octets.withUnsafeBytes { octets in
            var reader = unsafe WireReader(octets)
            guard reader.next(), reader.number == 1 else { return nil }
            let number = reader.uint64()
            return reader.isWellFormed ? number : nil
        }
    }

    @Test("Groups, and the layouts of packed records, are no fields of the log", arguments: [3, 4, 6, 7] as [UInt8])
    func otherLayouts(layout: UInt8) {
        #expect(HeldUser(octets: [0x08, 0x01, 0x78 | layout, 0x00, 0x00]) == nil)
    }

    @Test("A notify command shows what the users stage decides by, and passes the rest on", arguments: seeds)
    func notifyCommand(seed: Int) throws {
        var random = RandomMessages(seed: seed)
        var command = Command()
        command.notify.notification = random.notification()
        command.notify.origin = random.word()
        let octets = command.encoded()
        // SAFETY: the command is used within the call.
        try unsafe octets.withUnsafeBytes { octets in
            let notify = try #require(unsafe NotifyCommand(octets))
            let notification = command.notify.notification
            #expect(notify.id == notification.id, "seed \(seed)")
            #expect(notify.origin == command.notify.origin, "seed \(seed)")
            #expect(notify.expiresAtMs == notification.expiresAtMs, "seed \(seed)")
            #expect(notify.category == notification.category, "seed \(seed)")
            #expect(notify.collapseKey == notification.collapseKey, "seed \(seed)")
            #expect(notify.limit == notification.limit, "seed \(seed)")
            #expect(notify.bypassLimits == notification.bypassLimits, "seed \(seed)")
            #expect(notify.tokenKind == notification.apns.pushType, "seed \(seed)")
            #expect(notify.traceHeaders == notification.traceHeaders, "seed \(seed)")
            #expect(notify.locales == notification.contents.map(\.locale), "seed \(seed)")
            #expect(try notify.notification == notification, "seed \(seed)")
            for choice in 0..<max(1, notification.contents.count) {
                var expected = notification
                if !expected.contents.isEmpty { expected.contents = [notification.contents[choice]] }
                // Field 3 of a delivery.
                var writer = WireWriter(capacity: 0)
                notify.write(3, words: choice, badge: 0, to: &writer)
                #expect(try Delivery(serializedBytes: writer.octets).notification == expected, "seed \(seed)")
            }
        }
    }

    @Test("A command of another kind is no notify command")
    func otherCommands() {
        var random = RandomMessages(seed: 1)
        var command = Command()
        command.attach.device = random.device()
        #expect(!Self.isNotifyCommand(command.encoded()))
        command.notify = Notify()
        #expect(!Self.isNotifyCommand(command.encoded()))
        #expect(!Self.isNotifyCommand([]))
    }
}

/// Messages of any content, from a seed.
private struct RandomMessages {
    private var generator: SeededGenerator

    init(seed: Int) {
        generator = SeededGenerator(seed: UInt64(seed))
    }

    mutating func word() -> UInt64 { UInt64.random(in: 0...(.max), using: &generator) >> UInt64(int(64)) }

    private mutating func int(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

    private mutating func signed() -> Int64 { int(4) == 0 ? 0 : Int64(bitPattern: word()) }

    private mutating func flag() -> Bool { int(2) == 0 }

    private mutating func text() -> String {
        let length = [0, 1, 5, 15, 16, 40, 130, 300][int(8)]
        return String((0..<length).map { _ in ["a", "é", "7", "-", "😀", "\n"][int(6)] as Character })
    }

    private mutating func list<Element>(_ max: Int, _ make: (inout RandomMessages) -> Element) -> [Element] {
        (0..<int(max + 1)).map { _ in make(&self) }
    }

    mutating func device() -> Device {
        var device = Device()
        device.id = text()
        device.provider = text()
        device.app = text()
        switch int(4) {
        case 0: device.token = text()
        case 1: device.fid = text()
        case 2:
            device.subscription.endpoint = text()
            device.subscription.auth.append(contentsOf: text().utf8)
        default: break
        }
        device.sandbox = flag()
        device.locale = text()
        device.timezone = text()
        device.registeredAtMs = signed()
        device.removedAtMs = signed()
        device.signalledAtMs = signed()
        device.changedByOffset = signed()
        device.number = UInt32(truncatingIfNeeded: word())
        device.pushType = text()
        if flag() { device.target = target() }
        return device
    }

    private mutating func target() -> Target {
        var target = Target()
        switch int(4) {
        case 0: target.topic = text()
        case 1: target.condition = text()
        case 2: target.channel = text()
        default: break
        }
        return target
    }

    private mutating func decision() -> Decision {
        var decision = Decision()
        decision.notificationIDHigh = word()
        decision.notificationIDLow = word()
        decision.offset = signed()
        decision.origin = word()
        decision.decidedAtMs = signed()
        decision.deviceNumbers = list(40) { UInt32(truncatingIfNeeded: $0.word()) }
        decision.unservedDeviceNumbers = list(3) { UInt32(truncatingIfNeeded: $0.word()) }
        decision.suppressed = text()
        decision.badge = flag() ? 0 : signed()
        return decision
    }

    mutating func userRecord() -> UserRecord {
        var record = UserRecord()
        record.lastOffset = signed()
        record.devices = list(4) { $0.device() }
        record.decisions = list(16) { $0.decision() }
        record.limits = list(3) { random in
            var state = LimitState()
            state.window = UInt32(truncatingIfNeeded: random.word())
            state.tatMs = random.signed()
            return state
        }
        for _ in 0..<int(3) { record.categories[text()] = flag() }
        record.preferencesAtMs = signed()
        record.locale = text()
        record.timezone = text()
        record.quietHoursStart = text()
        record.quietHoursEnd = text()
        record.topics = list(3) { random in
            var topic = TopicSubscription()
            topic.topic = random.text()
            topic.subscribed = random.flag()
            topic.atMs = random.signed()
            return topic
        }
        record.lastDeviceNumber = UInt32(truncatingIfNeeded: word())
        record.scheduled = list(3) { $0.scheduledEntry() }
        record.badge = flag() ? 0 : signed()
        record.badgeAtMs = flag() ? 0 : signed()
        record.epoch = flag() ? 0 : UInt32(truncatingIfNeeded: word())
        for _ in 0..<(16 * int(4)) { record.seen.append(UInt8(truncatingIfNeeded: word())) }
        record.erasures = list(2) { random in
            var erasure = Erasure()
            erasure.idHigh = random.word()
            erasure.offset = random.signed()
            erasure.event.id = random.text()
            erasure.addresses = random.list(2) { $0.text() }
            return erasure
        }
        if flag() { record.forgotten.atMs = signed() }
        return record
    }

    private mutating func scheduledEntry() -> ScheduledEntry {
        var entry = ScheduledEntry()
        entry.deliveryIDHigh = word()
        entry.deliveryIDLow = word()
        entry.notBeforeMs = signed()
        entry.expiresAtMs = signed()
        entry.offset = signed()
        entry.delivery.append(contentsOf: flag() ? [] : delivery().encoded())
        entry.handBacks = UInt32(truncatingIfNeeded: word())
        entry.deviceNumber = UInt32(truncatingIfNeeded: word())
        entry.collapseKey = text()
        entry.decidedAtMs = signed()
        entry.settledByOffset = signed()
        entry.settled = text()
        return entry
    }

    private mutating func content() -> Content {
        var content = Content()
        content.locale = text()
        content.title = text()
        content.subtitle = text()
        content.body = text()
        content.image = text()
        return content
    }

    private mutating func webPushOptions() -> WebPushOptions {
        var options = WebPushOptions()
        if flag() { options.urgency = text() }
        if flag() { options.topic = text() }
        options.notificationJson = text()
        options.declarative = flag()
        if flag() { options.padding = UInt32(truncatingIfNeeded: word()) }
        return options
    }

    private mutating func options() -> APNsOptions {
        var options = APNsOptions()
        if flag() { options.sound = text() }
        if flag() { options.interruptionLevel = text() }
        if flag() { options.threadID = text() }
        if flag() { options.category = text() }
        if flag() { options.targetContentID = text() }
        if flag() { options.filterCriteria = text() }
        if flag() { options.relevanceScore = Double(int(100)) / 7 }
        if flag() { options.badge = signed() }
        options.mutableContent = flag()
        options.contentAvailable = flag()
        options.pushType = text()
        options.apsJson = text()
        options.withoutStorage = flag()
        return options
    }

    mutating func notification() -> Notification {
        var notification = Notification()
        notification.idHigh = word()
        notification.idLow = word()
        if flag() {
            notification.event.id = text()
            notification.event.source = text()
            notification.event.type = text()
            notification.event.timeMs = signed()
        }
        notification.ruleID = text()
        notification.category = text()
        // So that there is something in it.
        notification.expiresAtMs = signed() | 1
        notification.priority = [.unspecified, .high, .normal, .low, .UNRECOGNIZED(9)][int(5)]
        notification.collapseKey = text()
        notification.contents = list(4) { $0.content() }
        for _ in 0..<int(4) { notification.data[text()] = text() }
        notification.link = text()
        if flag() { notification.apns = options() }
        if flag() { notification.fcm.messageJson = text() }
        if flag() { notification.webPush = webPushOptions() }
        notification.limit = text()
        notification.bypassLimits = flag()
        notification.ruleSetVersion = text()
        notification.traceparent = text()
        notification.tracestate = text()
        notification.dropTooLong = flag()
        notification.badgeIncrements = flag()
        if flag() { notification.badge = signed() }
        return notification
    }

    mutating func delivery() -> Delivery {
        var delivery = Delivery()
        delivery.idHigh = word()
        delivery.idLow = word()
        delivery.userID = text()
        delivery.notification = notification()
        delivery.device = device()
        delivery.decidedAtMs = signed()
        delivery.attempts = UInt32(truncatingIfNeeded: word())
        delivery.possibleDuplicate = flag()
        delivery.sentAtMs = signed()
        delivery.handBacks = UInt32(truncatingIfNeeded: word())
        return delivery
    }

    /// The octets with the end cut off, or some of them changed.
    mutating func damaged(_ octets: [UInt8]) -> [UInt8] {
        if octets.isEmpty || flag() { return Array(octets.prefix(int(octets.count + 1))) }
        var octets = octets
        for _ in 0...int(3) { octets[int(octets.count)] = UInt8(truncatingIfNeeded: word()) }
        return octets
    }

    /// Whether a message field of a delivery, or of its notification, occurs more than once.
    func repeatsField(_ octets: [UInt8]) -> Bool {
        // SAFETY: the octets are read within the call.
        unsafe octets.withUnsafeBytes { octets in
            var seen: [UInt64: Int] = [:]
            var reader = unsafe WireReader(octets)
            while reader.next() {
                seen[reader.number, default: 0] += 1
                if reader.number == 3 {
                    let inner = reader.nested { inner in
                        var count: [UInt64: Int] = [:]
                        while inner.next() {
                            count[inner.number, default: 0] += 1
                            inner.skip()
                        }
                        return (count[2] ?? 0) > 1 || (count[11] ?? 0) > 1
                    }
                    if inner { return true }
                } else {
                    reader.skip()
                }
            }
            return (seen[3] ?? 0) > 1 || (seen[4] ?? 0) > 1
        }
    }
}

import PushCore
import SwiftProtobuf

/// A users stage with a clock that the test moves and an inbox that is one partition: what a command says to other users and
/// addresses is handled by the same core.
struct UsersBench {
    var core: UsersCore
    var nowMs = Make.timeMs
    private(set) var nextOffset: Int64 = 100
    /// Everything that was logged, in order: what the compacted users topic holds.
    private(set) var changelog: [Outgoing] = []
    let configuration: UsersConfiguration

    static let app = UsersConfiguration.App(provider: .apns, app: "com.example.shop")

    init(limits: [String: [LimitWindow]] = [:], change: (inout UsersConfiguration) -> Void = { _ in }) {
        var configuration = UsersConfiguration(apps: [Self.app], limits: Limits(limits))
        // Tests move their clocks by months.
        configuration.inactiveDeviceMs = 0
        change(&configuration)
        self.configuration = configuration
        core = UsersCore(partition: 3, configuration: configuration, digests: .openSSL)
        core.committed(upTo: nextOffset)
    }

    /// Handles one command alone.
    mutating func handle(
        _ kind: Command.OneOf_Kind,
        to key: String = "u:ann",
        offset: Int64? = nil
    ) -> UsersCore.Decided {
        var command = Command()
        command.kind = kind
        return handle(OwnedRecord(topic: "push.inbox", key: Array(key.utf8), value: command.encoded()), offset: offset)
    }

    mutating func handle(_ record: OwnedRecord, offset: Int64? = nil) -> UsersCore.Decided {
        var record = record
        record.partition = 3
        record.offset = offset ?? nextOffset
        if offset == nil { nextOffset += 1 }
        let decided = record.withInputRecord { core.handle($0, nowMs: nowMs) }
        if let state = decided.effects.state { changelog.append(state) }
        return decided
    }

    /// Handles what a core asked for.
    mutating func handle(_ asked: Outgoing, offset: Int64? = nil) throws -> UsersCore.Decided {
        handle(OwnedRecord(topic: "push.inbox", key: asked.key, value: asked.value), offset: offset)
    }

    /// What is due now.
    mutating func due(max: Int = 64) -> [Outgoing] { core.due(nowMs: nowMs, max: max) }

    /// What is to be kept in order now.
    mutating func housekeeping() -> [Outgoing] { core.housekeeping(nowMs: nowMs) }

    /// The inbox was made anew.
    mutating func forgetPositions(nextOffset: Int64) {
        core.forgetPositions()
        self.nextOffset = nextOffset
    }

    static func forget(_ event: String = "forget-1", user: String = "ann", atMs: Int64 = Make.timeMs)
        -> Command.OneOf_Kind
    {
        var reference = EventReference()
        reference.id = event
        reference.source = "/privacy"
        reference.type = "push.user.forgotten"
        reference.timeMs = atMs
        return .forget(ForgetUser(userID: user, reference, atMs: atMs, .openSSL))
    }

    /// Commits, and handles what the core then asks for to keep its records in order; gives the public records on the way.
    @discardableResult
    mutating func commitAndTidy() throws -> [Outgoing] {
        commit()
        nowMs += 2_000
        let asked = core.housekeeping(nowMs: nowMs)
        return try settle(Effects(outputs: asked))
    }

    /// Handles a command and every command that follows from it; gives the public records on the way.
    @discardableResult
    mutating func settle(_ kind: Command.OneOf_Kind, to key: String = "u:ann") throws -> [Outgoing] {
        try settle(handle(kind, to: key).effects)
    }

    @discardableResult
    mutating func settle(_ effects: Effects) throws -> [Outgoing] {
        var waiting = effects.outputs
        var outside: [Outgoing] = []
        while !waiting.isEmpty {
            let next = waiting.removeFirst()
            guard next.topic == .inbox else {
                outside.append(next)
                continue
            }
            guard let kind = try next.command().kind else { continue }
            waiting += handle(kind, to: next.keyText).effects.outputs
        }
        return outside
    }

    /// Registers a device by way of its address.
    @discardableResult
    mutating func register(_ device: Device = Make.device(), user: String = "ann") throws -> [Outgoing] {
        try settle(Self.claim(device, user), to: Self.addressKey(device))
    }

    static func claim(_ device: Device, _ user: String) -> Command.OneOf_Kind {
        var claim = ClaimAddress()
        claim.userID = user
        claim.device = device
        return .claim(claim)
    }

    static func addressKey(_ device: Device) -> String { "a:\(Digests.openSSL.fingerprint(of: device))" }

    static func unregister(_ device: String = "phone", atMs: Int64) -> Command.OneOf_Kind {
        var detach = DetachDevice()
        detach.deviceID = device
        detach.atMs = atMs
        return .detach(detach)
    }

    static func rejected(
        _ device: Device,
        sinceMs: Int64 = 0,
        registeredAtMs: Int64? = nil,
        notification: Notification = Make.notification()
    ) -> Command.OneOf_Kind {
        var rejected = AddressRejected()
        rejected.deviceID = device.id
        rejected.fingerprint = Digests.openSSL.fingerprint(of: device)
        rejected.reason = Reason.unregistered.rawValue
        rejected.providerReason = "Unregistered"
        rejected.invalidSinceMs = sinceMs
        rejected.observedAtMs = Make.timeMs
        rejected.notificationIDHigh = notification.idHigh
        rejected.notificationIDLow = notification.idLow
        rejected.registeredAtMs = registeredAtMs ?? device.registeredAtMs
        return .rejected(rejected)
    }

    static func notify(_ notification: Notification, origin: UInt64 = 1) -> Command.OneOf_Kind {
        var notify = Notify()
        notify.notification = notification
        notify.origin = origin
        return .notify(notify)
    }

    /// Asks for a notification that was not asked for before.
    mutating func notify(
        _ event: String,
        user: String = "ann",
        origin: UInt64 = 1,
        change: (inout Notification) -> Void = { _ in }
    ) -> UsersCore.Decided {
        var notification = Make.notification(event: event, user: user, timeMs: nowMs)
        change(&notification)
        return handle(Self.notify(notification, origin: origin), to: "u:\(user)")
    }

    /// The devices that a new notification goes to.
    mutating func reached(_ event: String, user: String = "ann") throws -> Set<String> {
        Set(try notify(event, user: user).effects.deliveries().map(\.device.id))
    }

    mutating func commit() { core.committed(upTo: nextOffset) }

    /// A new owner with what the changelog holds, reading again from `committed`.
    mutating func restart(committed: Int64) {
        core = UsersCore(partition: 3, configuration: configuration, digests: .openSSL)
        core.committed(upTo: committed)
        for record in changelog { core.restore(record) }
    }

    /// The record of a user as the changelog has it; nil where there is none.
    func record(user: String = "ann") throws -> UserRecord? {
        let last = changelog.last { $0.keyText == "u:\(user)" }
        return try last?.value.map { try UserRecord(serializedBytes: $0) }
    }
}

extension UsersCore {
    /// Takes a record of the changelog, with what a tombstone says in its headers.
    mutating func restore(_ record: Outgoing) {
        let epoch = record.header(Self.epochHeader).flatMap { UInt32($0) }
        restore(key: record.keyText, value: record.value, tombstoneEpoch: epoch)
        let mark = record.headers.first { $0.name == Self.forgottenHeader }?.value
        if let mark { restore(key: record.keyText, forgotten: mark) }
    }
}

// MARK: People

extension UsersBench {
    static func preferences(
        _ categories: [String: Bool] = [:],
        zone: String = "",
        quiet: (String, String)? = nil,
        atMs: Int64 = Make.timeMs
    ) -> Command.OneOf_Kind {
        var preferences = SetPreferences()
        preferences.categories = categories
        preferences.timezone = zone
        preferences.quietHoursStart = quiet?.0 ?? ""
        preferences.quietHoursEnd = quiet?.1 ?? ""
        preferences.atMs = atMs
        return .preferences(preferences)
    }

    /// The user's clock is another one from now on.
    mutating func travel(to zone: String) {
        _ = handle(Self.preferences(zone: zone == "UTC" ? "" : zone))
    }

    /// Handles every release that is due now.
    @discardableResult
    mutating func release() throws -> [UsersCore.Decided] {
        try due().map { try handle($0) }
    }

    /// Goes to the time at which something is due next, and handles it.
    @discardableResult
    mutating func releaseNext() throws -> [UsersCore.Decided] {
        // The agenda may look at somebody of whom nothing is due any more.
        while let dueMs = core.nextDueMs {
            nowMs = max(nowMs, dueMs)
            let decided = try release()
            if !decided.isEmpty { return decided }
        }
        return []
    }
}

extension UsersCore.Decided {
    /// Outcome and reason of each receipt, joined by a slash.
    var said: [String] {
        effects.receipts.map { "\($0.text("outcome") ?? "")/\($0.text("reason") ?? "")" }
    }

    var sent: Int { effects.outputs.count { if case .outbox = $0.topic { true } else { false } } }
}

import Foundation
import SwiftProtobuf

@testable import PushCore

/// One partition with its inbox and its changelog, in which everything is acknowledged late, and the process may die at any moment.
struct FanOutWorld {
    /// What follows from a record, on its way: state first, then outputs, as `EffectLedger` has it.
    private struct Pending {
        let offset: Int
        let effects: Effects
        var isStateStored: Bool
    }

    let configuration: UsersConfiguration
    private(set) var core: UsersCore
    private(set) var inbox: [OwnedRecord] = []
    private(set) var changelog: [Outgoing] = []
    private(set) var receipts: [Outgoing] = []
    private(set) var deadLetters: [Outgoing] = []
    private(set) var position = 0
    private(set) var committed = 0
    private var pending: [Pending] = []
    private var finished: Set<Int> = []
    var nowMs = Make.timeMs
    /// The most outputs that one command had.
    private(set) var outputsMost = 0
    private(set) var notifications = 0

    static let partition: Int32 = 3

    init(change: (inout UsersConfiguration) -> Void = { _ in }) {
        var configuration = UsersConfiguration(apps: [UsersBench.app])
        configuration.fanOutStep = 3
        configuration.fanOutAtOnce = 2
        change(&configuration)
        self.configuration = configuration
        core = UsersCore(partition: Self.partition, configuration: configuration, digests: .openSSL)
    }

    // MARK: Commands

    mutating func send(_ kind: Command.OneOf_Kind, to key: String) {
        var command = Command()
        command.kind = kind
        append(key: Array(key.utf8), value: command.encoded())
    }

    private mutating func append(key: [UInt8]?, value: [UInt8]?) {
        var record = OwnedRecord(topic: "push.inbox", key: key, value: value)
        record.partition = Self.partition
        record.offset = Int64(inbox.count)
        inbox.append(record)
    }

    mutating func subscribe(_ user: String, to topic: String = "news", _ isSubscribed: Bool = true) {
        nowMs += 1
        var subscription = SetSubscription()
        subscription.topic = topic
        subscription.subscribed = isSubscribed
        subscription.atMs = nowMs
        send(.subscription(subscription), to: "u:\(user)")
    }

    /// As the rules stage asks for it.
    mutating func fanOut(
        _ event: String,
        topics: [String] = ["news"],
        origin: UInt64 = 1,
        timeMs: Int64 = Make.timeMs
    ) {
        var notification = Make.notification(event: event, timeMs: timeMs)
        notification.id = Identifier(high: 0, low: 0)
        let octets = notification.encoded()
        var fanOut = FanOut()
        fanOut.notification = Data(octets)
        fanOut.origin = origin
        fanOut.topics = topics
        let id = Digests.openSSL.fanOutIdentifier(
            eventSource: "/shop",
            eventID: event,
            ruleID: "shipped",
            origin: origin
        )
        send(.fanOut(fanOut), to: "f:\(id)")
    }

    // MARK: What happens

    /// Reads a command; false at the end.
    @discardableResult
    mutating func read() -> UsersCore.Decided? {
        while position < inbox.count, finished.contains(position) { position += 1 }
        guard position < inbox.count else { return nil }
        let record = inbox[position]
        let decided = record.withInputRecord { core.handle($0, nowMs: nowMs) }
        outputsMost = max(outputsMost, decided.effects.outputs.count)
        notifications += decided.notifications
        pending.append(
            Pending(offset: position, effects: decided.effects, isStateStored: decided.effects.state == nil)
        )
        position += 1
        return decided
    }

    /// Stores the state of the first record whose state is not stored, or the outputs of the one with this index.
    mutating func store(_ index: Int) {
        guard !pending.isEmpty else { return }
        if let first = pending.firstIndex(where: { !$0.isStateStored }) {
            if let state = pending[first].effects.state { changelog.append(state) }
            pending[first].isStateStored = true
            return
        }
        let done = pending.remove(at: index % pending.count)
        for output in done.effects.outputs {
            switch output.topic {
            case .inbox: append(key: output.key, value: output.value)
            case .receipts: receipts.append(output)
            case .deadLetters: deadLetters.append(output)
            case .users, .invalidTokens, .outbox: break
            }
        }
        finished.insert(done.offset)
    }

    mutating func takeDue() {
        for output in core.forgetFanOuts(nowMs: nowMs) { append(key: output.key, value: output.value) }
        let hasRoom = core.fanOutLoad <= 2 * configuration.fanOutStep
        guard hasRoom, let step = core.continueFanOut(nowMs: nowMs) else { return }
        append(key: step.key, value: step.value)
    }

    mutating func commit() {
        while finished.contains(committed) { committed += 1 }
        core.committed(upTo: Int64(committed))
    }

    /// The process dies; the next owner restores what was stored, and reads again what was not committed.
    mutating func crash() {
        pending.removeAll()
        finished = finished.filter { $0 < committed }
        position = committed
        core = UsersCore(partition: Self.partition, configuration: configuration, digests: .openSSL)
        core.committed(upTo: Int64(committed))
        for record in changelog { core.restore(key: record.keyText, value: record.value) }
    }

    /// Goes on until nothing is left to do.
    mutating func settle() {
        repeat {
            takeDue()
            while read() != nil {}
            while !pending.isEmpty { store(0) }
            commit()
        } while position < inbox.count || core.fanOutCount > 0
    }

    /// The decisions on each notification that any user's record ever held: user, and the offset of the command.
    func decisions() throws -> [Identifier: Set<String>] {
        var found: [Identifier: Set<String>] = [:]
        for state in changelog where state.keyText.hasPrefix("u:") {
            guard let value = state.value else { continue }
            for decision in try UserRecord(serializedBytes: value).decisions {
                let id = Identifier(high: decision.notificationIDHigh, low: decision.notificationIDLow)
                found[id, default: []].insert("\(state.keyText)@\(decision.offset)")
            }
        }
        return found
    }

    static func id(_ event: String, _ user: String) -> Identifier {
        Digests.openSSL.notificationIdentifier(eventSource: "/shop", eventID: event, ruleID: "shipped", userID: user)
    }

    /// Keys of fan-outs that the changelog's last word is a record about.
    var fanOutRecords: [String] {
        var last: [String: Bool] = [:]
        for state in changelog where state.keyText.hasPrefix("f:") { last[state.keyText] = state.value != nil }
        return last.filter(\.value).keys.sorted()
    }
}

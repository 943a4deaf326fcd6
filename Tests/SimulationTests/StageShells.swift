import PushCore
import SwiftProtobuf

/// The twin of `RulesStage`.
final class RulesShell: StageShell {
    private var core: RulesCore

    init(world: World) {
        core = RulesCore(
            ruleSet: world.settings.ruleSet,
            decoder: EventDecoder(),
            registrations: RegistrationDecoder(digests: .openSSL),
            digests: .openSSL
        )
        core.inboxPartitions = Log.partitions
    }

    func handle(_ record: OwnedRecord, lane: Int, item: WorkItem, isUncertain: Bool) -> Effects? {
        record.withInputRecord { input in
            record.topic == Topic.registrations.rawValue
                ? core.handle(registration: input).effects : core.handle(event: input).effects
        }
    }
}

/// The twin of `UsersStage`.
final class UsersShell: StageShell {
    private unowned let world: World
    private let instance: Int
    private var restored: [Int32: UsersCore] = [:]
    private(set) var cores: [Int: UsersCore] = [:]
    private var latestMs: Int64 = .min
    static let skewMaxMs: Int64 = 200
    /// This machine's clock is a little wrong.
    private let skewMs: Int64

    init(world: World, instance: Int) {
        self.world = world
        self.instance = instance
        skewMs = Int64(world.random.below(Int(2 * Self.skewMaxMs) + 1)) - Self.skewMaxMs
    }

    func prepare(_ openings: inout [LaneOpening]) {
        restored.removeAll()
        for opening in openings {
            let partition = opening.place.partition
            var core = UsersCore(partition: partition, configuration: world.settings.users, digests: .openSSL)
            core.committed(upTo: opening.start.offset)
            for record in world.log.read(TopicPartition(topic: .users, partition: partition), from: 0) {
                let epoch = record.headers.first { String(decoding: $0.name, as: UTF8.self) == UsersCore.epochHeader }
                core.restore(
                    key: String(decoding: record.key ?? [], as: UTF8.self),
                    value: record.value,
                    tombstoneEpoch: epoch.flatMap { UInt32(String(decoding: $0.value ?? [], as: UTF8.self)) }
                )
            }
            restored[partition] = core
        }
    }

    func opened(lane: Int, partition: Int32) { cores[lane] = restored.removeValue(forKey: partition) }

    func closed(lane: Int) { cores[lane] = nil }

    func committed(lane: Int, upTo offset: Int64) { cores[lane]?.committed(upTo: offset) }

    func takeDue() -> [Outgoing] {
        latestMs = max(latestMs, world.nowMs + skewMs)
        var due: [Outgoing] = []
        for lane in cores.keys.sorted() {
            due += cores[lane]?.due(nowMs: latestMs, max: 2) ?? []
            due += cores[lane]?.forgetFanOuts(nowMs: latestMs, max: 2) ?? []
            due += cores[lane]?.housekeeping(nowMs: latestMs, max: 2) ?? []
            if let load = cores[lane]?.fanOutLoad, load < 3, let step = cores[lane]?.continueFanOut(nowMs: latestMs) {
                due.append(step)
            }
        }
        return due
    }

    var scheduled: Int { cores.values.reduce(0) { $0 + $1.scheduledCount + $1.fanOutCount } }

    func handle(_ record: OwnedRecord, lane: Int, item: WorkItem, isUncertain: Bool) -> Effects? {
        latestMs = max(latestMs, world.nowMs + skewMs)
        let decided = record.withInputRecord { [latestMs] in cores[lane]?.handle($0, nowMs: latestMs) }
        guard let decided else { preconditionFailure("a lane has its core from opening to closing") }
        world.note("users#\(instance): \(decided.disposition): \(record.commandText)")
        world.witness.decided(decided, on: record, by: instance)
        return decided.effects
    }
}

/// The twin of `DispatchStage`.
final class DispatchShell: StageShell {
    private unowned let world: World
    private let instance: Int
    private var core = DispatchCore(retry: Settings.retry, digests: .openSSL)
    private var lanes: [Int] = []
    private var tails: [Int32: [Identifier]] = [:]
    private var finished: [(item: WorkItem, effects: Effects)] = []
    private var isDraining = false
    private var uncertain: Set<Int> = []

    init(world: World, instance: Int) {
        self.world = world
        self.instance = instance
    }

    func prepare(_ openings: inout [LaneOpening]) {
        tails.removeAll()
        for index in openings.indices {
            let opening = openings[index]
            let receipts = TopicPartition(topic: .receipts, partition: opening.place.partition)
            let high = world.log.end(receipts)
            openings[index].start.receiptsEnd = high
            openings[index].start.receiptsFloor = high
            guard opening.wasCommitted else { continue }
            let floor = opening.metadata?.receiptsFloor ?? 0
            let first = max(0, min(floor, high - world.settings.tailMin))
            openings[index].start.receiptsFloor = first
            if opening.metadata?.isClean != true {
                let readMax = opening.start.offset + world.settings.spanMax
                openings[index].start.uncertainBelow = min(readMax, opening.start.inputEnd)
            }
            for record in world.log.read(receipts, from: first) {
                guard let id = record.eventID else { continue }
                tails[receipts.partition, default: []].append(id)
            }
        }
    }

    func opened(lane: Int, partition: Int32) {
        lanes.append(lane)
        for id in tails.removeValue(forKey: partition) ?? [] { core.remember(receipt: id, lane: lane) }
        isDraining = false
    }

    func closed(lane: Int) {
        lanes.removeAll { $0 == lane }
        core.close(lane: lane)
    }

    var underWay: Int { core.count }

    func handle(_ record: OwnedRecord, lane: Int, item: WorkItem, isUncertain: Bool) -> Effects? {
        let nowMs = world.nowMs
        let step = record.withInputRecord {
            core.take($0, item: item, mayHaveBeenSent: isUncertain, nowMs: nowMs)
        }
        perform(step, nowMs)
        return nil
    }

    func takeFinished() -> [(item: WorkItem, effects: Effects)] {
        let nowMs = world.nowMs
        for (ticket, end) in world.provider.takeEnds(of: instance) { attemptEnded(ticket, end, nowMs) }
        if isDraining {
            giveUpWaiting()
        } else {
            for step in core.due(nowMs: nowMs) { perform(step, nowMs) }
        }
        defer { finished.removeAll() }
        return finished
    }

    private func attemptEnded(_ ticket: DispatchCore.Ticket, _ end: AttemptEnd, _ nowMs: Int64) {
        guard let step = core.attemptEnded(ticket, end, nowMs: nowMs, using: &world.random) else { return }
        perform(step, nowMs)
    }

    private func perform(_ step: DispatchCore.Step, _ nowMs: Int64) {
        switch step {
        case .send(let ticket):
            guard let delivery = core.delivery(ticket) else { preconditionFailure("what is to be sent is under way") }
            let end = world.provider.begin(ticket, delivery.record, by: instance, in: world)
            if let end { attemptEnded(ticket, end, nowMs) }
        case .wait: break
        case .finish(let item, let effects, let ending):
            if let ending { world.note("dispatch#\(instance): \(ending.outcome) \(ending.reason?.rawValue ?? "")") }
            finished.append((item, effects))
        }
    }

    func beginDrain() {
        isDraining = true
        giveUpWaiting()
    }

    private func giveUpWaiting() {
        for lane in lanes where core.abandon(lane: lane, waitingOnly: true).anyUncertain { uncertain.insert(lane) }
    }

    func endDrain() -> Set<Int> {
        for lane in lanes {
            let given = core.abandon(lane: lane, waitingOnly: false)
            for ticket in given.tickets { world.provider.cancel(ticket, of: instance, in: world) }
            if given.anyUncertain { uncertain.insert(lane) }
        }
        finished.removeAll()
        isDraining = false
        defer { uncertain.removeAll() }
        return uncertain
    }
}

extension OwnedRecord {
    /// The command in one line.
    var commandText: String {
        let key = String(decoding: key ?? [], as: UTF8.self)
        let text = (try? Command(serializedBytes: value ?? [])).map { $0.textFormatString() } ?? "not a command"
        return "\(key) " + text.split(whereSeparator: { $0 == "\n" || $0 == " " }).joined(separator: " ")
    }

    /// The value of `ce_id`, where that is one of our own ids.
    var eventID: Identifier? {
        guard let value = headers.first(where: { $0.name == Array("ce_id".utf8) })?.value else { return nil }
        // SAFETY: the octets are lent for the call.
        return unsafe value.withUnsafeBytes { unsafe Identifier(text: $0) }
    }
}

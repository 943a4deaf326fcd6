import PushCore

/// What differs between the stages: the twin of `Stage` in the pipeline.
protocol StageShell: AnyObject {
    func prepare(_ openings: inout [LaneOpening])
    func opened(lane: Int, partition: Int32)
    func closed(lane: Int)
    func committed(lane: Int, upTo offset: Int64)
    func handle(_ record: OwnedRecord, lane: Int, item: WorkItem, isUncertain: Bool) -> Effects?
    func takeFinished() -> [(item: WorkItem, effects: Effects)]
    var underWay: Int { get }
    func beginDrain()
    func endDrain() -> Set<Int>
}

extension StageShell {
    func prepare(_ openings: inout [LaneOpening]) {}
    func opened(lane: Int, partition: Int32) {}
    func closed(lane: Int) {}
    func committed(lane: Int, upTo offset: Int64) {}
    func takeFinished() -> [(item: WorkItem, effects: Effects)] { [] }
    var underWay: Int { 0 }
    func beginDrain() {}
    func endDrain() -> Set<Int> { [] }
}

struct LaneOpening {
    let place: TopicPartition
    let metadata: CommitMetadata?
    let wasCommitted: Bool
    var start: StageProgress.Start
}

/// One process of a stage: the twin of `StageLoop`, with every step apart, so that a crash fits between any two.
///
/// The order within a step, and what must come before what, follow `StageLoop`; when that changes, this must.
final class SimulatedStage {
    enum ConsumerEvent {
        case assigned([TopicPartition])
        case revoked(lost: Bool)
    }

    struct Input {
        let lane: Int
        let place: TopicPartition
        var position: Int64
    }

    struct PendingCommit {
        let commit: StageProgress.Commit
        let place: TopicPartition
    }

    let id: Int
    let kind: StageKind
    let shell: any StageShell
    private unowned let world: World
    private(set) var progress: StageProgress
    private(set) var producer = SimulatedProducer()
    private(set) var inputs: [Input] = []
    private(set) var pendingCommits: [PendingCommit] = []
    private(set) var events: [ConsumerEvent] = []
    private var handlings: [WorkItem: Handling] = [:]
    /// By entry of the ledger: who waits for the acknowledgements of its productions.
    private var waiting: [UInt64: Handling] = [:]
    private(set) var isDraining = false
    private var drainDeadlineMs: Int64 = 0
    var isStalled = false
    var isLeaving = false

    init(id: Int, kind: StageKind, world: World) {
        self.id = id
        self.kind = kind
        self.world = world
        progress = StageProgress(spanMax: world.settings.spanMax)
        shell =
            switch kind {
            case .rules: RulesShell(world: world)
            case .users: UsersShell(world: world, instance: id)
            case .dispatch: DispatchShell(world: world, instance: id)
            }
    }

    var name: String { "\(kind)#\(id)" }

    /// Nothing is left to do.
    var isQuiet: Bool {
        !isStalled && events.isEmpty && !isDraining && producer.isEmpty && pendingCommits.isEmpty && shell.underWay == 0
            && progress.unacknowledged == 0 && inputs.allSatisfy { $0.position >= world.log.end($0.place) }
    }

    // MARK: Steps

    func notify(_ event: ConsumerEvent) { events.append(event) }

    /// Evicted: what else the coordinator had to say does not matter any more.
    func notifyLost() { events = [.revoked(lost: true)] }

    func handleEvent() {
        guard !events.isEmpty else { return }
        switch events.removeFirst() {
        case .assigned(let places): open(places)
        case .revoked(let lost): revoke(lost: lost)
        }
    }

    /// Takes one batch from one lane.
    func read(_ index: Int, max: Int) {
        guard !isDraining, !isLeaving, index < inputs.count, progress.room(lane: inputs[index].lane) > 0 else { return }
        let input = inputs[index]
        for record in world.log.read(input.place, from: input.position, max: max) {
            inputs[index].position = record.offset + 1
            take(record, input)
        }
    }

    private func take(_ record: OwnedRecord, _ input: Input) {
        guard let item = progress.take(lane: input.lane, offset: record.offset) else { return }
        let isUncertain = progress.isUncertain(lane: input.lane, offset: record.offset)
        world.note("\(name) takes \(input.place)@\(record.offset)\(isUncertain ? " (uncertain)" : "")")
        handlings[item] = world.witness.handling(kind, input.place, record.offset)
        if let effects = shell.handle(record, lane: input.lane, item: item, isUncertain: isUncertain) {
            begin(effects, for: item)
        }
    }

    private func begin(_ effects: Effects, for item: WorkItem) {
        guard let handling = handlings.removeValue(forKey: item) else {
            preconditionFailure("effects belong to a record that was taken, once")
        }
        handling.missing = effects.outputs.count + (effects.state == nil ? 0 : 1)
        let productions = progress.begin(effects, for: item)
        if let token = productions.first?.token { waiting[token >> 1] = handling }
        produce(productions)
    }

    private func produce(_ productions: [EffectLedger.Production]) {
        for production in productions {
            guard let handling = waiting[production.token >> 1] else { preconditionFailure("a token has its entry") }
            producer.produce(production, for: handling)
        }
    }

    func takeFinished() {
        for (item, effects) in shell.takeFinished() { begin(effects, for: item) }
    }

    /// The broker stores the next record of some partition.
    func store(_ choice: Int) {
        let heads = producer.storable
        guard !heads.isEmpty else { return }
        let index = heads[choice % heads.count]
        let gap: Int64 = world.random.chance(world.settings.gapPercent) ? 1 : 0
        let stored = producer.store(index, in: &world.log, nowMs: world.nowMs, gap: gap)
        world.note("\(name): \(stored.topic)/\(stored.partition)@\(stored.offset) is stored")
        world.witness.stored(stored, by: self)
    }

    /// The stage hears of a stored record.
    func acknowledge(_ choice: Int) {
        let heads = producer.acknowledgeable
        guard !heads.isEmpty else { return }
        let flight = producer.acknowledge(heads[choice % heads.count])
        world.note("\(name) hears of \(flight.place)@\(flight.offset ?? -1)")
        let offset = flight.isRepeated && world.random.chance(50) ? nil : flight.offset
        let released = progress.acknowledge(flight.production.token, offset: offset)
        produce(released)
    }

    func recreateProducer() {
        world.note("\(name): the producer is replaced")
        producer.recreate()
    }

    // MARK: Commits

    func commit() {
        for input in inputs {
            guard let commit = progress.commit(lane: input.lane) else { continue }
            pendingCommits.append(PendingCommit(commit: commit, place: input.place))
        }
    }

    /// The coordinator answers the oldest commit under way.
    func endCommit(fails: Bool) {
        guard !pendingCommits.isEmpty else { return }
        end(pendingCommits.removeFirst(), fails: fails)
    }

    private func commitNow(fails: Bool) {
        for input in inputs {
            guard let commit = progress.commit(lane: input.lane) else { continue }
            end(PendingCommit(commit: commit, place: input.place), fails: fails)
        }
    }

    private func end(_ pending: PendingCommit, fails: Bool) {
        let commit = pending.commit
        guard inputs.contains(where: { $0.place == pending.place }) else { return }
        if fails {
            progress.commitFailed(lane: commit.lane)
            return
        }
        guard world.commit(kind, pending.place, commit, by: id) else { return }
        world.note("\(name) has committed \(pending.place) up to \(commit.offset) \(commit.metadata)")
        progress.committed(lane: commit.lane, offset: commit.offset)
        shell.committed(lane: commit.lane, upTo: commit.offset)
    }

    // MARK: Assignment

    private func open(_ places: [TopicPartition]) {
        var openings = places.map(opening)
        shell.prepare(&openings)
        for opening in openings {
            let place = opening.place
            let lane = progress.open(topic: place.topic.rawValue, partition: place.partition, at: opening.start)
            inputs.append(Input(lane: lane, place: place, position: opening.start.offset))
            shell.opened(lane: lane, partition: place.partition)
            world.note("\(name) opens \(place) at \(opening.start.offset)")
        }
        commitNow(fails: false)
    }

    private func opening(_ place: TopicPartition) -> LaneOpening {
        let end = world.log.end(place)
        guard let commit = world.committed(kind, place) else {
            var start = StageProgress.Start(offset: 0)
            start.inputEnd = end
            return LaneOpening(place: place, metadata: nil, wasCommitted: false, start: start)
        }
        let metadata = CommitMetadata(decoding: commit.metadata, offset: commit.offset)
        var start = StageProgress.Start(offset: commit.offset)
        if let metadata { start.finished = metadata.finished }
        start.inputEnd = end
        return LaneOpening(place: place, metadata: metadata, wasCommitted: true, start: start)
    }

    private func revoke(lost: Bool) {
        if lost {
            world.note("\(name) learns that it lost its partitions")
            _ = shell.endDrain()
            giveBack()
            world.rejoin(self)
            return
        }
        world.note("\(name) drains")
        shell.beginDrain()
        isDraining = true
        drainDeadlineMs = world.nowMs + world.settings.drainMs
    }

    /// Ends the drain when nothing is under way any more, or the time is up.
    func finishDrain() {
        guard isDraining else { return }
        takeFinished()
        let isFinished = shell.underWay == 0 && progress.unacknowledged == 0
        guard isFinished || world.nowMs >= drainDeadlineMs else { return }
        let uncertain = shell.endDrain()
        for input in inputs where isFinished && !uncertain.contains(input.lane) { progress.markClean(lane: input.lane) }
        commitNow(fails: world.random.chance(world.settings.commitFailurePercent))
        world.note("\(name) gives back, \(isFinished ? "drained" : "out of time")")
        giveBack()
        world.gaveBack(self)
    }

    private func giveBack() {
        for input in inputs {
            progress.close(lane: input.lane)
            shell.closed(lane: input.lane)
        }
        inputs.removeAll()
        pendingCommits.removeAll()
        // What had no effects yet was given up.
        handlings.removeAll()
        isDraining = false
    }
}

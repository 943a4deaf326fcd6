import PushCore

/// What differs between the stages: the twin of `Stage` in the pipeline.
protocol StageShell: AnyObject {
    func prepare(_ openings: inout [LaneOpening])
    func opened(lane: Int, partition: Int32)
    func closed(lane: Int)
    func committed(lane: Int, upTo offset: Int64)
    func handle(_ record: OwnedRecord, lane: Int, item: WorkItem, isUncertain: Bool) -> Effects?
    func takeFinished() -> [(item: WorkItem, effects: Effects)]
    func takeDue() -> [Outgoing]
    /// Deliveries that wait for their time in the users' records.
    var scheduled: Int { get }
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
    func takeDue() -> [Outgoing] { [] }
    var scheduled: Int { 0 }
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
        /// What the commit found at the assignment says to be finished.
        let finishedBefore: FinishedRanges
        var position: Int64
        /// Set when Kafka has a commit of this assignment: nothing is read before.
        var isAnnounced = false
        /// What this assignment made of the records that it took, by offset.
        var handled: [Int64: Handling] = [:]
        /// Below it, all was finished when it was last committed.
        var checkedBelow: Int64

        func isFinished(_ offset: Int64) -> Bool {
            finishedBefore.contains(offset) || handled[offset]?.isFinished == true
        }
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
    private var waiting: [EffectLedger.Token: Handling] = [:]
    private(set) var isDraining = false
    private var drainDeadlineMs: Int64 = 0
    /// It was told that its partitions are lost, and has none since.
    private var hasLost = false
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
            && shell.scheduled == 0 && progress.unacknowledged == 0
            && inputs.allSatisfy { $0.position >= world.log.end($0.place) }
    }

    // MARK: Steps
    //
    // Each says whether there was anything to do.

    func notify(_ event: ConsumerEvent) { events.append(event) }

    /// Evicted: what else the coordinator had to say does not matter any more.
    func notifyLost() { events = [.revoked(lost: true)] }

    @discardableResult
    func handleEvent() -> Bool {
        guard let event = events.first else { return false }
        // What was produced in an earlier assignment must settle before another one restores its state.
        if case .assigned = event, progress.unacknowledged > 0 { return false }
        events.removeFirst()
        switch event {
        case .assigned(let places): open(places)
        case .revoked(let lost): revoke(lost: lost)
        }
        return true
    }

    /// Takes one batch from one lane.
    @discardableResult
    func read(_ index: Int, max: Int) -> Bool {
        guard !isDraining, !isLeaving, index < inputs.count, inputs[index].isAnnounced else { return false }
        let capacity = min(max, progress.room(lane: inputs[index].lane))
        guard capacity > 0 else { return false }
        let records = world.log.read(inputs[index].place, from: inputs[index].position, max: capacity)
        for record in records {
            inputs[index].position = record.offset + 1
            take(record, index)
        }
        return !records.isEmpty
    }

    private func take(_ record: OwnedRecord, _ index: Int) {
        let input = inputs[index]
        guard let item = progress.take(lane: input.lane, offset: record.offset) else { return }
        world.witness.took(record.offset, from: input, by: self, in: world)
        let isUncertain = progress.isUncertain(lane: input.lane, offset: record.offset)
        world.note("\(name) takes \(input.place)@\(record.offset)\(isUncertain ? " (uncertain)" : "")")
        let handling = world.witness.handling(input.place, record.offset)
        handlings[item] = handling
        inputs[index].handled[record.offset] = handling
        if let effects = shell.handle(record, lane: input.lane, item: item, isUncertain: isUncertain) {
            begin(effects, for: item)
        }
    }

    private func begin(_ effects: Effects, for item: WorkItem) {
        guard let handling = handlings.removeValue(forKey: item) else {
            preconditionFailure("effects belong to a record that was taken, once")
        }
        handling.missing = effects.outputs.count + (effects.state == nil ? 0 : 1)
        handling.unheard = handling.missing
        handling.isStateHeard = effects.state == nil
        var productions: [EffectLedger.Production] = []
        progress.begin(effects, for: item, into: &productions)
        if let token = productions.first?.token { waiting[token >> 1] = handling }
        produce(productions, state: effects.state)
    }

    private func produce(_ productions: [EffectLedger.Production], state: Outgoing? = nil) {
        for production in productions {
            guard let handling = waiting[production.token >> 1] else { preconditionFailure("a token has its entry") }
            producer.produce(production, for: handling, isState: production.record == state)
        }
    }

    @discardableResult
    func takeFinished() -> Bool {
        let finished = shell.takeFinished()
        for (item, effects) in finished { begin(effects, for: item) }
        return !finished.isEmpty
    }

    /// Begins what follows from time alone.
    @discardableResult
    func takeDue() -> Bool {
        guard !isDraining, !isLeaving else { return false }
        let due = shell.takeDue()
        if due.isEmpty { return false }
        world.note("\(name) asks for \(due.count) releases")
        var productions: [EffectLedger.Production] = []
        progress.begin(asked: due, into: &productions)
        if let token = productions.first?.token { waiting[token >> 1] = Handling() }
        produce(productions)
        return true
    }

    /// The broker stores the next record of some partition.
    @discardableResult
    func store(_ choice: Int) -> Bool {
        let heads = producer.storable
        guard !heads.isEmpty else { return false }
        let index = heads[choice % heads.count]
        // Into the outbox nobody else writes, and nobody with transactions: what may have been sent is counted in its offsets.
        let mayLeaveGap = producer.flights[index].place.topic != .outbox
        let gap: Int64 = mayLeaveGap && world.random.chance(world.settings.gapPercent) ? 1 : 0
        let (stored, flight) = producer.store(index, in: &world.log, nowMs: world.nowMs, gap: gap)
        world.note("\(name): \(flight.place)@\(stored.offset) is stored")
        if !flight.isState, !flight.handling.isStateHeard {
            world.witness.violation("\(flight.place)@\(stored.offset) is stored before its state is acknowledged")
        }
        world.witness.stored(stored, by: self)
        return true
    }

    /// The stage hears of a stored record.
    @discardableResult
    func acknowledge(_ choice: Int) -> Bool {
        let heads = producer.acknowledgeable
        guard !heads.isEmpty else { return false }
        let flight = producer.acknowledge(heads[choice % heads.count])
        world.note("\(name) hears of \(flight.place)@\(flight.offset ?? -1)")
        flight.handling.unheard = flight.handling.unheard.map { $0 - 1 }
        if flight.isState { flight.handling.isStateHeard = true }
        let offset = flight.isRepeated && world.random.chance(50) ? nil : flight.offset
        var released: [EffectLedger.Production] = []
        progress.acknowledge(flight.production.token, offset: offset, into: &released)
        produce(released)
        return true
    }

    func recreateProducer() {
        world.note("\(name): the producer is replaced")
        producer.recreate()
    }

    // MARK: Commits

    @discardableResult
    func commit() -> Bool {
        let new = commits()
        pendingCommits += new
        return !new.isEmpty
    }

    /// The coordinator answers the oldest commit under way.
    @discardableResult
    func endCommit(fails: Bool) -> Bool {
        guard !pendingCommits.isEmpty else { return false }
        end(pendingCommits.removeFirst(), fails: fails)
        return true
    }

    private func commitNow() {
        let fails = world.hasFaults && world.random.chance(world.settings.commitFailurePercent(kind))
        for pending in commits() { end(pending, fails: fails) }
    }

    private func commits() -> [PendingCommit] {
        inputs.indices.compactMap { index in
            guard let commit = progress.commit(lane: inputs[index].lane) else { return nil }
            if hasLost { world.witness.violation("\(name) commits what it knows to be lost") }
            world.witness.submitted(commit, of: inputs[index], in: world)
            inputs[index].checkedBelow = commit.offset
            return PendingCommit(commit: commit, place: inputs[index].place)
        }
    }

    private func end(_ pending: PendingCommit, fails: Bool) {
        let commit = pending.commit
        guard let index = inputs.firstIndex(where: { $0.place == pending.place }) else { return }
        if fails {
            progress.commitFailed(lane: commit.lane)
            return
        }
        guard world.commit(kind, pending.place, commit, by: id) else {
            // Where it is left with a partition that was not begun, the next commit says it again.
            if !inputs[index].isAnnounced { progress.commitFailed(lane: commit.lane) }
            return
        }
        world.note("\(name) has committed \(pending.place) up to \(commit.offset) \(commit.metadata)")
        inputs[index].isAnnounced = true
        progress.committed(lane: commit.lane, offset: commit.offset)
        shell.committed(lane: commit.lane, upTo: commit.offset)
    }

    // MARK: Assignment

    private func open(_ places: [TopicPartition]) {
        hasLost = false
        var openings = places.map(opening)
        shell.prepare(&openings)
        for opening in openings {
            let place = opening.place
            let lane = progress.open(topic: place.topic.rawValue, partition: place.partition, at: opening.start)
            let offset = opening.start.offset
            let finished = opening.start.finished
            inputs.append(
                Input(lane: lane, place: place, finishedBefore: finished, position: offset, checkedBelow: offset)
            )
            world.witness.opened(place, by: self)
            shell.opened(lane: lane, partition: place.partition)
            world.note("\(name) opens \(place) at \(opening.start.offset)")
        }
        commitNow()
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
            hasLost = true
            _ = shell.endDrain()
            giveBack()
            world.rejoin(self)
            return
        }
        world.note("\(name) drains")
        shell.beginDrain()
        isDraining = true
        drainDeadlineMs = world.nowMs + world.settings.drainMs(kind)
    }

    /// Ends the drain when nothing is under way any more, or the time is up.
    @discardableResult
    func finishDrain() -> Bool {
        guard isDraining else { return false }
        takeFinished()
        let isFinished = shell.underWay == 0 && progress.unacknowledged == 0
        guard isFinished || world.nowMs >= drainDeadlineMs else { return false }
        let uncertain = shell.endDrain()
        for input in inputs where isFinished && !uncertain.contains(input.lane) { progress.markClean(lane: input.lane) }
        commitNow()
        world.note("\(name) gives back, \(isFinished ? "drained" : "out of time")")
        giveBack()
        world.gaveBack(self)
        return true
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

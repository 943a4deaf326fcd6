import PushCore

/// Everything outside the cores: time, chance, the cluster, the provider, the people, and the processes that run the stages.
///
/// One generator decides everything, so that a seed is a history.
final class World {
    let settings: Settings
    var random: SeededGenerator
    var nowMs: Int64 = 1_700_000_000_000
    var log = Log()
    var provider = SimulatedProvider()
    var scenario = Scenario()
    private(set) var groups: [Group]
    private(set) var instances: [SimulatedStage] = []
    var witness: Witness
    /// False in the calm after the chaos.
    private(set) var hasFaults = true
    private(set) var trace: [String] = []
    private let keepsTrace: Bool
    private var lastInstance = 0
    private var lastStep = 0

    init(
        seed: UInt64,
        mode: Settings.Mode,
        hasTargets: Bool,
        hasSubscribers: Bool = false,
        hasWaits: Bool = false,
        keepsTrace: Bool
    ) {
        random = SeededGenerator(seed: seed)
        settings = Settings(
            mode: mode,
            hasTargets: hasTargets,
            hasSubscribers: hasSubscribers,
            hasWaits: hasWaits,
            using: &random
        )
        groups = StageKind.allCases.map { Group(kind: $0) }
        witness = Witness(settings)
        self.keepsTrace = keepsTrace
        witness.world = self
        for kind in StageKind.allCases { start(kind) }
    }

    func note(_ text: @autoclosure () -> String) {
        if keepsTrace { trace.append("\(lastStep) +\(nowMs - 1_700_000_000_000)ms \(text())") }
    }

    // MARK: Chaos

    /// One step of some process, or of the world around them.
    func step() {
        lastStep += 1
        switch random.below(100) {
        case 0..<2: scenario.event(in: self)
        case 2..<4: random.chance(60) ? scenario.registration(in: self) : scenario.lateRegistration(in: self)
        case 4..<12: provider.answer(random.below(1 << 20), in: self)
        case 12..<14: nowMs += Int64(random.below(random.chance(10) ? 20_000 : 1_000))
        case 14..<15: random.chance(50) ? kill() : provider.fail(untilMs: nowMs + Int64(random.below(20_000)), in: self)
        case 15..<16: accident()
        case 16..<20: assign()
        default:
            if let stage = awake.randomElement(using: &random) { step(stage) }
        }
    }

    /// The provider drops a token: one that was good for a while, or one that was never heard of since.
    private func kill() {
        guard random.chance(40) else { return }
        provider.kill(random.pick(Scenario.tokens), sinceMs: nowMs - Int64(random.below(5_000)))
    }

    private var awake: [SimulatedStage] { instances.filter { !$0.isStalled } }

    /// One thing that the process finds to do, if a few looks find any.
    private func step(_ stage: SimulatedStage) {
        for _ in 0..<6 where act(stage) { return }
    }

    private func act(_ stage: SimulatedStage) -> Bool {
        let choice = random.below(1 << 20)
        switch random.below(20) {
        case 0..<3: return stage.handleEvent()
        case 3..<6: return !stage.inputs.isEmpty && stage.read(choice % stage.inputs.count, max: 1 + choice / 8 % 6)
        case 6..<9: return stage.takeFinished() || stage.takeDue()
        case 9..<13:
            let isBoundary = stage.store(choice)
            if isBoundary { crashAtBoundary(stage) }
            return isBoundary
        case 13..<17:
            let isBoundary = stage.acknowledge(choice)
            if isBoundary { crashAtBoundary(stage) }
            return isBoundary
        case 17: return stage.commit()
        case 18: return stage.endCommit(fails: random.chance(settings.commitFailurePercent(stage.kind)))
        default: return stage.finishDrain()
        }
    }

    private func crashAtBoundary(_ stage: SimulatedStage) {
        if settings.hasAccidents(stage.kind), random.chance(settings.boundaryCrashPercent) { crash(stage) }
    }

    private func accident() {
        guard let stage = instances.randomElement(using: &random) else { return }
        let members = instances.filter { $0.kind == stage.kind && !$0.isLeaving && !$0.isStalled }.count
        switch random.below(12) {
        case 0..<2: if members < 3 { start(stage.kind) }
        case 2..<4: if members > 1, !stage.isStalled { leave(stage) }
        case 4: rebalance(stage.kind)
        case 5: compact()
        case 6..<8: if settings.hasAccidents(stage.kind) { stage.recreateProducer() }
        case 8: if settings.mode == .zombies { stall(stage) }
        default: if settings.hasAccidents(stage.kind) { crash(stage) }
        }
    }

    // MARK: Processes

    private func start(_ kind: StageKind) {
        lastInstance += 1
        let stage = SimulatedStage(id: lastInstance, kind: kind, world: self)
        note("\(stage.name) starts")
        instances.append(stage)
        groups[kind.rawValue].join(stage.id)
        askBack(kind)
    }

    /// Ends in order: drains, commits, leaves.
    private func leave(_ stage: SimulatedStage) {
        guard !stage.isLeaving else { return }
        note("\(stage.name) is told to stop")
        stage.isLeaving = true
        rebalance(stage.kind)
    }

    private func crash(_ stage: SimulatedStage) {
        note("\(stage.name) crashes")
        provider.crashed(stage.id, in: self)
        for pending in stage.pendingCommits where random.chance(50) {
            _ = commit(stage.kind, pending.place, pending.commit, by: stage.id)
        }
        remove(stage)
        if !instances.contains(where: { $0.kind == stage.kind && !$0.isLeaving }) { start(stage.kind) }
    }

    /// Stands still; the coordinator gives its partitions to others meanwhile.
    private func stall(_ stage: SimulatedStage) {
        if stage.isStalled {
            note("\(stage.name) wakes")
            stage.isStalled = false
            return
        }
        note("\(stage.name) stands still and is given up")
        stage.isStalled = true
        stage.notifyLost()
        groups[stage.kind.rawValue].remove(stage.id)
        if awake.allSatisfy({ $0.kind != stage.kind || $0.isLeaving }) { start(stage.kind) }
        askBack(stage.kind)
    }

    private func remove(_ stage: SimulatedStage) {
        instances.removeAll { $0.id == stage.id }
        groups[stage.kind.rawValue].remove(stage.id)
        askBack(stage.kind)
    }

    private func compact() {
        for partition in 0..<Log.partitions {
            log.compact(TopicPartition(topic: .users, partition: partition), olderThanMs: nowMs - 30_000)
        }
    }

    // MARK: Groups

    private func rebalance(_ kind: StageKind) {
        guard !groups[kind.rawValue].isRebalancing else { return }
        note("\(kind) rebalances")
        askBack(kind)
    }

    private func askBack(_ kind: StageKind) {
        for member in groups[kind.rawValue].beginRebalance() {
            instances.first { $0.id == member }?.notify(.revoked(lost: false))
        }
    }

    private func assign() {
        for kind in StageKind.allCases {
            // Who leaves and has nothing left to give back is gone.
            for stage in instances where stage.kind == kind && stage.isLeaving && isDone(stage) { remove(stage) }
            guard let assignments = groups[kind.rawValue].assign(using: &random) else { continue }
            for (member, places) in assignments where !places.isEmpty {
                instances.first { $0.id == member }?.notify(.assigned(places))
            }
        }
    }

    private func isDone(_ stage: SimulatedStage) -> Bool {
        stage.inputs.isEmpty && stage.events.isEmpty && !stage.isDraining && !stage.isStalled
    }

    func gaveBack(_ stage: SimulatedStage) {
        groups[stage.kind.rawValue].gaveBack(stage.id)
        if stage.isLeaving { remove(stage) }
    }

    func rejoin(_ stage: SimulatedStage) {
        if stage.isLeaving { return remove(stage) }
        groups[stage.kind.rawValue].join(stage.id)
        askBack(stage.kind)
    }

    func committed(_ kind: StageKind, _ place: TopicPartition) -> Group.Committed? {
        groups[kind.rawValue].committed[place]
    }

    func commit(
        _ kind: StageKind,
        _ place: TopicPartition,
        _ commit: StageProgress.Commit,
        by instance: Int
    ) -> Bool {
        let before = committed(kind, place)?.offset ?? 0
        let new = Group.Committed(offset: commit.offset, metadata: commit.metadata)
        guard groups[kind.rawValue].commit(place, new, by: instance) else {
            note("\(kind)#\(instance): commit of \(place) refused")
            return false
        }
        witness.committed(kind, place, from: before, new)
        return true
    }

    /// Whether the instance owns the partition of its input that this key belongs to.
    func owns(_ instance: Int, _ kind: StageKind, key: String) -> Bool {
        guard let topic = kind.inputs.first else { return false }
        let place = TopicPartition(topic: topic, partition: Log.partition(of: Array(key.utf8)))
        return groups[kind.rawValue].owner(of: place) == instance
    }

    func owner(_ kind: StageKind, _ place: TopicPartition) -> Int? { groups[kind.rawValue].owner(of: place) }

    func owner(_ kind: StageKind, of partition: Int32) -> Int? {
        guard let topic = kind.inputs.first else { return nil }
        return groups[kind.rawValue].owner(of: TopicPartition(topic: topic, partition: partition))
    }

    /// Appends what comes from outside.
    func append(_ record: OwnedRecord, to place: TopicPartition) -> OwnedRecord {
        var record = record
        record.timestampMs = nowMs
        let stored = log.append(record, to: place, gap: random.chance(settings.gapPercent) ? 1 : 0)
        note("an input: \(place)@\(stored.offset)")
        return stored
    }

    // MARK: Calm

    /// No more accidents: everything that was begun ends.
    ///
    /// - Returns: False when it does not come to rest within so many rounds.
    func calm(roundsMax: Int = 400) -> Bool {
        hasFaults = false
        scenario.settle(in: self)
        for stage in instances where stage.isStalled { stage.isStalled = false }
        for _ in 0..<roundsMax {
            lastStep += 1
            assign()
            for stage in instances { round(stage) }
            while !provider.attempts.isEmpty { provider.answer(0, in: self) }
            nowMs += 500
            if isQuiet { return true }
        }
        return false
    }

    private func round(_ stage: SimulatedStage) {
        settle(stage)
        while !stage.events.isEmpty { stage.handleEvent() }
        for index in stage.inputs.indices { stage.read(index, max: 8) }
        stage.takeFinished()
        stage.takeDue()
        settle(stage)
        stage.commit()
        while !stage.pendingCommits.isEmpty { stage.endCommit(fails: false) }
        stage.finishDrain()
    }

    private func settle(_ stage: SimulatedStage) {
        while !stage.producer.isEmpty {
            stage.store(0)
            stage.acknowledge(0)
        }
    }

    private var isQuiet: Bool {
        provider.isIdle && groups.allSatisfy(\.isStable) && instances.allSatisfy(\.isQuiet)
            && groups.allSatisfy { group in
                group.places.allSatisfy { (group.committed[$0]?.offset ?? 0) == log.end($0) }
            }
    }
}

/// A consumer group as its coordinator sees it: members, who owns what, and what was committed.
///
/// Rebalances are eager, as in the real shell: everybody gives everything back, then all is assigned anew.
struct Group {
    struct Committed {
        var offset: Int64
        var metadata: String
    }

    let kind: StageKind
    let places: [TopicPartition]
    /// In the order of joining.
    private(set) var members: [Int] = []
    private(set) var owners: [TopicPartition: Int] = [:]
    private(set) var committed: [TopicPartition: Committed] = [:]
    /// Members that a rebalance waits for.
    private(set) var awaited: [Int] = []
    private(set) var isRebalancing = false

    init(kind: StageKind) {
        self.kind = kind
        places = kind.inputs.flatMap { topic in
            (0..<Log.partitions).map { TopicPartition(topic: topic, partition: $0) }
        }
    }

    var isStable: Bool { !isRebalancing && !members.isEmpty }

    func owner(of place: TopicPartition) -> Int? { owners[place] }

    /// Adds a member.
    mutating func join(_ member: Int) {
        members.append(member)
        isRebalancing = true
    }

    /// Begins a rebalance.
    ///
    /// - Returns: Members that are asked to give back what they have.
    mutating func beginRebalance() -> [Int] {
        isRebalancing = true
        let holders = members.filter { member in owners.values.contains(member) && !awaited.contains(member) }
        awaited += holders
        return holders
    }

    /// A member gave back all that it had.
    mutating func gaveBack(_ member: Int) {
        awaited.removeAll { $0 == member }
        for place in places where owners[place] == member { owners[place] = nil }
    }

    /// A member left, or was not heard of for a session timeout: what it had is free, and its commits are refused.
    mutating func remove(_ member: Int) {
        members.removeAll { $0 == member }
        gaveBack(member)
        isRebalancing = true
    }

    /// Ends the rebalance when nobody is awaited any more.
    ///
    /// - Returns: What each member gets; nil while somebody is awaited.
    mutating func assign(using random: inout SeededGenerator) -> [(member: Int, places: [TopicPartition])]? {
        guard isRebalancing, awaited.isEmpty, !members.isEmpty else { return nil }
        isRebalancing = false
        for place in places { owners[place] = members[random.below(members.count)] }
        return members.map { member in (member, places.filter { owners[$0] == member }) }
    }

    /// - Returns: False for who does not own the partition: the commit is refused.
    mutating func commit(_ place: TopicPartition, _ commit: Committed, by member: Int) -> Bool {
        guard owners[place] == member else { return false }
        committed[place] = commit
        return true
    }
}

/// The three stages.
enum StageKind: Int, CaseIterable {
    case rules
    case users
    case dispatch

    var inputs: [Topic] {
        switch self {
        case .rules: [.events, .registrations]
        case .users: [.inbox]
        case .dispatch: [.outbox]
        }
    }
}

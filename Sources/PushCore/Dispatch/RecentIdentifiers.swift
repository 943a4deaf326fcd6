/// The last identifiers that were put in: a set of bounded size that forgets the oldest.
struct RecentIdentifiers: Sendable {
    private let capacity: Int
    private var members: Set<Identifier> = []
    private var order: [Identifier] = []
    private var oldest = 0

    init(capacity: Int = 65_536) {
        self.capacity = capacity
    }

    func contains(_ identifier: Identifier) -> Bool {
        members.contains(identifier)
    }

    mutating func insert(_ identifier: Identifier) {
        guard members.insert(identifier).inserted else { return }
        if order.count < capacity {
            order.append(identifier)
            return
        }
        members.remove(order[oldest])
        order[oldest] = identifier
        oldest = (oldest + 1) % capacity
    }
}

/// The deadlines of thousands of exchanges: a hashed timing wheel, constant time to enter and to leave.
///
/// A deadline is found up to one tick late, never early. One beyond a revolution stays in its bucket for the next round.
struct DeadlineWheel {
    /// 8 ms: late by no more than that.
    static let tickNanoseconds: Int64 = 8_000_000
    private static let bucketCount = 1024
    private static let none: Int32 = -1

    private struct Node {
        var next = DeadlineWheel.none
        var previous = DeadlineWheel.none
        var dueTick: Int64 = 0
        var bucket = DeadlineWheel.none
    }

    private var heads = [Int32](repeating: DeadlineWheel.none, count: DeadlineWheel.bucketCount)
    private var nodes: [Node] = []
    private var lastTick: Int64
    private(set) var count = 0

    init(now: MonotonicInstant) {
        lastTick = now.nanoseconds / Self.tickNanoseconds
    }

    /// Enters an index that is not in the wheel; a deadline that has passed is found at the next `expire` of a later tick.
    mutating func insert(_ index: Int32, deadline: MonotonicInstant) {
        while nodes.count <= index { nodes.append(Node()) }
        precondition(nodes[Int(index)].bucket == Self.none, "an exchange has one deadline")
        let dueTick = max(deadline.nanoseconds / Self.tickNanoseconds + 1, lastTick + 1)
        let bucket = Int32(dueTick % Int64(Self.bucketCount))
        let head = heads[Int(bucket)]
        nodes[Int(index)] = Node(next: head, previous: Self.none, dueTick: dueTick, bucket: bucket)
        if head != Self.none { nodes[Int(head)].previous = index }
        heads[Int(bucket)] = index
        count += 1
    }

    /// Takes an index out; does nothing when it is not in the wheel.
    mutating func remove(_ index: Int32) {
        guard index < nodes.count, nodes[Int(index)].bucket != Self.none else { return }
        let node = nodes[Int(index)]
        if node.previous != Self.none {
            nodes[Int(node.previous)].next = node.next
        } else {
            heads[Int(node.bucket)] = node.next
        }
        if node.next != Self.none { nodes[Int(node.next)].previous = node.previous }
        nodes[Int(index)] = Node()
        count -= 1
    }

    /// Takes out and gives the indexes whose deadline has passed.
    mutating func expire(now: MonotonicInstant) -> [Int32] {
        let nowTick = now.nanoseconds / Self.tickNanoseconds
        guard nowTick > lastTick else { return [] }
        var expired: [Int32] = []
        for tick in (lastTick + 1)...min(nowTick, lastTick + Int64(Self.bucketCount)) {
            var index = heads[Int(tick % Int64(Self.bucketCount))]
            while index != Self.none {
                let next = nodes[Int(index)].next
                if nodes[Int(index)].dueTick <= nowTick {
                    remove(index)
                    expired.append(index)
                }
                index = next
            }
        }
        lastTick = nowTick
        return expired
    }

    /// When to look next: the first bucket that holds anything, which may be for a later round.
    var nextLook: MonotonicInstant? {
        guard count > 0 else { return nil }
        for tick in (lastTick + 1)...(lastTick + Int64(Self.bucketCount))
        where heads[Int(tick % Int64(Self.bucketCount))] != Self.none {
            return MonotonicInstant(nanoseconds: tick * Self.tickNanoseconds)
        }
        preconditionFailure("a wheel with \(count) entries has a filled bucket")
    }
}

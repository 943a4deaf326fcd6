/// A division of all code points into classes, such that no set of a pattern tells two of one class apart.
///
/// Text is then read as a sequence of class numbers: one look into a table for ASCII, a binary search beyond.
struct CodePointClasses: Sendable {
    /// The classes of 0...127.
    private let ascii: [UInt16]
    /// Where each interval begins, ascending from 0, and the class of each.
    private let starts: [UInt32]
    private let classes: [UInt16]
    let count: Int

    /// - Precondition: the sets have at most 65,535 classes, which a pattern's size ensures.
    init(separating sets: [CodePointSet]) {
        var bounds: Set<UInt32> = [0]
        for range in sets.lazy.flatMap(\.ranges) {
            bounds.insert(range.lowerBound)
            if range.upperBound < CodePointSet.greatest { bounds.insert(range.upperBound + 1) }
        }
        let starts = bounds.sorted()
        var position: [UInt32: Int] = [:]
        for (index, start) in starts.enumerated() { position[start] = index }
        // Each set splits every class that lies on both sides of it: its intervals get the new number of their old one.
        var classes = [Int](repeating: 0, count: starts.count)
        var next = 1
        for set in sets {
            var renumbered: [Int: Int] = [:]
            for range in set.ranges {
                var index = position[range.lowerBound] ?? 0
                while index < starts.count, starts[index] <= range.upperBound {
                    if renumbered[classes[index]] == nil {
                        renumbered[classes[index]] = next
                        next += 1
                    }
                    classes[index] = renumbered[classes[index]] ?? 0
                    index += 1
                }
            }
        }
        var compact: [Int: UInt16] = [:]
        for number in classes where compact[number] == nil { compact[number] = UInt16(compact.count) }
        self.starts = starts
        self.classes = classes.map { compact[$0] ?? 0 }
        count = compact.count
        var ascii: [UInt16] = []
        var index = 0
        for scalar in 0..<UInt32(128) {
            while index + 1 < starts.count, starts[index + 1] <= scalar { index += 1 }
            ascii.append(self.classes[index])
        }
        self.ascii = ascii
    }

    /// The class of a code point.
    @inline(__always)
    func index(of scalar: UInt32) -> Int {
        scalar < 128 ? Int(ascii[Int(scalar)]) : Int(classes[interval(of: scalar)])
    }

    private func interval(of scalar: UInt32) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= scalar { low = middle } else { high = middle }
        }
        return low
    }

    /// The classes that make up one of the sets.
    func members(of set: CodePointSet) -> Set<Int> {
        var members: Set<Int> = []
        for range in set.ranges {
            var index = interval(of: range.lowerBound)
            while index < starts.count, starts[index] <= range.upperBound {
                members.insert(Int(classes[index]))
                index += 1
            }
        }
        return members
    }

    /// What a code point of each class is to an assertion; exact when the sets told these apart.
    var neighbours: [PatternNeighbour] {
        var neighbours = [PatternNeighbour](repeating: .other, count: count)
        for (start, number) in zip(starts, classes) { neighbours[Int(number)] = PatternNeighbour(start) }
        return neighbours
    }
}

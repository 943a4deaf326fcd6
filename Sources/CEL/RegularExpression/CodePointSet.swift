/// A set of Unicode code points, as sorted ranges that neither overlap nor touch.
struct CodePointSet: Hashable, Sendable {
    static let greatest: UInt32 = 0x10FFFF
    static let all = CodePointSet([0...greatest])
    static let newline = CodePointSet([0x0A...0x0A])
    /// What `\w` and the word boundaries take as letters of a word: ASCII only, as RE2 has it.
    static let word = CodePointSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])

    let ranges: [ClosedRange<UInt32>]

    /// The union of ranges in any order.
    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound || range.lowerBound == last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    init(_ scalar: UInt32) { ranges = [scalar...scalar] }

    var isEmpty: Bool { ranges.isEmpty }

    /// The code points that are not in this set.
    var inverted: CodePointSet {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= Self.greatest { gaps.append(next...Self.greatest) }
        return CodePointSet(gaps)
    }

    func contains(_ scalar: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= scalar
    }

    /// This set with every other case of its letters.
    var foldingCase: CodePointSet {
        if let only = ranges.first, ranges.count == 1, only.count == 1 {
            let others = CaseFolding.others[only.lowerBound] ?? []
            return others.isEmpty ? self : CodePointSet(ranges + others.map { $0...$0 })
        }
        if self == .all { return self }
        var added: [ClosedRange<UInt32>] = []
        for (scalar, others) in CaseFolding.sorted where contains(scalar) {
            added += others.map { $0...$0 }
        }
        return CodePointSet(ranges + added)
    }
}

/// Finds what somebody probably meant.
package enum NearestName {
    /// The closest of `names`; nil where none is close enough to be worth a suggestion.
    ///
    /// Close is an edit distance (insert, delete, replace, swap neighbours) of at most a third of the length.
    package static func find(_ name: String, in names: [String]) -> String? {
        // No known name is longer than this; the cost of the table is bounded.
        guard name.utf8.count <= 128 else { return nil }
        let wanted = Array(normalized(name))
        var best: (name: String, distance: Int)?
        for candidate in names {
            let letters = Array(normalized(candidate))
            let distance = editDistance(wanted, letters)
            guard distance <= max(1, max(wanted.count, letters.count) / 3) else { continue }
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// `keyFile` and `key-file` are as near to `key_file` as can be.
    private static func normalized(_ name: String) -> [UInt8] {
        name.lowercased().utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ".") }
    }

    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let replaced = previous[column] + (letter == other ? 0 : 1)
                var cost = min(replaced, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}

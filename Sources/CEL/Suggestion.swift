/// Finds the known word that a misspelt one was meant to be.
enum Suggestion {
    /// The word with the fewest edits to the given one, or nil when none is near: one edit for three letters of it.
    static func closest(to word: String, among known: some Sequence<String>) -> String? {
        let letters = Array(word.utf8.prefix(64))
        let near = known.map { (word: $0, distance: distance(letters, Array($0.utf8.prefix(64)))) }
            .filter { $0.distance <= max(1, letters.count / 3) }
        return near.min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
    }

    /// Insertions, removals and replacements that turn one word into the other (Levenshtein); case costs nothing.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let isSame = letter | 0x20 == other | 0x20
                let replaced = diagonal + (isSame ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}

/// Which letters differ only in case: the orbits of Unicode's simple case folding.
enum CaseFolding {
    /// The other letters that fold to the same one, for every letter that has any.
    static let others: [UInt32: [UInt32]] = {
        var orbits: [UInt32: [UInt32]] = [:]
        for value in 0...lastCased {
            guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenCaseMapped else { continue }
            orbits[folded(scalar), default: []].append(value)
        }
        var others: [UInt32: [UInt32]] = [:]
        for orbit in orbits.values where orbit.count > 1 {
            for letter in orbit { others[letter] = orbit.filter { $0 != letter } }
        }
        return others
    }()

    /// The same in the order of the letters.
    static let sorted: [(scalar: UInt32, others: [UInt32])] =
        others.map { (scalar: $0.key, others: $0.value) }.sorted { $0.scalar < $1.scalar }

    /// No letter beyond Adlam's small ones (Unicode 16, UnicodeData.txt) has a case.
    private static let lastCased: UInt32 = 0x1E943

    /// The small letter of a letter's capital, where both mappings are to one letter.
    ///
    /// That is CaseFolding.txt's simple folding but for the dotless i, whose capital is the I of other languages.
    private static func folded(_ scalar: Unicode.Scalar) -> UInt32 {
        if scalar.value == 0x131 { return scalar.value }
        let upper = single(scalar.properties.uppercaseMapping) ?? scalar
        return (single(upper.properties.lowercaseMapping) ?? upper).value
    }

    private static func single(_ mapping: String) -> Unicode.Scalar? {
        mapping.unicodeScalars.count == 1 ? mapping.unicodeScalars.first : nil
    }
}

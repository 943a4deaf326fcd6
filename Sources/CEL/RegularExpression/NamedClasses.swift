/// The character classes that a pattern may name: Perl's `\d`, POSIX's `[:alpha:]`, Unicode's `\p{Lu}` and `\p{Greek}`.
enum NamedClasses {
    /// `\d`, `\s` and `\w`; their capitals are the complements.
    static func perl(_ letter: Unicode.Scalar) -> CodePointSet? {
        switch letter {
        case "d": CodePointSet([0x30...0x39])
        // Without the vertical tab, unlike [:space:].
        case "s": CodePointSet([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
        case "w": .word
        case "D", "S", "W": Unicode.Scalar(letter.value | 0x20).flatMap(perl)?.inverted
        default: nil
        }
    }

    /// The name between `[:` and `:]`, without a `^`.
    static func posix(_ name: String) -> CodePointSet? {
        switch name {
        case "alnum": CodePointSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A])
        case "alpha": CodePointSet([0x41...0x5A, 0x61...0x7A])
        case "ascii": CodePointSet([0x00...0x7F])
        case "blank": CodePointSet([0x09...0x09, 0x20...0x20])
        case "cntrl": CodePointSet([0x00...0x1F, 0x7F...0x7F])
        case "digit": CodePointSet([0x30...0x39])
        case "graph": CodePointSet([0x21...0x7E])
        case "lower": CodePointSet([0x61...0x7A])
        case "print": CodePointSet([0x20...0x7E])
        case "punct": CodePointSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
        case "space": CodePointSet([0x09...0x0D, 0x20...0x20])
        case "upper": CodePointSet([0x41...0x5A])
        case "word": .word
        case "xdigit": CodePointSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
        default: nil
        }
    }

    /// A general category (`Lu`), a group of them (`L`), `Any`, or a script (`Greek`).
    static func unicode(_ name: String) -> CodePointSet? {
        name == "Any" ? .all : categories[name] ?? UnicodeScripts.set(named: name)
    }

    /// Every assigned category and group by its name.
    private static let categories: [String: CodePointSet] = {
        var ranges: [String: [ClosedRange<UInt32>]] = [:]
        var current = ""
        var start: UInt32 = 0
        func finish(before next: UInt32) {
            guard !current.isEmpty else { return }
            ranges[current, default: []].append(start...next - 1)
            ranges[String(current.prefix(1)), default: []].append(start...next - 1)
        }
        for value in 0...CodePointSet.greatest {
            let name = Unicode.Scalar(value).map { abbreviation($0.properties.generalCategory) } ?? "Cs"
            guard name != current else { continue }
            finish(before: value)
            (current, start) = (name, value)
        }
        finish(before: CodePointSet.greatest + 1)
        return ranges.mapValues { CodePointSet($0) }
    }()

    /// The two letters of a category; none for what is not assigned, which RE2 has no name for.
    private static func abbreviation(_ category: Unicode.GeneralCategory) -> String {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: ""
        @unknown default: ""
        }
    }
}

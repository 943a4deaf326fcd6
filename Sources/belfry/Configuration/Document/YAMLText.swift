/// Why a file is no text that may be given to the YAML parser.
struct YAMLTextError: Error {
    /// From 1; 0 where the file as a whole is meant.
    var line = 0
    /// From 1; 0 where only the line is known.
    var column = 0
    let message: String
    var allowed: String?
}

/// What is checked before the YAML parser sees a file: size, encoding, characters, and structures it would be slow on.
enum YAMLText {
    /// The text without its byte order mark.
    static func check(_ octets: [UInt8], octetsMax: Int) throws(YAMLTextError) -> String {
        guard octets.count <= octetsMax else {
            throw YAMLTextError(message: "the file is too large", allowed: "at most \(octetsMax) bytes")
        }
        if octets.starts(with: [0xFF, 0xFE]) || octets.starts(with: [0xFE, 0xFF]) {
            throw YAMLTextError(line: 1, message: "the file is UTF-16", allowed: "UTF-8")
        }
        guard let text = String(validating: octets, as: UTF8.self) else {
            let line = firstInvalidLine(octets)
            throw YAMLTextError(line: line, message: "not valid UTF-8: is this a text file?", allowed: "UTF-8")
        }
        try checkCharacters(text)
        try checkAliases(octets)
        guard text.unicodeScalars.first == "\u{FEFF}" else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.dropFirst()))
    }

    private static func firstInvalidLine(_ octets: [UInt8]) -> Int {
        var decoder = UTF8()
        var iterator = octets.makeIterator()
        var line = 1
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            if scalar == "\n" { line += 1 }
        }
        return line
    }

    /// YAML 1.2 section 5.1 allows no control characters but tab and line breaks.
    private static func checkCharacters(_ text: String) throws(YAMLTextError) {
        var line = 1
        var column = 0
        for scalar in text.unicodeScalars {
            column += 1
            switch scalar.value {
            case 0x0A:
                line += 1
                column = 0
            case 0x09, 0x0D, 0x20..<0x7F, 0x85:
                continue
            case 0..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF:
                let name = "U+" + String(scalar.value, radix: 16, uppercase: true)
                throw YAMLTextError(
                    line: line,
                    column: column,
                    message: "control character \(name): is this a text file?"
                )
            default:
                continue
            }
        }
    }

    /// Keeps alias bombs from the parser.
    ///
    /// Aliases are refused later, at their place. But to find duplicate keys the parser hashes every key in full,
    /// and a key made of aliases of aliases can stand for more nodes than there is memory. It takes dozens of
    /// aliases to get there, so a file is refused here when more than 16 words look like aliases and a key may be a
    /// collection or an alias.
    private static func checkAliases(_ octets: [UInt8]) throws(YAMLTextError) {
        var line = 1
        var firstAnchorLine = 0
        var aliasCount = 0
        var mayHaveComplexKey = false
        var previous = UInt8(ascii: "\n")
        for (index, octet) in octets.enumerated() {
            let next = index + 1 < octets.count ? octets[index + 1] : UInt8(ascii: "\n")
            if octet == UInt8(ascii: "\n") { line += 1 }
            let beginsWord = " \t\n\r[]{},:?-".utf8.contains(previous)
            if beginsWord, isAnchorCharacter(next) {
                if octet == UInt8(ascii: "*") { aliasCount += 1 }
                if octet == UInt8(ascii: "&"), firstAnchorLine == 0 { firstAnchorLine = line }
            }
            if octet == UInt8(ascii: "?"), beginsWord { mayHaveComplexKey = true }
            if octet == UInt8(ascii: ":"), "]} \t".utf8.contains(previous) { mayHaveComplexKey = true }
            previous = octet
        }
        if aliasCount > 16, firstAnchorLine > 0, mayHaveComplexKey {
            throw YAMLTextError(
                line: firstAnchorLine,
                message: "YAML anchors and aliases (&name, *name) are not supported: write the values out"
            )
        }
    }

    private static func isAnchorCharacter(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default:
            octet >= 0x80
        }
    }
}

/// The lines of a text, split where YAML splits them.
struct SourceLines {
    private let lines: [Substring.UnicodeScalarView]

    init(_ text: String) {
        // "\r\n" must count once: splitting at "\n" leaves the "\r" at the end of a line, where it does no harm.
        lines = text.unicodeScalars.split(omittingEmptySubsequences: false) {
            $0 == "\n" || $0 == "\u{85}" || $0 == "\u{2028}" || $0 == "\u{2029}"
        }
    }

    /// The scalar at a place; nil behind the end.
    ///
    /// Line and column from 1.
    func scalar(line: Int, column: Int) -> Unicode.Scalar? {
        guard lines.indices.contains(line - 1) else { return nil }
        return lines[line - 1].dropFirst(column - 1).first
    }

    /// The leading spaces of the first line from `line` (from 1) on that holds more than spaces; 0 where there is none.
    func indentation(fromLine line: Int) -> Int {
        for candidate in lines.dropFirst(line - 1) {
            let count = candidate.prefix { $0 == " " }.count
            if candidate.dropFirst(count).contains(where: { $0 != "\r" }) { return count }
        }
        return 0
    }

    /// The first line (from 1) behind `line` that has `key:` at `column`; nil where there is none.
    func line(ofKey key: String, after line: Int, column: Int) -> Int? {
        for index in lines.indices.dropFirst(line) {
            let rest = String(String.UnicodeScalarView(lines[index].dropFirst(column - 1)))
            let before = lines[index].prefix(column - 1).allSatisfy { $0 == " " || $0 == "-" }
            if before, ["\(key):", "\"\(key)\":", "'\(key)':"].contains(where: { rest.hasPrefix($0) }) {
                return index + 1
            }
        }
        return nil
    }
}

import PushCore

/// A value of a configuration or rules document, with its place: what is left of YAML once it is parsed.
///
/// Environment variables become the same values, so that one reader serves both.
struct DocumentNode: Sendable {
    enum Content: Sendable {
        case scalar(DocumentScalar)
        case list([DocumentNode])
        case map([DocumentEntry])
    }

    var content: Content
    /// A scalar: its first character (behind the quotation mark; the first line of a block).
    ///
    /// Else where the collection begins.
    var place: SourcePlace

    /// True for nothing, `~` and `null`: a key with no value counts as absent.
    var isNull: Bool {
        if case .scalar(let scalar) = content { scalar.kind == .null } else { false }
    }

    /// What it is, in the words of an error message.
    var kindName: String {
        switch content {
        case .scalar(let scalar): scalar.kind.rawValue
        case .list: "a list"
        case .map: "a map"
        }
    }
}

/// A key with its value.
struct DocumentEntry: Sendable {
    let key: String
    let keyPlace: SourcePlace
    var value: DocumentNode
}

/// A single value, as text; what type it has is decided when it is read.
///
/// Types follow the core schema of YAML 1.2 (section 10.3): `yes`, `no`, `on` and `off` are text.
struct DocumentScalar: Sendable {
    enum Style: Sendable {
        /// Written bare in a file: `true` is a bool, `5` a number.
        case plain
        /// Quoted, a block, or tagged `!!str`: always text.
        case quoted
        /// From the environment, where everything is text: it may be read as any type.
        case untyped
    }

    enum Kind: String, Sendable {
        case null = "nothing"
        case bool = "a bool"
        case number = "a number"
        case text = "a text"
    }

    let text: String
    let style: Style

    var kind: Kind {
        guard style == .plain else { return .text }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "false", "False", "FALSE": return .bool
        default: return Self.isNumber(text) ? .number : .text
        }
    }

    /// Nil where the scalar is no bool.
    var bool: Bool? {
        guard style != .quoted else { return nil }
        switch text {
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        default: return nil
        }
    }

    /// Nil where the scalar is no whole number in decimal digits, or does not fit 64 bits.
    var wholeNumber: Int64? {
        guard style != .quoted else { return nil }
        return Int64(text)
    }

    /// Nil where the scalar is no finite number.
    var number: Double? {
        guard style != .quoted, Self.isNumber(text), let value = Double(text), value.isFinite else { return nil }
        return value
    }

    private static func isNumber(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64 else { return false }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard
            digits.contains(first) || first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
                || first == UInt8(ascii: ".")
        else { return false }
        // `Double` also takes "+inf", "-nan" and hexadecimal floats, which the core schema does not know.
        let isDecimal = text.utf8.allSatisfy { digits.contains($0) || "+-.eE".utf8.contains($0) }
        if isDecimal { return Double(text) != nil }
        if text.hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16) != nil }
        if text.hasPrefix("0o") { return UInt64(text.dropFirst(2), radix: 8) != nil }
        return false
    }
}

/// The problems found so far.
///
/// One object per load; used by one thread.
final class ProblemLog {
    private(set) var problems: [Problem] = []

    var hasErrors: Bool { problems.contains { $0.severity == .error } }

    func add(_ problem: Problem) {
        problems.append(problem)
    }
}

/// Makes what somebody wrote fit for one line of a terminal: control characters escaped, at most 80 characters.
func displayed(_ text: String) -> String {
    var shown = ""
    var count = 0
    for scalar in text.unicodeScalars {
        count += 1
        if count > 80 { return shown + "…" }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
            shown += "\\u{\(String(scalar.value, radix: 16))}"
        default:
            shown.unicodeScalars.append(scalar)
        }
    }
    return shown
}

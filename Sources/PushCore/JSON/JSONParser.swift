/// Checks a JSON text and writes its tape.
///
/// Iterative: nesting costs a counter, never the stack.
@safe
struct JSONParser {
    struct Failure {
        let kind: JSONError.Kind
        let offset: Int
        let message: String
    }

    /// `count` octets and eight zeros behind them: a zero is in no token, so every scan ends there by itself.
    private let text: UnsafePointer<UInt8>
    private let count: Int
    private let depthMax: Int
    private var position = 0
    private var depth = 0
    private var failure: Failure?

    init(text: UnsafePointer<UInt8>, count: Int, depthMax: Int) {
        unsafe self.text = text
        self.count = count
        self.depthMax = depthMax
    }

    /// Writes the tape of the whole text.
    ///
    /// - Returns: What is wrong with the text; nil where nothing is.
    mutating func parse(into tape: inout JSONTape) -> Failure? {
        // Index of the innermost open array or object. It keeps the index of the one around it in `next`.
        var open = 0
        while true {
            skipSpace()
            let opened = value(&tape, &open)
            if failure != nil { return failure }
            if opened { continue }
            while true {
                if depth == 0 { return endOfText() }
                tape[open].info &+= 1 << 4
                let inObject = tape[open].kind == .object
                skipSpace()
                let octet = peek()
                if octet == UInt8(ascii: ",") {
                    position += 1
                    skipSpace()
                    if inObject, !name(&tape, expected: "a member name in quotation marks") { return failure }
                    break
                }
                guard octet == (inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    _ = unexpected(inObject ? "',' or '}'" : "',' or ']'")
                    return failure
                }
                close(&tape, &open)
            }
        }
    }

    /// Takes one value: a scalar, an empty array or object, or the beginning of another.
    ///
    /// - Returns: True where an array or object was opened, and its first value comes next.
    @inline(__always)
    private mutating func value(_ tape: inout JSONTape, _ open: inout Int) -> Bool {
        switch peek() {
        case UInt8(ascii: "\""):
            string(&tape)
            return false
        case UInt8(ascii: "{"):
            guard enter(.object, &tape, &open) else { return false }
            skipSpace()
            if peek() == UInt8(ascii: "}") {
                close(&tape, &open)
                return false
            }
            return name(&tape, expected: "a member name in quotation marks or '}'")
        case UInt8(ascii: "["):
            guard enter(.array, &tape, &open) else { return false }
            skipSpace()
            if peek() == UInt8(ascii: "]") {
                close(&tape, &open)
                return false
            }
            return true
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            number(&tape)
        case UInt8(ascii: "t"):
            literal("true", .yes, &tape)
        case UInt8(ascii: "f"):
            literal("false", .no, &tape)
        case UInt8(ascii: "n"):
            literal("null", .null, &tape)
        default:
            _ = unexpected("a value")
        }
        return false
    }

    @inline(__always)
    private mutating func enter(_ kind: JSONTapeEntry.Kind, _ tape: inout JSONTape, _ open: inout Int) -> Bool {
        depth += 1
        guard depth <= depthMax else {
            failure = Failure(
                kind: .tooDeep,
                offset: position,
                message: "arrays and objects nested deeper than \(depthMax) levels at offset \(position)"
            )
            return false
        }
        tape.append(JSONTapeEntry(kind, start: position, end: 0, next: open))
        open = tape.count - 1
        position += 1
        return true
    }

    @inline(__always)
    private mutating func close(_ tape: inout JSONTape, _ open: inout Int) {
        position += 1
        depth -= 1
        let outer = Int(tape[open].next)
        tape[open].end = UInt32(truncatingIfNeeded: position)
        tape[open].next = UInt32(truncatingIfNeeded: tape.count)
        open = outer
    }

    /// Takes the name of a member and its colon.
    @inline(__always)
    private mutating func name(_ tape: inout JSONTape, expected: StaticString) -> Bool {
        guard peek() == UInt8(ascii: "\"") else { return unexpected(expected) }
        string(&tape)
        if failure != nil { return false }
        skipSpace()
        guard peek() == UInt8(ascii: ":") else { return unexpected("':'") }
        position += 1
        return true
    }

    private mutating func endOfText() -> Failure? {
        skipSpace()
        if position < count { _ = unexpected("the end of the text") }
        return failure
    }

    // MARK: Tokens

    @inline(__always)
    private mutating func string(_ tape: inout JSONTape) {
        position += 1
        let start = position
        var kind = JSONTapeEntry.Kind.string
        while true {
            // SAFETY: `position` is at most `count`, and eight octets of padding follow.
            let word = unsafe UInt64(
                littleEndian: UnsafeRawPointer(text).loadUnaligned(fromByteOffset: position, as: UInt64.self)
            )
            let stops = ByteScanning.stringStops(word)
            if stops == 0 {
                position += 8
                continue
            }
            position += stops.trailingZeroBitCount >> 3
            let octet = peek()
            if octet == UInt8(ascii: "\"") {
                tape.append(JSONTapeEntry(kind, start: start, end: position, next: tape.count + 1))
                position += 1
                return
            }
            if octet == UInt8(ascii: "\\") {
                kind = .escapedString
                guard escape() else { return }
            } else if octet < 0x80 {
                controlCharacter()
                return
            } else {
                guard beyondASCII() else { return }
            }
        }
    }

    /// Takes all octets above 0x7F that follow one another.
    private mutating func beyondASCII() -> Bool {
        while peek() >= 0x80 {
            // SAFETY: `position` is below `count`: the padding is zeros.
            let length = unsafe ByteScanning.sequenceLength(text, position, count)
            if length == 0 {
                failure = Failure(kind: .encoding, offset: position, message: "invalid UTF-8 at offset \(position)")
                return false
            }
            position += length
        }
        return true
    }

    private mutating func escape() -> Bool {
        let start = position
        position += 1
        switch peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
            return true
        case UInt8(ascii: "u"):
            position += 1
            guard let unit = hexadecimal() else { return false }
            switch unit {
            case 0xD800...0xDBFF:
                // SAFETY: one octet behind a position that is at most `count` is still padding.
                guard peek() == UInt8(ascii: "\\"), unsafe text[position + 1] == UInt8(ascii: "u") else {
                    return loneSurrogate(start)
                }
                position += 2
                guard let low = hexadecimal() else { return false }
                return (0xDC00...0xDFFF).contains(low) ? true : loneSurrogate(start)
            case 0xDC00...0xDFFF:
                return loneSurrogate(start)
            default:
                return true
            }
        default:
            return unexpected("one of \"\\/bfnrtu after a backslash")
        }
    }

    private mutating func hexadecimal() -> UInt16? {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = ByteScanning.hexadecimalValue(peek()) else {
                _ = unexpected("four hexadecimal digits after \\u")
                return nil
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    @inline(__always)
    private mutating func number(_ tape: inout JSONTape) {
        let start = position
        var kind = JSONTapeEntry.Kind.integer
        if peek() == UInt8(ascii: "-") { position += 1 }
        if peek() == UInt8(ascii: "0") {
            position += 1
            if isDigit(peek()) {
                failure = Failure(
                    kind: .syntax,
                    offset: position,
                    message: "a number with a leading zero at offset \(start)"
                )
                return
            }
        } else {
            guard digits() else { return }
        }
        if peek() == UInt8(ascii: ".") {
            kind = .decimal
            position += 1
            guard digits() else { return }
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            kind = .decimal
            position += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            guard digits() else { return }
        }
        tape.append(JSONTapeEntry(kind, start: start, end: position, next: tape.count + 1))
    }

    /// Takes one digit at least.
    @inline(__always)
    private mutating func digits() -> Bool {
        guard isDigit(peek()) else { return unexpected("a digit") }
        repeat { position += 1 } while isDigit(peek())
        return true
    }

    @inline(__always)
    private mutating func literal(_ word: StaticString, _ kind: JSONTapeEntry.Kind, _ tape: inout JSONTape) {
        let start = position
        for index in 0..<word.utf8CodeUnitCount {
            // SAFETY: `index` is inside the word.
            guard unsafe peek() == word.utf8Start[index] else {
                _ = unexpected("true, false or null")
                return
            }
            position += 1
        }
        tape.append(JSONTapeEntry(kind, start: start, end: position, next: tape.count + 1))
    }

    @inline(__always)
    private mutating func skipSpace() {
        while true {
            switch peek() {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    @inline(__always)
    private func peek() -> UInt8 {
        // SAFETY: no token contains a zero, so `position` never passes the first octet of the padding at `count`.
        unsafe text[position]
    }

    @inline(__always)
    private func isDigit(_ octet: UInt8) -> Bool { octet &- UInt8(ascii: "0") < 10 }

    // MARK: Failures

    @inline(never)
    private mutating func unexpected(_ expected: StaticString) -> Bool {
        let found: String
        let octet = peek()
        if position >= count {
            found = "unexpected end of the text"
        } else if octet >= 0x21, octet < 0x7F {
            found = "unexpected character '\(Character(Unicode.Scalar(octet)))'"
        } else {
            found = "unexpected byte 0x" + String(octet, radix: 16, uppercase: true)
        }
        failure = Failure(
            kind: .syntax,
            offset: position,
            message: "\(found) at offset \(position), expected \(expected)"
        )
        return false
    }

    @inline(never)
    private mutating func controlCharacter() {
        let message =
            position >= count
            ? "unexpected end of the text at offset \(position), expected '\"'"
            : "control character 0x\(String(peek(), radix: 16, uppercase: true)) in a string at offset \(position), "
                + "expected its escape"
        failure = Failure(kind: .syntax, offset: position, message: message)
    }

    @inline(never)
    private mutating func loneSurrogate(_ offset: Int) -> Bool {
        failure = Failure(
            kind: .encoding,
            offset: offset,
            message: "an escaped surrogate without its pair at offset \(offset)"
        )
        return false
    }
}

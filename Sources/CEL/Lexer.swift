/// Cuts an expression into tokens, after the lexis of the CEL specification (langdef, "Syntax").
struct Lexer {
    private let bytes: [UInt8]
    private var offset = 0

    /// The symbols by their first byte, longer ones first.
    private static let symbols = Dictionary(grouping: Symbol.allCases) { $0.rawValue.utf8.first ?? 0 }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// All tokens, the last of which is `.end`.
    static func tokens(of bytes: [UInt8]) throws(SyntaxProblem) -> [Token] {
        var lexer = Lexer(bytes)
        var tokens: [Token] = []
        repeat { tokens.append(try lexer.next()) } while !tokens[tokens.count - 1].isEnd
        return tokens
    }

    private mutating func next() throws(SyntaxProblem) -> Token {
        skipBlanksAndComments()
        let start = offset
        let kind = try kind()
        return Token(kind: kind, offset: start, end: offset)
    }

    private mutating func kind() throws(SyntaxProblem) -> Token.Kind {
        guard let byte = peek() else { return .end }
        if let literal = try quoted() { return literal }
        if byte.isNameStart { return .identifier(name()) }
        if byte.isDigit || (byte == UInt8(ascii: ".") && peek(1)?.isDigit == true) { return try number() }
        if byte == UInt8(ascii: "`") { return .quotedIdentifier(try quotedName()) }
        for symbol in Self.symbols[byte] ?? [] where bytes[offset...].starts(with: symbol.rawValue.utf8) {
            offset += symbol.rawValue.utf8.count
            return .symbol(symbol)
        }
        throw unexpectedCharacter(byte)
    }

    private func unexpectedCharacter(_ byte: UInt8) -> SyntaxProblem {
        let text = String(decoding: bytes[offset...].prefix(4), as: UTF8.self)
        let character = text.unicodeScalars.first.map { String($0) } ?? ""
        let suggestion: String? =
            switch byte {
            case UInt8(ascii: "="): "equality is written '=='"
            case UInt8(ascii: "&"): "'and' is written '&&'"
            case UInt8(ascii: "|"): "'or' is written '||'"
            default: nil
            }
        return SyntaxProblem(offset: offset, message: "unexpected character '\(character)'", suggestion: suggestion)
    }

    private func peek(_ ahead: Int = 0) -> UInt8? {
        offset + ahead < bytes.count ? bytes[offset + ahead] : nil
    }

    private mutating func skipBlanksAndComments() {
        while let byte = peek() {
            if byte.isBlank {
                offset += 1
            } else if byte == UInt8(ascii: "/") && peek(1) == UInt8(ascii: "/") {
                while let byte = peek(), byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r") { offset += 1 }
            } else {
                return
            }
        }
    }

    private mutating func name() -> String {
        let start = offset
        while peek()?.isNamePart == true { offset += 1 }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func quotedName() throws(SyntaxProblem) -> String {
        let start = offset
        offset += 1
        while peek()?.isQuotedNamePart == true { offset += 1 }
        guard peek() == UInt8(ascii: "`"), offset > start + 1 else {
            throw SyntaxProblem(
                offset: start,
                message:
                    "a name in back quotes has letters, digits, '_', '.', '-', '/' or spaces and ends in a back quote"
            )
        }
        offset += 1
        return String(decoding: bytes[start + 1..<offset - 1], as: UTF8.self)
    }

    private mutating func number() throws(SyntaxProblem) -> Token.Kind {
        let start = offset
        if peek() == UInt8(ascii: "0"), peek(1) == UInt8(ascii: "x"), peek(2)?.isHexDigit == true {
            offset += 2
            while peek()?.isHexDigit == true { offset += 1 }
            return try integer(digits: start + 2..<offset, radix: 16, from: start)
        }
        while peek()?.isDigit == true { offset += 1 }
        var isDouble = false
        if peek() == UInt8(ascii: "."), peek(1)?.isDigit == true {
            isDouble = true
            offset += 1
            while peek()?.isDigit == true { offset += 1 }
        }
        if skipExponent() { isDouble = true }
        guard isDouble else { return try integer(digits: start..<offset, radix: 10, from: start) }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard let value = Double(text.hasPrefix(".") ? "0" + text : text), value.isFinite else {
            throw SyntaxProblem(offset: start, message: "number out of range for double")
        }
        return .double(value)
    }

    private mutating func skipExponent() -> Bool {
        guard peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") else { return false }
        let hasSign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
        guard peek(hasSign ? 2 : 1)?.isDigit == true else { return false }
        offset += hasSign ? 2 : 1
        while peek()?.isDigit == true { offset += 1 }
        return true
    }

    private mutating func integer(
        digits: Range<Int>,
        radix: Int,
        from start: Int
    ) throws(SyntaxProblem) -> Token.Kind {
        let isUnsigned = peek() == UInt8(ascii: "u") || peek() == UInt8(ascii: "U")
        if isUnsigned { offset += 1 }
        let text = String(decoding: bytes[digits], as: UTF8.self)
        // One more than the greatest int is let through: with a minus before it, it is the least.
        guard let value = UInt64(text, radix: radix), isUnsigned || value <= UInt64(1) << 63 else {
            throw SyntaxProblem(offset: start, message: "number out of range for \(isUnsigned ? "uint" : "int")")
        }
        return isUnsigned ? .uint(value) : .int(value)
    }
}

extension Lexer {
    /// A string or bytes literal with its prefix, or nil when none begins here.
    private mutating func quoted() throws(SyntaxProblem) -> Token.Kind? {
        let start = offset
        var ahead = 0
        var isBytes = false
        var isRaw = false
        if peek() == UInt8(ascii: "b") || peek() == UInt8(ascii: "B") {
            isBytes = true
            ahead = 1
        }
        if peek(ahead) == UInt8(ascii: "r") || peek(ahead) == UInt8(ascii: "R") {
            isRaw = true
            ahead += 1
        }
        guard let quote = peek(ahead), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        offset += ahead
        let body = try quotedBody(quote: quote, startedAt: start, escape: isRaw ? nil : UInt8(ascii: "\\"))
        var decoder = LiteralDecoder(bytes: bytes, range: body, unit: isBytes ? .octets : .codePoints)
        let decoded = isRaw ? Array(bytes[body]) : try decoder.decode()
        return isBytes ? .bytes(decoded) : .string(String(decoding: decoded, as: UTF8.self))
    }

    /// The range between the quotes; leaves the offset after them.
    ///
    /// The byte after an escape byte does not end the text.
    private mutating func quotedBody(
        quote: UInt8,
        startedAt start: Int,
        escape: UInt8?
    ) throws(SyntaxProblem) -> Range<Int> {
        let isTriple = peek(1) == quote && peek(2) == quote
        let quotes = isTriple ? 3 : 1
        offset += quotes
        let bodyStart = offset
        while let byte = peek() {
            if byte == quote && (!isTriple || (peek(1) == quote && peek(2) == quote)) {
                let body = bodyStart..<offset
                offset += quotes
                return body
            }
            if !isTriple && (byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")) { break }
            offset += byte == escape && peek(1) != nil ? 2 : 1
        }
        throw SyntaxProblem(offset: start, message: "this \(isTriple ? "triple-quoted " : "")string does not end")
    }
}

extension Token {
    fileprivate var isEnd: Bool {
        if case .end = kind { return true }
        return false
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D || self == 0x0C }
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    fileprivate var isHexDigit: Bool { hexDigitValue != nil }
    fileprivate var isNameStart: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
            || self == UInt8(ascii: "_")
    }
    fileprivate var isNamePart: Bool { isNameStart || isDigit }
    fileprivate var isQuotedNamePart: Bool {
        isNamePart || self == UInt8(ascii: ".") || self == UInt8(ascii: "-") || self == UInt8(ascii: "/")
            || self == 0x20
    }

    var hexDigitValue: UInt32? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(self - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(self - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(self - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}

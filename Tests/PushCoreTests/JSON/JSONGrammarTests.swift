import PushCore
import Testing

/// A text and what is to become of it.
struct GrammarCase: CustomTestStringConvertible, Sendable {
    let text: [UInt8]

    init(_ text: String) { self.text = Array(text.utf8) }

    init(bytes: [UInt8]) { self.text = bytes }

    var testDescription: String { String(decoding: text.prefix(40), as: UTF8.self) }
}

@Suite("JSON grammar, RFC 8259")
struct JSONGrammarTests {
    static let accepted: [GrammarCase] = [
        .init("null"), .init("true"), .init("false"), .init("0"), .init("-0"), .init("1"), .init("-1"), .init("10"),
        .init("1.5"), .init("-0.5"), .init("1e5"), .init("1E5"), .init("1e+5"), .init("1e-5"), .init("0e0"),
        .init("0.0"), .init("123456789012345678901234567890"), .init("1e400"), .init("1.000000000000000000000000001"),
        .init("\"\""), .init("\"a\""), .init("\"abcdefgh\""), .init("\"abcdefghi\""),
        .init("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
        .init("\"\\u0041\""), .init("\"\\u00e9\""), .init("\"\\uD83D\\uDE00\""), .init("\"\\u0000\""), .init("\"é\""),
        .init("\"日本語のテキスト\""), .init("\"😀\""), .init("\"\u{7F}\""), .init("\"\u{2028}\""), .init("\"/\""),
        .init(" 1 "), .init("\t\r\n 1"), .init("1\n"), .init("[]"), .init("[ ]"), .init("[1]"), .init("[1,2]"),
        .init("[ 1 , 2 ]"), .init("[[]]"), .init("[[],[]]"), .init("[null,true,false,0,\"\",{},[]]"), .init("{}"),
        .init("{ }"), .init("{\"a\":1}"), .init("{ \"a\" : 1 }"), .init("{\"a\":1,\"b\":2}"),
        .init("{\"a\":1,\"a\":2}"),
        .init("{\"\":0}"), .init("{\"a\":{\"b\":{\"c\":[]}}}"), .init("[{},{}]"), .init("{\"\\u0061\":1}"),
        .init("[1\n,2]"), .init("\"\u{10FFFF}\""), .init("\"\u{FFFF}\""), .init("[-1.5e-10]"),
    ]

    static let refused: [GrammarCase] = [
        .init(""), .init(" "), .init("nul"), .init("nulll"), .init("Null"), .init("True"), .init("tru"), .init("fals"),
        .init("NaN"), .init("Infinity"), .init("-Infinity"), .init("undefined"), .init("01"), .init("-01"), .init("00"),
        .init("+1"), .init(".5"), .init("1."), .init("1.e5"), .init("1e"), .init("1e+"), .init("1.5e"), .init("--1"),
        .init("-"), .init("-a"), .init("0x10"), .init("1_000"), .init("1 2"), .init("1,"), .init("\""), .init("\"a"),
        .init("'a'"), .init("\"\\\""), .init("\"\\x\""), .init("\"\\u\""), .init("\"\\u12\""), .init("\"\\u123\""),
        .init("\"\\u123g\""), .init("\"\\U0041\""), .init("\"\\uD83D\""), .init("\"\\uDE00\""), .init("\"\\uD83Dx\""),
        .init("\"\\uD83D\\n\""), .init("\"\\uD83D\\u0041\""), .init("\"\\uDE00\\uD83D\""), .init("\"\\uD83D\\uD83D\""),
        .init("\"\t\""), .init("\"\n\""), .init("\"\u{0}\""), .init("\"\u{1F}\""), .init("\"\\a\""), .init("\"a\\"),
        .init("["), .init("]"), .init("[1"), .init("[1,"), .init("[1,]"), .init("[,1]"), .init("[,]"), .init("[1 2]"),
        .init("[1}"), .init("{"), .init("}"), .init("{]"), .init("{\"a\""), .init("{\"a\":"), .init("{\"a\":1"),
        .init("{\"a\":1,"), .init("{\"a\":1,}"), .init("{\"a\",1}"), .init("{a:1}"), .init("{1:1}"), .init("{'a':1}"),
        .init("{\"a\" 1}"), .init("{\"a\":1 \"b\":2}"), .init("{,}"), .init("{\"a\"::1}"), .init("{null:1}"),
        .init("[] []"), .init("{}{}"), .init("[]]"), .init("{}}"), .init("// a\n1"), .init("1 /* a */"), .init("[1]#"),
        .init("\u{FEFF}1"), .init("\u{A0}1"), .init("\u{C}1"), .init("[\u{B}1]"), .init("*"), .init("1\u{0}"),
        .init("\u{0}"), .init("[\u{0}]"), .init("tr\u{0}e"),
    ]

    /// Octets that are not UTF-8, each inside quotation marks.
    static let foreign: [GrammarCase] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
        [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
        [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE],
        [0xFF],
        [0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0xFF],
    ].map { GrammarCase(bytes: [0x22] + $0 + [0x22]) }

    @Test("what the grammar allows is accepted", arguments: accepted)
    func accepts(_ text: GrammarCase) {
        #expect(JSONDocument().load(text.text) == nil)
    }

    @Test("what the grammar does not allow is refused", arguments: refused)
    func refuses(_ text: GrammarCase) {
        #expect(JSONDocument().load(text.text) != nil)
    }

    @Test("octets that are not UTF-8 are refused as such", arguments: foreign)
    func refusesForeignOctets(_ text: GrammarCase) {
        #expect(JSONDocument().load(text.text)?.kind == .encoding)
    }

    @Test("a text cut anywhere is refused, except where a whole value is left")
    func refusesTruncation() {
        let text = Array(#"{"a":[1,2.5e3,"x\u00e9\n😀",true,false,null],"b":{"c":""}}"#.utf8)
        let document = JSONDocument()
        for count in 0..<text.count {
            #expect(document.load(Array(text[..<count])) != nil, "cut at \(count)")
        }
        #expect(document.load(text) == nil)
    }

    @Test("an error says what stood where, and what belongs there")
    func messages() throws {
        let table: [(text: String, message: String, line: Int, column: Int)] = [
            (
                #"{"a": 1, "b": 2, }"#,
                "unexpected character '}' at offset 17, expected a member name in quotation marks", 1, 18
            ),
            ("{\n  \"a\": }", "unexpected character '}' at offset 9, expected a value", 2, 8),
            ("[1 2]", "unexpected character '2' at offset 3, expected ',' or ']'", 1, 4),
            ("[1", "unexpected end of the text at offset 2, expected ',' or ']'", 1, 3),
            ("\"a\nb\"", "control character 0xA in a string at offset 2, expected its escape", 1, 3),
            ("\"ab", "unexpected end of the text at offset 3, expected '\"'", 1, 4),
            ("012", "a number with a leading zero at offset 0", 1, 2),
            ("\"\\ud800\"", "an escaped surrogate without its pair at offset 1", 1, 2),
            ("{}\n\n x", "unexpected character 'x' at offset 5, expected the end of the text", 3, 2),
        ]
        for (text, message, line, column) in table {
            let error = try #require(JSONDocument().load(Array(text.utf8)))
            #expect(error.message == message)
            #expect(error.line == line && error.column == column, "\(text)")
        }
    }
}

@Suite("JSON limits")
struct JSONLimitsTests {
    @Test("nesting up to the limit is accepted, one more is refused", arguments: [1, 2, 128, 1000])
    func depth(_ limit: Int) {
        let document = JSONDocument()
        let limits = JSONLimits(depthMax: limit)
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            let inside = open == "[" ? "" : "1"
            let deepest = String(repeating: open, count: limit) + inside + String(repeating: close, count: limit)
            #expect(document.load(Array(deepest.utf8), limits: limits) == nil)
            let tooDeep = String(repeating: open, count: limit + 1)
            #expect(document.load(Array(tooDeep.utf8), limits: limits)?.kind == .tooDeep)
        }
    }

    @Test("siblings do not count as nesting")
    func siblings() {
        let text = "[" + String(repeating: "[],{},", count: 500) + "[]]"
        #expect(JSONDocument().load(Array(text.utf8), limits: JSONLimits(depthMax: 2)) == nil)
    }

    @Test(
        "a mebibyte of nesting is an error by default, and no stack is used where it is allowed",
        .timeLimit(.minutes(5))
    )
    func megabyteOfNesting() {
        let count = 1 << 20
        #expect(JSONDocument().load([UInt8](repeating: UInt8(ascii: "["), count: count))?.kind == .tooDeep)
        let whole =
            [UInt8](repeating: UInt8(ascii: "["), count: count / 2)
            + [UInt8](repeating: UInt8(ascii: "]"), count: count / 2)
        let document = JSONDocument()
        #expect(document.load(whole, limits: JSONLimits(depthMax: count)) == nil)
        #expect(document.root.count == 1)
    }

    @Test("the size limit counts octets")
    func size() {
        let limits = JSONLimits(bytesMax: 10)
        #expect(JSONDocument().load(Array(#""12345678""#.utf8), limits: limits) == nil)
        #expect(JSONDocument().load(Array(#""123456789""#.utf8), limits: limits)?.kind == .tooLarge)
    }

    @Test("after a failed load the document can be used again")
    func recovers() {
        let document = JSONDocument()
        #expect(document.load(Array("[1,".utf8)) != nil)
        #expect(document.load(Array("[7]".utf8)) == nil)
        #expect(document.root.element(0)?.intValue == 7)
    }
}

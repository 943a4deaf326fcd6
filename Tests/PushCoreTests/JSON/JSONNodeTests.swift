import PushCore
import Testing

/// A document with this text, which must be JSON.
func loaded(_ text: String, _ location: SourceLocation = #_sourceLocation) throws -> JSONDocument {
    let document = JSONDocument()
    let error = document.load(Array(text.utf8), limits: JSONLimits(bytesMax: JSONLimits.bytesCeiling))
    try #require(error == nil, sourceLocation: location)
    return document
}

@Suite("JSON values")
struct JSONNodeTests {
    @Test(
        "a value has the kind that its text has",
        arguments: [
            ("null", JSONKind.null), ("true", .boolean), ("false", .boolean), ("1", .number), ("1.5", .number),
            ("\"\"", .string), ("\"\\n\"", .string), ("[]", .array), ("{}", .object),
        ]
    )
    func kinds(_ text: String, _ kind: JSONKind) throws {
        let document = try loaded(text)
        #expect(document.root.kind == kind)
        #expect(document.root.isNull == (kind == .null))
        #expect((document.root.boolValue != nil) == (kind == .boolean))
        #expect((document.root.stringValue != nil) == (kind == .string))
        #expect((document.root.doubleValue != nil) == (kind == .number))
    }

    @Test(
        "an integer is a number without fraction and exponent in the range of Int64",
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("-42", -42), ("9223372036854775807", Int64.max),
            ("-9223372036854775808", Int64.min), ("9223372036854775808", nil), ("-9223372036854775809", nil),
            ("99999999999999999999", nil), ("1.0", nil), ("1e3", nil), ("\"1\"", nil), ("true", nil),
        ] as [(String, Int64?)]
    )
    func integers(_ text: String, _ value: Int64?) throws {
        #expect(try loaded(text).root.intValue == value)
    }

    @Test(
        "a double is the nearest to the text",
        arguments: [
            "0", "-0", "1", "0.1", "0.3", "1.7976931348623157e308", "5e-324", "2.2250738585072014e-308",
            "2.2250738585072011e-308", "9007199254740993", "9007199254740992", "9007199254740991", "1e22", "1e23",
            "123456789012345678901234567890", "3.14159265358979323846264338327950288", "0.000001", "1e-22", "1e-23",
            "1e400",
            "-1e400", "1e-400", "0e99999", "1e00000001", "8.41", "129.95", "18446744073709551617",
            "18446744073709551617e-5", "4503599627370496.5",
            "12345678901234567890.5",
            "0.00000000000000000000000000000000000000000001", "100000000000000000000000000000000000e-35",
        ]
    )
    func doubles(_ text: String) throws {
        let expected = try #require(Double(text))
        let value = try loaded(text).root.doubleValue
        if expected.isFinite {
            #expect(value?.bitPattern == expected.bitPattern)
        } else {
            #expect(value == nil)
        }
    }

    @Test(
        "a string means what its escapes say",
        arguments: [
            (#""""#, ""), (#""plain""#, "plain"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (#""\u0041""#, "A"),
            (#""\u00E9\u00e9""#, "éé"), (#""\u20ac""#, "€"), (#""\ud83d\ude00!""#, "😀!"), (#""\u0000""#, "\0"),
            (#""é€😀""#, "é€😀"), (#""é\n€""#, "é\n€"), (#""\uffff\udbff\udfff""#, "\u{FFFF}\u{10FFFF}"),
            (#""eight ch\u0061racters""#, "eight characters"),
        ]
    )
    func strings(_ text: String, _ meaning: String) throws {
        let root = try loaded(text).root
        #expect(root.stringValue.map { Array($0.unicodeScalars) } == Array(meaning.unicodeScalars))
        #expect(root.stringOctets == Array(meaning.utf8))
    }

    @Test("members are found by what their names mean, whatever their length")
    func members() throws {
        let names = ["", "a", "ab", "abcdefg", "abcdefgh", "abcdefghi", "abcdefgX", "é", "line\nbreak"]
        var writer = JSONWriter()
        writer.beginObject()
        for (position, name) in names.enumerated() {
            writer.key(name)
            writer.integer(position)
        }
        writer.endObject()
        let document = JSONDocument()
        #expect(document.load(writer.bytes) == nil)
        for (position, name) in names.enumerated() {
            #expect(document.root.member(name)?.intValue == Int64(position), "\(name)")
        }
        #expect(document.root.member("abcdefgY") == nil)
        #expect(document.root.member("b") == nil)
        #expect(document.root.member("line\\nbreak") == nil)
        #expect(document.root.members.map(\.name) == names)
    }

    @Test("a name in escapes is the same name")
    func escapedName() throws {
        #expect(try loaded(#"{"\u0061b":1}"#).root.member("ab")?.intValue == 1)
    }

    @Test("of members with one name the last counts, and all are listed")
    func repeatedMember() throws {
        let root = try loaded(#"{"a":1,"b":2,"a":{"x":3},"\u0061":4}"#).root
        #expect(root.member("a")?.intValue == 4)
        #expect(root.count == 4)
        #expect(root.members.map(\.name) == ["a", "b", "a", "a"])
    }

    @Test("elements and members skip what is nested")
    func navigation() throws {
        let root = try loaded(#"[1,[2,[3,{}],"]"],{"k":[9,8],"l":{"m":[]}},4]"#).root
        #expect(root.count == 4)
        #expect(root.elements.map(\.kind) == [.number, .array, .object, .number])
        #expect(root.element(3)?.intValue == 4)
        #expect(root.element(1)?.element(1)?.element(1)?.count == 0)
        #expect(root.element(2)?.member("k")?.elements.map(\.intValue) == [9, 8])
        #expect(root.element(2)?.member("l")?.member("m")?.kind == .array)
        #expect(root.element(4) == nil)
        #expect(root.element(-1) == nil)
    }

    @Test("what a value is not, it has not")
    func wrongKind() throws {
        let root = try loaded(#"{"s":"x","n":1,"a":[1]}"#).root
        #expect(root.element(0) == nil)
        #expect(root.intValue == nil)
        #expect(root.member("s")?.member("x") == nil)
        #expect(root.member("a")?.member("1") == nil)
        #expect(root.member("s").map { Array($0.elements).isEmpty } == true)
        #expect(root.member("n").map { Array($0.members).isEmpty } == true)
        #expect(root.member("n")?.stringValue == nil)
    }

    @Test("raw octets are the text as it stood")
    func raw() throws {
        let root = try loaded(#"{"a": [1, 2 ] , "s":"\n", "n":-1.50}"#).root
        #expect(root.member("a")?.rawText == "[1, 2 ]")
        #expect(root.member("s")?.rawText == #"\n"#)
        #expect(root.member("n")?.rawText == "-1.50")
    }

    @Test("a node of an earlier text stops the program")
    func staleNode() async {
        await #expect(processExitsWith: .failure) {
            let document = JSONDocument()
            _ = document.load(Array("[1]".utf8))
            let node = document.root
            _ = document.load(Array("[2]".utf8))
            _ = node.count
        }
    }

    @Test("a document without text has no root")
    func noRoot() async {
        await #expect(processExitsWith: .failure) {
            let document = JSONDocument()
            _ = document.load(Array("[1".utf8))
            _ = document.root
        }
    }
}

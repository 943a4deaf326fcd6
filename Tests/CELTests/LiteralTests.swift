import CEL
import Testing

struct LiteralTests {
    @Test(
        "A literal is the value that it spells",
        arguments: [
            Row("null", .null), Row("true", true), Row("false", false),
            Row("0", 0), Row("9223372036854775807", .int(.max)), Row("-9223372036854775808", .int(.min)),
            Row("0x1F", 31), Row("-0x8000000000000000", .int(.min)), Row("7u", .uint(7)), Row("0xFFU", .uint(255)),
            Row("18446744073709551615u", .uint(.max)), Row("1.5", 1.5), Row(".5", 0.5), Row("2e3", 2000.0),
            Row("-1.5e-1", -0.15), Row("'a'", "a"), Row(#""a'b""#, "a'b"), Row("'''a\n'b'''", "a\n'b"),
            Row(#"r'\n'"#, #"\n"#), Row(#"r'\'"#, #"\"#), Row(#"R"""a"b\""""#, #"a"b\"#),
            Row(#"'\x41\101\u00e9\U0001F431'"#, "AA\u{e9}\u{1F431}"),
            Row(#"'\a\b\f\n\r\t\v\\\?\'\"\`'"#, "\u{7}\u{8}\u{C}\n\r\t\u{B}\\?'\"`"),
            Row("b'a\u{e9}'", .bytes([0x61, 0xC3, 0xA9])), Row(#"b'\xff\000'"#, .bytes([0xFF, 0])),
            Row(#"br'\x'"#, .bytes([0x5C, 0x78])), Row("[1, 'a',]", [1, "a"]), Row("{}", .entries()),
            Row("{'a': 1, 2: [3],}", .entries(("a", 1), (2, [3]))),
            Row("1 // a comment\n + 2", 3),
        ]
    )
    func values(row: Row) throws { try row.check() }

    @Test(
        "What is no literal does not compile",
        arguments: [
            "9223372036854775808", "-9223372036854775809", "18446744073709551616u", "-1u", "1e400", "'a", "'a\nb'",
            "'''a''", #"'\x4'"#, #"'\400'"#, #"'\q'"#, #"'\ud800'"#, #"'\U00110000'"#, #"b'\u0041'"#, "1abc", "0x",
            "1.", "rb'a'",
        ]
    )
    func malformed(source: String) {
        #expect(throws: CompileError.self, "\(source)") { try Expression(source, environment: .unchecked) }
    }
}

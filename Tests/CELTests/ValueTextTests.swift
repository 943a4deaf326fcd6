import CEL
import Testing

/// Values as a person reads them.
struct ValueTextTests {
    @Test(
        "A value is shown as an expression would write it",
        arguments: [
            ("null", "null"), ("[1, 2u, -0.0, 1e100]", "[1, 2u, -0.0, 1e+100]"), (#"'a"\n'"#, #""a\"\n""#),
            (#"b'\xffa'"#, #"b"\xffa""#), ("{'a': [true]}", #"{"a": [true]}"#), ("0.0 / 0.0", #"double("NaN")"#),
            ("timestamp('2026-01-02T03:04:05.5Z')", #"timestamp("2026-01-02T03:04:05.5Z")"#),
            ("duration('-1h')", #"duration("-3600s")"#), ("int", "int"), ("optional.none()", "optional.none()"),
            ("optional.of('é')", #"optional.of("é")"#), (#"'\u202e\u0007'"#, #""\U0000202e\U00000007""#),
        ]
    )
    func text(source: String, wanted: String) throws {
        let value = try Expression(source, environment: Environment()).evaluate(BoundValues([]))
        #expect(value.text() == wanted)
    }

    @Test("A long value is cut, and says so")
    func cut() throws {
        #expect(Value.string(String(repeating: "a", count: 100)).text(lengthMax: 5) == #""aaaa…"#)
        #expect(Value.list(Array(repeating: .int(1), count: 100)).text(lengthMax: 7) == "[1, 1, …")
        var deep = Value.int(1)
        for _ in 0..<1_000 { deep = .list([deep]) }
        #expect(deep.text(lengthMax: 5_000).hasSuffix("[…"))
    }

    @Test("An error of an evaluation is shown with its line and a caret; of a long line, what surrounds it")
    func rendered() {
        let source = String(repeating: "1 + ", count: 100) + "x"
        let error = EvaluationError(.noSuchKey, "no", at: SourcePosition(line: 1, column: 401, offset: 400))
        let lines = CompileError.rendered(error, in: source).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0] == "1:401: no")
        #expect(lines[1].hasPrefix("  …1 + ") && lines[1].hasSuffix("+ x") && lines[1].count < 180)
        #expect(lines[2].count == lines[1].count && lines[2].hasSuffix(" ^"))
    }
}

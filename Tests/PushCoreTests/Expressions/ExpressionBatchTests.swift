import PushCore
import Testing

/// The lines of `belfry eval --batch`: the values that stand in them, and what a malformed one is answered.
struct ExpressionBatchTests {
    private static func answer(_ line: String) -> String {
        let batch = ExpressionBatch(timeZones: TimeZoneDatabase())
        return String(decoding: batch.answer(to: Array(line.utf8)), as: UTF8.self)
    }

    @Test(
        "Each kind of value is read from its form and written in it",
        arguments: [
            #"{"nullValue":null}"#, #"{"boolValue":true}"#, #"{"int64Value":"-9223372036854775808"}"#,
            #"{"uint64Value":"18446744073709551615"}"#, #"{"doubleValue":-0.0}"#, #"{"doubleValue":"NaN"}"#,
            #"{"doubleValue":"-Infinity"}"#, #"{"doubleValue":5e-324}"#, #"{"stringValue":"\u0000é"}"#,
            #"{"bytesValue":""}"#, #"{"bytesValue":"AP/+"}"#, #"{"bytesValue":"/w=="}"#,
            #"{"typeValue":"google.protobuf.Timestamp"}"#,
            #"{"listValue":{"values":[{"int64Value":"1"},{"listValue":{"values":[]}}]}}"#,
            #"{"mapValue":{"entries":[{"key":{"uint64Value":"1"},"value":{"mapValue":{"entries":[]}}}]}}"#,
            #"{"objectValue":{"@type":"type.googleapis.com/google.protobuf.Timestamp","value":"2026-01-02T03:04:05.5Z"}}"#,
            #"{"objectValue":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"-1.5s"}}"#,
        ]
    )
    func roundTrip(value: String) {
        let line = #"{"id":"a","expr":"x","bindings":{"x":"# + value + "}}"
        #expect(Self.answer(line) == #"{"id":"a","value":"# + value + "}")
    }

    @Test(
        "Other spellings of a value are read as what they mean",
        arguments: [
            (#"{"int64Value":7}"#, #"{"int64Value":"7"}"#), (#"{"uint64Value":7}"#, #"{"uint64Value":"7"}"#),
            (#"{"doubleValue":3}"#, #"{"doubleValue":3.0}"#), (#"{"doubleValue":"1e3"}"#, #"{"doubleValue":1000.0}"#),
            (#"{"bytesValue":"_w"}"#, #"{"bytesValue":"/w=="}"#),
            (#"{"listValue":{}}"#, #"{"listValue":{"values":[]}}"#),
            (#"{"enumValue":{"type":"t","value":3}}"#, #"{"int64Value":"3"}"#),
            (
                #"{"objectValue":{"@type":"type.googleapis.com/google.protobuf.Int64Value","value":"3"}}"#,
                #"{"int64Value":"3"}"#
            ),
        ]
    )
    func spellings(value: String, meant: String) {
        let line = #"{"id":1,"expr":"x","bindings":{"x":"# + value + #"},"want":[],"container":"a.b"}"#
        #expect(Self.answer(line) == #"{"id":1,"value":"# + meant + "}")
    }

    @Test(
        "What cannot be answered with a value is answered with an error and its id",
        arguments: [
            (#"{"id":"a","expr":"1 +"}"#, #""a""#, "expected a value"),
            (#"{"id":"a","expr":"1 / 0"}"#, #""a""#, "1:3: division by zero"),
            (#"{"id":"a","expr":"nope"}"#, #""a""#, "unknown name 'nope'"),
            (#"{"id":"a","expr":"optional.of(1)"}"#, #""a""#, "cannot hold"),
            (#"{"id":"a","expr":"[optional.none()]"}"#, #""a""#, "cannot hold"),
            (#"{"id":"a"}"#, #""a""#, "expr is missing"), (#"{"id":"a","expr":1}"#, #""a""#, "expr is not a string"),
            (#"{"id":"a","expr":"x","bindings":[]}"#, #""a""#, "bindings is not an object"),
            (#"{"id":"a","expr":"x","bindings":{"x":{}}}"#, #""a""#, "bindings: 'x'"),
            (#"{"id":"a","expr":"x","bindings":{"x":{"int64Value":"1.5"}}}"#, #""a""#, "int64Value"),
            (#"{"id":"a","expr":"x","bindings":{"x":{"int64Value":"9223372036854775808"}}}"#, #""a""#, "int64Value"),
            (#"{"id":"a","expr":"x","bindings":{"x":{"uint64Value":"-1"}}}"#, #""a""#, "uint64Value"),
            (#"{"id":"a","expr":"x","bindings":{"x":{"bytesValue":"*"}}}"#, #""a""#, "base64"),
            (#"{"id":"a","expr":"x","bindings":{"x":{"typeValue":"nope"}}}"#, #""a""#, "typeValue"),
            (
                #"{"id":"a","expr":"x","bindings":{"x":{"mapValue":{"entries":[{"key":{"doubleValue":1},"value":{"nullValue":null}}]}}}}"#,
                #""a""#, "keys are"
            ),
            (
                #"{"id":"a","expr":"x","bindings":{"x":{"objectValue":{"@type":"type.googleapis.com/x.Y","value":1}}}}"#,
                #""a""#, "no type that is known"
            ),
            (#"{"id":"a","expr":"x","container":1}"#, #""a""#, "container"),
            (#"{"expr":"1"}"#, "null", "id is missing"), (#"[1]"#, "null", "a JSON object"), ("x", "null", "not JSON"),
            (#"{"id":"a\"b","expr":"1"#, #""a\"b""#, "not JSON"), (#"{ "id" : 17, "expr"}"#, "17", "not JSON"),
            (#"{"id":"a"#, "null", "not JSON"),
        ]
    )
    func malformed(line: String, identifier: String, reason: String) {
        let answer = Self.answer(line)
        #expect(answer.hasPrefix(#"{"id":"# + identifier + #","error":"#), "\(answer)")
        #expect(answer.contains(reason), "\(answer)")
    }

    @Test("An overlong line is answered from its beginning")
    func overlong() {
        let answer = ExpressionBatch(timeZones: TimeZoneDatabase()).answer(toOverlong: Array(#"{"id":"a","#.utf8))
        #expect(String(decoding: answer, as: UTF8.self).hasPrefix(#"{"id":"a","error":"the line is longer than"#))
    }

    @Test(
        "Whatever octets a line has, its answer is one JSON object on one line",
        arguments: [UInt64.random(in: 0...(.max))]
    )
    func anything(seed: UInt64) throws {
        print("seed of the lines: \(seed)")
        var generator = SeededGenerator(seed: seed)
        let batch = ExpressionBatch(timeZones: TimeZoneDatabase())
        let sample = Array(#"{"id":"a","expr":"x[0] + [1]","bindings":{"x":{"listValue":{"values":[]}}}}"#.utf8)
        for _ in 0..<5_000 {
            var line = sample
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let place = Int.random(in: 0..<line.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: line[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: line.insert(UInt8.random(in: 0...255, using: &generator), at: place)
                default: line.removeSubrange(place..<min(line.count - 1, place + 3))
                }
            }
            let answer = batch.answer(to: line)
            let object = try JSONTree(text: answer).object
            #expect((object?["value"] == nil) != (object?["error"] == nil))
            #expect(!answer.contains(UInt8(ascii: "\n")))
        }
    }
}

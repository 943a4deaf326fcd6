import PushCore
import Testing

@Suite("JSON trees")
struct JSONTreeTests {
    private static func tree(_ text: String) throws -> JSONTree {
        try JSONTree(text: text.utf8)
    }

    private static func text(_ tree: JSONTree) -> String {
        String(decoding: tree.octets, as: UTF8.self)
    }

    @Test(
        "what was read is written as it was",
        arguments: [
            "null", "true", "0", "-17", "9223372036854775807", "1.5", "\"a\"", "\"\\\"\\\\\\n\"", "[]", "[1,[2],{}]",
            "{}",
            #"{"b":1,"a":{"c":[true,null]}}"#,
        ]
    )
    func roundTrip(text: String) throws {
        #expect(Self.text(try Self.tree(text)) == text)
    }

    @Test("of a repeated name the last value counts, at the place of the first")
    func repeatedNames() throws {
        #expect(Self.text(try Self.tree(#"{"a":1,"b":2,"a":3}"#)) == #"{"a":3,"b":2}"#)
        #expect(Self.text(["a": 1, "b": 2, "a": 3]) == #"{"a":3,"b":2}"#)
    }

    @Test("integers beyond Int64 are numbers, and numbers beyond Double are null")
    func extremes() throws {
        #expect(try Self.tree("9223372036854775808") == .number(9.223372036854775808e18))
        #expect(try Self.tree("1e400") == .null)
        #expect(try Self.tree("1.0") == .number(1))
    }

    @Test("a text that is not JSON is refused with the parser's words", arguments: ["", "{", "{\"a\":1,}", "nul"])
    func refusals(text: String) throws {
        #expect(throws: JSONError.self) { try Self.tree(text) }
    }

    @Test("members are set, replaced in place and removed")
    func members() {
        var object = JSONObject()
        object["a"] = 1
        object["b"] = 2
        object["a"] = "x"
        object["none"] = nil
        #expect(Self.text(.object(object)) == #"{"a":"x","b":2}"#)
        object["a"] = nil
        #expect(Self.text(.object(object)) == #"{"b":2}"#)
        #expect(object["a"] == nil && object["b"] == 2 && !object.isEmpty)
    }

    /// RFC 7396 appendix A, each of its examples.
    @Test(
        "a merge patch does what RFC 7396 says",
        arguments: [
            (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
            (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
            (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
            (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
            (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
            (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#), (#"{"a":"foo"}"#, "null", "null"),
            (#"{"a":"foo"}"#, #""bar""#, #""bar""#), (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
            ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
            ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
        ]
    )
    func mergePatch(target: String, patch: String, result: String) throws {
        #expect(Self.text(try Self.tree(target).merged(with: Self.tree(patch))) == result)
    }
}

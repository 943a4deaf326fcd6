import PushCore
import Testing

@Suite("JSON writing")
struct JSONWriterTests {
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        let isComplete = writer.isComplete
        #expect(isComplete)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test("commas and colons stand where they belong")
    func structure() {
        let written = text {
            $0.beginObject()
            $0.key("a")
            $0.beginArray()
            $0.integer(1)
            $0.null()
            $0.beginArray()
            $0.endArray()
            $0.beginObject()
            $0.endObject()
            $0.endArray()
            $0.key("b")
            $0.bool(true)
            $0.key("c")
            $0.time(1_767_323_045_678)
            $0.endObject()
        }
        #expect(written == #"{"a":[1,null,[],{}],"b":true,"c":"2026-01-02T03:04:05.678Z"}"#)
    }

    @Test(
        "whatever the depth, an end is that of the innermost, and what follows stands in the one around it",
        arguments: [1, 63, 64, 65, 127, 128, 129, 200]
    )
    func depths(_ depth: Int) {
        // Every third is an array, so that the levels do not repeat where words of them do.
        let isArray = (0..<depth).map { $0 % 3 == 0 }
        let written = text { writer in
            for level in 0..<depth {
                if isArray[level] {
                    writer.beginArray()
                } else {
                    writer.beginObject()
                    writer.key("k")
                }
            }
            writer.null()
            for level in (0..<depth).reversed() {
                if isArray[level] {
                    writer.integer(level)
                    writer.endArray()
                } else {
                    writer.key("l")
                    writer.integer(level)
                    writer.endObject()
                }
            }
        }
        let before = isArray.map { $0 ? "[" : #"{"k":"# }.joined()
        let after = isArray.enumerated().reversed()
            .map { $0.element ? ",\($0.offset)]" : #","l":\#($0.offset)}"# }.joined()
        #expect(written == before + "null" + after)
    }

    @Test(
        "strings are escaped where they must be, and only there",
        arguments: [
            ("", #""""#), ("plain", #""plain""#), ("a\"b\\c", #""a\"b\\c""#), ("\u{8}\u{c}\n\r\t", #""\b\f\n\r\t""#),
            ("\0\u{1}\u{f}\u{10}\u{1f}", #""\u0000\u0001\u000f\u0010\u001f""#), ("/", #""/""#),
            ("\u{7f}", "\"\u{7f}\""),
            ("12345678\"", #""12345678\"""#), ("é€😀 and more text", "\"é€😀 and more text\""),
            ("ééééé\"ééééé", "\"ééééé\\\"ééééé\""),
        ]
    )
    func strings(_ value: String, _ written: String) {
        #expect(text { $0.string(value) } == written)
        #expect(
            text {
                $0.beginObject()
                $0.key(value)
                $0.null()
                $0.endObject()
            } == "{\(written):null}"
        )
    }

    @Test(
        "doubles are the shortest text that reads back; what JSON cannot say is null",
        arguments: [
            (0.1, "0.1"), (1.0, "1.0"), (-0.0, "-0.0"), (1e22, "1e+22"), (.leastNonzeroMagnitude, "5e-324"),
            (0.1 + 0.2, "0.30000000000000004"),
            (.infinity, "null"), (-.infinity, "null"), (.nan, "null"),
        ] as [(Double, String)]
    )
    func doubles(_ value: Double, _ written: String) {
        #expect(text { $0.double(value) } == written)
    }

    @Test("integers of every width", arguments: [0, 7, -7, 10, 1_000_000, Int64.max, Int64.min])
    func integers(_ value: Int64) {
        #expect(text { $0.integer(value) } == String(value))
        #expect(text { $0.integer(UInt64.max) } == "18446744073709551615")
        #expect(text { $0.integer(Int8.min) } == "-128")
    }

    @Test(
        "values that were read are copied as they stood",
        arguments: ["1.50", #""a\u0062""#, "[1, 2]", #"{"a" : 1}"#, "null"]
    )
    func raw(_ value: String) throws {
        let document = try loaded("[\(value)]")
        let node = try #require(document.root.element(0))
        let written = text {
            $0.beginArray()
            $0.raw(node)
            $0.integer(0)
            $0.endArray()
        }
        #expect(written == "[\(value),0]")
    }

    @Test("what one writer completed stands in another")
    func rawWriter() {
        var inner = JSONWriter()
        inner.beginArray()
        inner.endArray()
        #expect(
            text {
                $0.beginObject()
                $0.key("inner")
                $0.raw(inner)
                $0.endObject()
            } == #"{"inner":[]}"#
        )
    }

    @Test("a writer is used again")
    func reuse() {
        var writer = JSONWriter()
        writer.beginArray()
        writer.removeAll()
        let before = writer.isComplete
        #expect(!before)
        writer.integer(1)
        let after = writer.isComplete
        #expect(after)
        let written = writer.bytes
        #expect(written == Array("1".utf8))
    }

    @Test("a value where a name belongs stops the program")
    func valueWithoutName() async {
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.integer(1)
        }
    }

    @Test("an end without its beginning stops the program")
    func wrongEnd() async {
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.endArray()
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("a")
            writer.endObject()
        }
    }

    @Test("a second value, a name outside an object and half a value stop the program")
    func misuse() async {
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.integer(1)
            writer.integer(2)
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginArray()
            writer.key("a")
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            var half = JSONWriter()
            half.beginArray()
            writer.raw(half)
        }
    }
}

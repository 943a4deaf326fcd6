import Foundation
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct Eval {
        @Test("eval says a value, an error with its place, or what is wrong", .timeLimit(.minutes(2)))
        func single() async throws {
            try await CommandLine.withFolder { folder in
                let event = #"{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"total":40}}"#
                try Data(event.utf8).write(to: folder.appendingPathComponent("event.json"))
                try Data(#"{"specversion":"1.0"}"#.utf8).write(to: folder.appendingPathComponent("broken.json"))
                let rows: [(expression: String, event: String, code: Int32, shown: String)] = [
                    ("data.total > 100", "event.json", 0, "false\n"), ("event.type", "event.json", 0, "\"t\"\n"),
                    ("data.missing", "event.json", 1, "1:6: no such key: missing\n  data.missing\n       ^\n"),
                    ("data.total >", "event.json", 64, "1:13: expected a value"),
                    ("1", "broken.json", 1, "would be a dead letter: missing_attribute"),
                    ("1", "absent.json", 1, "no such file"),
                ]
                for row in rows {
                    let arguments = ["eval", "--expr", row.expression, "--event", row.event]
                    let (ending, output, errors) = try await BelfryProcess.run("eval", arguments, in: folder)
                    #expect(ending == .exited(row.code), "\(row.expression): \(errors)")
                    #expect((row.code == 0 ? output : errors).contains(row.shown), "\(row.expression): \(errors)")
                }
                let arguments = ["eval", "--expr", "[data.total]", "--event", "event.json", "--json"]
                let (_, output, _) = try await BelfryProcess.run("eval", arguments, in: folder)
                let wanted = #"{"type":"list","text":"[40]","value":{"listValue":{"values":[{"int64Value":"40"}]}}}"#
                #expect(output == wanted + "\n")
            }
        }

        @Test("a batch is answered line by line in order, malformed lines too", .timeLimit(.minutes(2)))
        func batch() async throws {
            try await CommandLine.withFolder { folder in
                var lines = [
                    #"{"id":"sum","expr":"1 + x","bindings":{"x":{"int64Value":"2"}}}"#, "",
                    #"{"id":"broken","expr":"#, "\u{1F431}", #"{"id":"last","expr":"y","container":"x"}"#,
                ].map { Array($0.utf8) }
                lines.insert([0xFF, 0xFE], at: 3)
                lines.insert(Array(#"{"id":"long","expr":""#.utf8) + [UInt8](repeating: 0x61, count: 17 << 20), at: 4)
                let input = folder.appendingPathComponent("input")
                // The last line has no line break.
                try Data(lines.joined(separator: [0x0A])).write(to: input)
                let arguments = ["eval", "--batch"]
                let (ending, output, _) = try await BelfryProcess.run("batch", arguments, in: folder, input: input)
                #expect(ending == .exited(0))
                let answers = try output.split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
                #expect(answers.map { $0["id"] } == ["sum", "broken", .null, "long", .null, "last"])
                #expect(answers.first?["value"]?["int64Value"] == "3")
                #expect(answers.dropFirst().allSatisfy { $0["error"]?.text?.isEmpty == false })
            }
        }
    }
}

import Foundation
import PushCore
import Testing

@testable import belfry

struct ProblemReportTests {
    static let problems = [
        Problem(
            at: SourcePlace(file: "b.yaml", line: 1, column: 1),
            key: "k",
            value: "v",
            message: "bad",
            allowed: "good"
        ),
        Problem(at: SourcePlace(file: "a.yaml", line: 10, column: 2), key: "x", message: "second"),
        Problem(at: SourcePlace(file: "a.yaml", line: 9, column: 30), key: "w", message: "between"),
        Problem(.warning, at: SourcePlace(file: "a.yaml", line: 9), key: "", message: "first"),
        Problem(at: SourcePlace(file: "a.yaml", line: 10, column: 2), key: "y", message: "third"),
        Problem(at: SourcePlace(file: "a.yaml", line: 10, column: 12), key: "z", message: "fourth \"x\"\n"),
    ]

    @Test("lines are sorted by file, line and column, and end with the count")
    func text() {
        let expected = """
            a.yaml:9: warning: first
            a.yaml:9:30: error: w: between
            a.yaml:10:2: error: x: second
            a.yaml:10:2: error: y: third
            a.yaml:10:12: error: z: fourth "x"\\u{a}
            b.yaml:1:1: error: k: "v": bad (allowed: good)
            5 errors, 1 warning

            """
        #expect(ProblemReport(Self.problems).text == expected)
        #expect(ProblemReport([]).text == "0 errors, 0 warnings\n")
    }

    @Test("JSON has every member of every problem")
    func json() throws {
        let text = ProblemReport(Self.problems).json
        #expect(!text.contains("\n"))
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?["errors"] as? Int == 5)
        #expect(object?["warnings"] as? Int == 1)
        #expect(object?["rule_set_version"] is NSNull)
        #expect(ProblemReport([], ruleSetVersion: "5d0c").json.contains(#""rule_set_version":"5d0c""#))
        let problems = try #require(object?["problems"] as? [[String: Any]])
        #expect(problems.count == 6)
        let members: Set = ["severity", "file", "line", "column", "key", "value", "message", "allowed"]
        #expect(problems.allSatisfy { Set($0.keys) == members })
        #expect(problems[0]["column"] is NSNull)
        #expect(problems[0]["key"] is NSNull)
        #expect(problems[0]["severity"] as? String == "warning")
        #expect(problems[5]["value"] as? String == "v")
        #expect(problems[5]["line"] as? Int == 1)
    }
}

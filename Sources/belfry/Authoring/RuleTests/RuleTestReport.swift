import PushCore

/// What `belfry test` says.
struct RuleTestReport: Sendable {
    let results: [RuleTestResult]

    var failedCount: Int { results.count { !$0.hasPassed } }

    /// A line for each case, the differences of those that failed, and the count.
    var text: String {
        var lines: [String] = []
        for result in results {
            let mark = result.hasPassed ? "ok    " : "FAILED"
            lines.append(
                "\(mark) \(result.testCase.place.file):\(result.testCase.place.line): \(displayed(result.testCase.name))"
            )
            for difference in result.differences {
                lines.append("         line \(difference.place.line), \(displayed(difference.subject))")
                lines.append("           - expected: \(difference.expected.map(Self.shown) ?? "nothing")")
                lines.append("           + actual:   \(difference.actual.map(Self.shown) ?? "nothing")")
            }
        }
        lines.append("\(results.count - failedCount) passed, \(failedCount) failed")
        return lines.joined(separator: "\n")
    }

    /// One object, on one line.
    var json: String {
        let cases = results.map { result -> JSONTree in
            let differences = result.differences.map { difference -> JSONTree in
                [
                    "line": .integer(Int64(difference.place.line)), "subject": .string(difference.subject),
                    "expected": difference.expected.map { .string($0) } ?? .null,
                    "actual": difference.actual.map { .string($0) } ?? .null,
                ]
            }
            return [
                "file": .string(result.testCase.place.file), "line": .integer(Int64(result.testCase.place.line)),
                "name": .string(result.testCase.name), "passed": .boolean(result.hasPassed),
                "differences": .array(differences),
            ]
        }
        let report: JSONTree = [
            "passed": .integer(Int64(results.count - failedCount)), "failed": .integer(Int64(failedCount)),
            "cases": .array(cases),
        ]
        return report.line
    }

    private static func shown(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { displayed(String($0)) }.joined(separator: "\n                       ")
    }
}

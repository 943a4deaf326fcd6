import Foundation
package import PushCore

/// Shows problems: to people as lines, to scripts as JSON.
package struct ProblemReport: Sendable {
    /// By file, line and column.
    package let problems: [Problem]

    /// The version of the rules that were read; nil where they cannot be used.
    package let ruleSetVersion: String?

    package init(_ problems: [Problem], ruleSetVersion: String? = nil) {
        self.problems = Self.sorted(problems)
        self.ruleSetVersion = ruleSetVersion
    }

    package var errorCount: Int { problems.count { $0.severity == .error } }
    package var warningCount: Int { problems.count { $0.severity == .warning } }

    /// One line per problem, then the count: `2 errors, 1 warning`.
    ///
    /// Ends with a line break.
    package var text: String {
        let lines = problems.map { Self.oneLine($0.description) + "\n" }.joined()
        let errors = errorCount == 1 ? "1 error" : "\(errorCount) errors"
        let warnings = warningCount == 1 ? "1 warning" : "\(warningCount) warnings"
        return "\(lines)\(errors), \(warnings)\n"
    }

    /// One object, on one line.
    ///
    /// Its members are `errors` and `warnings` (counts), `rule_set_version` (null where there are errors) and `problems`, each with `severity`, `file`, `line`, `column`,
    /// `key`, `value`, `message` and `allowed`; what is unknown is null.
    package var json: String {
        let document = JSONReport(
            errors: errorCount,
            warnings: warningCount,
            ruleSetVersion: ruleSetVersion,
            problems: problems.map(JSONProblem.init)
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(document), as: UTF8.self)
        } catch {
            preconditionFailure("texts and whole numbers always encode: \(error)")
        }
    }

    /// Problems at the same place keep their order.
    static func sorted(_ problems: [Problem]) -> [Problem] {
        let sorted = problems.enumerated().sorted { left, right in
            let (leftPlace, rightPlace) = (left.element.place, right.element.place)
            if leftPlace.file != rightPlace.file { return leftPlace.file < rightPlace.file }
            return (leftPlace.line, leftPlace.column, left.offset) < (rightPlace.line, rightPlace.column, right.offset)
        }
        return sorted.map(\.element)
    }

    /// File names may hold anything: no control character may reach a terminal.
    private static func oneLine(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            if scalar.properties.generalCategory == .control {
                line += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}

private struct JSONReport: Encodable {
    let errors: Int
    let warnings: Int
    let ruleSetVersion: String?
    let problems: [JSONProblem]

    private enum CodingKeys: String, CodingKey {
        case errors, warnings, problems
        case ruleSetVersion = "rule_set_version"
    }

    /// By hand, as below.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(errors, forKey: .errors)
        try container.encode(warnings, forKey: .warnings)
        try container.encode(ruleSetVersion, forKey: .ruleSetVersion)
        try container.encode(problems, forKey: .problems)
    }
}

private struct JSONProblem: Encodable {
    private let problem: Problem

    private enum CodingKeys: String, CodingKey {
        case severity, file, line, column, key, value, message, allowed
    }

    init(_ problem: Problem) {
        self.problem = problem
    }

    /// Written by hand so that absent values are null, not left out: scripts can rely on every member.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(problem.severity.rawValue, forKey: .severity)
        try container.encode(problem.place.file, forKey: .file)
        try container.encode(problem.place.line == 0 ? nil : problem.place.line, forKey: .line)
        try container.encode(problem.place.column == 0 ? nil : problem.place.column, forKey: .column)
        try container.encode(problem.key.isEmpty ? nil : problem.key, forKey: .key)
        try container.encode(problem.value, forKey: .value)
        try container.encode(problem.message, forKey: .message)
        try container.encode(problem.allowed, forKey: .allowed)
    }
}

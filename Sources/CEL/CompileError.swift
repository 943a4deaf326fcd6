/// Everything that is wrong with an expression, found before it is ever evaluated.
package struct CompileError: Error, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    package struct Problem: Sendable, Hashable {
        package let position: SourcePosition
        /// One line for a person, such as `unknown name 'dta'`.
        package let message: String
        /// What to write instead, when something close is known.
        package let suggestion: String?

        package init(position: SourcePosition, message: String, suggestion: String? = nil) {
            self.position = position
            self.message = message
            self.suggestion = suggestion
        }
    }

    /// The problems in the order of their places; never empty.
    package let problems: [Problem]
    private let source: SourceText

    init(_ problems: [Problem], in source: SourceText) {
        precondition(!problems.isEmpty, "a compile error needs a problem")
        self.problems = problems.sorted { $0.position.offset < $1.position.offset }
        self.source = source
    }

    /// Each problem with its line of the source and a caret under its place.
    package var rendered: String {
        problems.map(render).joined(separator: "\n")
    }

    package var description: String { rendered }

    /// An error of an evaluation with its line of the source and a caret, where its place is known.
    package static func rendered(_ error: EvaluationError, in source: String) -> String {
        guard let position = error.position else { return error.message }
        let problem = Problem(position: position, message: error.message)
        return CompileError([problem], in: SourceText(source)).rendered
    }

    /// Code points of a line that are shown, half of them before the caret.
    private static let shownMax = 160

    private func render(_ problem: Problem) -> String {
        let scalars = Array(source.line(problem.position.line).unicodeScalars)
        let column = problem.position.column - 1
        let start = scalars.count <= Self.shownMax ? 0 : max(0, column - Self.shownMax / 2)
        let end = min(scalars.count, start + Self.shownMax)
        var line = String.UnicodeScalarView()
        line.append(contentsOf: scalars[min(start, end)..<end])
        // Tabs stay tabs before the caret, so that it stands under its character whatever a tab's width is.
        var indent = scalars[min(start, end)..<min(max(column, start), end)].map { $0 == "\t" ? "\t" : " " }.joined()
        if column > end { indent += String(repeating: " ", count: column - end) }
        if start > 0 { indent = " " + indent }
        let shown = (start > 0 ? "…" : "") + String(line) + (end < scalars.count ? "…" : "")
        var text = "\(problem.position.line):\(problem.position.column): \(problem.message)"
        if let suggestion = problem.suggestion { text += "; \(suggestion)" }
        return text + "\n  \(shown)\n  \(indent)^"
    }
}

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

    private func render(_ problem: Problem) -> String {
        let line = source.line(problem.position.line)
        // Tabs stay tabs before the caret, so that it stands under its character whatever a tab's width is.
        let indent = line.unicodeScalars.prefix(problem.position.column - 1).map { $0 == "\t" ? "\t" : " " }
        var text = "\(problem.position.line):\(problem.position.column): \(problem.message)"
        if let suggestion = problem.suggestion { text += "; \(suggestion)" }
        return text + "\n  \(line)\n  \(indent.joined())^"
    }
}

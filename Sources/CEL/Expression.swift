/// A CEL expression, compiled once and evaluated any number of times, on any thread.
///
/// A class, since whoever evaluates it holds it for the time: one reference instead of five.
package final class Expression: Sendable {
    /// The text it was compiled from.
    package let source: String
    /// The paths that it reads from the environment's variables, such as `data.total`; sorted, none twice.
    ///
    /// A path ends
    /// where the expression does not name the next part, so `data.items[0].id` is read as `data.items`.
    package let fieldPaths: [String]
    /// The type of every value that it can give, when that is known without evaluating it.
    package let resultType: ValueType?
    /// What it asks, as far as it is plain comparisons.
    package let comparisons: Comparisons

    private let root: any Node
    private let settings: EvaluationSettings
    private let localCount: Int

    /// Compiles an expression of the Common Expression Language.
    ///
    /// - Throws: `CompileError` with every problem: syntax (the first only), unknown names and functions, wrong numbers
    ///   of arguments, operands that can never fit, and limits.
    package init(_ source: String, environment: Environment) throws(CompileError) {
        let text = SourceText(source)
        let syntax: Syntax
        do throws(SyntaxProblem) {
            guard text.bytes.count <= environment.limits.sourceBytesMax else {
                let message = "the expression is longer than \(environment.limits.sourceBytesMax) bytes"
                throw SyntaxProblem(offset: 0, message: message)
            }
            syntax = try Parser.parse(text.bytes, depthMax: environment.limits.nestingDepthMax)
            guard ValueDepth.isWithinBounds(syntax) else {
                let message = "values would nest more than \(ValueDepth.max) levels deep"
                throw SyntaxProblem(offset: syntax.offset, message: message)
            }
        } catch {
            let position = text.position(at: error.offset)
            throw CompileError(
                [CompileError.Problem(position: position, message: error.message, suggestion: error.suggestion)],
                in: text
            )
        }
        var typeChecker = TypeChecker(environment: environment, source: text)
        resultType = typeChecker.type(of: syntax)
        var compiler = Compiler(environment: environment, source: text)
        root = compiler.node(syntax)
        comparisons = root.comparisons
        let problems = compiler.problems + (environment.unknownNames == .rejected ? typeChecker.problems : [])
        if !problems.isEmpty { throw CompileError(problems, in: text) }
        self.source = source
        settings = compiler.settings
        localCount = compiler.localCount
        fieldPaths = FieldPaths.paths(in: syntax, environment: environment)
    }

    /// The value on these bindings; `.error` when there is none.
    ///
    /// External scalars are read; external lists and maps are
    /// given as they are.
    package func evaluate(_ bindings: some Bindings) -> Value {
        var frame = Frame(bindings: bindings, settings: settings, localCount: localCount)
        let value = root.evaluate(&frame).resolved
        return frame.isExhausted ? .error(frame.exhaustion) : value
    }
}

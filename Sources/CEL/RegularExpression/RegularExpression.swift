/// A regular expression in RE2's syntax, matched in time linear in the text whatever the pattern.
///
/// Immutable, so that one is shared by every thread that evaluates.
final class RegularExpression: Sendable {
    /// What is prepared beyond the program itself.
    enum Preparation {
        /// For a pattern that is compiled once: also the deterministic automaton, where it is small.
        case thorough
        /// For a pattern that is known only while an expression is evaluated.
        case quick
    }

    /// One match, in UTF-8 bytes of the text.
    struct Match {
        /// The whole match, then the groups; nil for a group that took no part.
        let groups: [Range<Int>?]

        var range: Range<Int> { groups[0] ?? 0..<0 }
    }

    /// The number of capturing groups.
    let groupCount: Int
    private let program: PatternProgram
    private let automaton: PatternAutomaton?

    init(_ pattern: String, _ preparation: Preparation) throws(PatternProblem) {
        let parsed = try PatternParser.parse(pattern)
        groupCount = parsed.groupCount
        program = try PatternProgram(parsed.syntax)
        automaton = preparation == .thorough ? PatternAutomaton(program) : nil
    }

    /// A pattern that only an evaluation knows; the error says what is wrong with it, or that its limits are reached.
    static func compiled(_ pattern: String, _ frame: inout Frame) -> Result<RegularExpression, EvaluationError> {
        guard pattern.utf8.count <= patternBytesMax else {
            let message = "a regular expression of more than \(patternBytesMax) bytes"
            return .failure(EvaluationError(.limitExceeded, message))
        }
        // A byte of a pattern takes about as long as 500 bytes of text: parsed, made an instruction, and its class found.
        guard frame.spend(bytes: 500 * (pattern.utf8.count + 1)) else { return .failure(frame.exhaustion) }
        do throws(PatternProblem) {
            let expression = try RegularExpression(pattern, .quick)
            guard frame.spend(expression.program.instructions.count) else { return .failure(frame.exhaustion) }
            return .success(expression)
        } catch {
            let message = "the pattern is wrong at byte \(error.offset + 1): \(error.message)"
            return .failure(EvaluationError(.invalidArgument, message))
        }
    }

    /// Length of a pattern that only an evaluation knows; a literal is bounded by the length of its source.
    private static let patternBytesMax = 8_192

    /// Whether the text has a match anywhere; nil when the evaluation's steps ran out.
    func matches(_ text: String, _ frame: inout Frame) -> Bool? {
        let bytes = text.utf8Span.span
        guard let automaton else {
            switch simulated(bytes, from: 0, .presence, &frame) {
            case .match: return true
            case .noMatch: return false
            case .exhausted: return nil
            }
        }
        return frame.spend(bytes: bytes.count) ? automaton.matches(bytes) : nil
    }

    /// The leftmost match that begins at a byte or later; a failure when the evaluation's steps ran out.
    func firstMatch(
        in text: borrowing Span<UInt8>,
        from start: Int,
        _ frame: inout Frame
    ) -> Result<Match?, EvaluationError> {
        switch simulated(text, from: start, .groups, &frame) {
        case .noMatch: return .success(nil)
        case .exhausted: return .failure(frame.exhaustion)
        case .match(let places):
            let groups = (0..<min(groupCount + 1, PatternProgram.groupsMax)).map { group -> Range<Int>? in
                let (start, end) = (places[2 * group], places[2 * group + 1])
                return start >= 0 && end >= start ? start..<end : nil
            }
            return .success(Match(groups: groups))
        }
    }

    /// The visits of instructions that one step of an evaluation pays for.
    private static let visitsPerStep = 8

    private func simulated(
        _ text: borrowing Span<UInt8>,
        from start: Int,
        _ goal: PatternSimulation.Goal,
        _ frame: inout Frame
    ) -> PatternSimulation.Outcome {
        var simulation = PatternSimulation(program, goal, work: frame.stepsLeft * Self.visitsPerStep)
        let outcome = simulation.run(text, from: start)
        let setUp = program.instructions.count / 64
        return frame.spend(simulation.workDone / Self.visitsPerStep + setUp + 1) ? outcome : .exhausted
    }
}

package import PushCore
import Synchronization

/// Rules on their way to the thread that decides with them: immutable values, taken between two batches.
package final class RuleSetHandover: Sendable {
    private struct State {
        var ruleSet: RuleSet
        /// Counts the replacements.
        var generation: UInt64 = 0
    }

    private let state: Mutex<State>

    package init(_ ruleSet: RuleSet) {
        state = Mutex(State(ruleSet: ruleSet))
    }

    /// The rules in use, or about to be.
    package var current: RuleSet { state.withLock { $0.ruleSet } }

    /// The stage takes it in its next turn: wake it.
    func put(_ ruleSet: RuleSet) {
        state.withLock {
            $0.ruleSet = ruleSet
            $0.generation += 1
        }
    }

    /// What came since the generation that is given, which then counts as taken; nil where nothing did.
    func take(after generation: inout UInt64) -> RuleSet? {
        let (ruleSet, now): (RuleSet?, UInt64) = state.withLock { state in
            (state.generation == generation ? nil : state.ruleSet, state.generation)
        }
        generation = now
        return ruleSet
    }
}

import PushCore
import Synchronization

/// What keeps apps from being sent to, and what needs a person although nothing is kept: for the readiness of the process.
package final class ProviderStanding: Sendable {
    private struct State {
        var troubles: [Provider: [String]] = [:]
        var notes: [String: String] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// One sentence for each app that cannot be sent to; empty while all can.
    package var all: [String] {
        state.withLock { state in Provider.allCases.flatMap { state.troubles[$0] ?? [] } }
    }

    /// One sentence for each thing that needs a person, and stops nothing so far.
    package var notes: [String] {
        state.withLock { state in state.notes.sorted { $0.key < $1.key }.map(\.value) }
    }

    func set(_ list: [String], of provider: Provider) {
        state.withLock { $0.troubles[provider] = list }
    }

    /// Says something under a name, in the place of what was said under it before; nil: nothing any more.
    package func note(_ sentence: String?, under name: String) {
        state.withLock { $0.notes[name] = sentence }
    }
}

import PushCore
import Synchronization

/// What keeps apps from being sent to, as the dispatch stages last said: for the readiness of the process.
package final class ProviderStanding: Sendable {
    private let troubles = Mutex<[Provider: [String]]>([:])

    package init() {}

    /// One sentence for each app that cannot be sent to; empty while all can.
    package var all: [String] {
        troubles.withLock { troubles in Provider.allCases.flatMap { troubles[$0] ?? [] } }
    }

    func set(_ list: [String], of provider: Provider) {
        troubles.withLock { $0[provider] = list }
    }
}

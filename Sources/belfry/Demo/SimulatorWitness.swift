import ProviderSimulator
import Synchronization

/// What the APNs simulator really received: the provider's side of the books.
final class SimulatorWitness: Sendable {
    /// A request as the books need it.
    struct Request: Sendable {
        /// The `apns-id`: the id of the delivery.
        let id: String
        let token: String
        /// 0 where no answer was given.
        let status: Int
    }

    /// A notification to show, by the phone that got it.
    struct Shown: Sendable {
        let token: String
        let receivedAtMs: Int64
        let payload: [UInt8]
    }

    private struct State {
        var requests: [Request] = []
        var shown: [Shown] = []
        var accepted = 0
    }

    /// Of the accepted notifications, every so many is kept whole.
    private static let shownEvery = 37
    private static let shownMax = 300

    private let state = Mutex(State())

    /// Called on the simulator's threads, for every request.
    func note(_ request: ObservedRequest) {
        let id = request.headers.first { $0.name == "apns-id" }?.value ?? ""
        state.withLock { state in
            state.requests.append(Request(id: id, token: request.token, status: request.status))
            guard request.status == 200 else { return }
            state.accepted += 1
            if state.accepted % Self.shownEvery == 1, state.shown.count < Self.shownMax {
                state.shown.append(
                    Shown(token: request.token, receivedAtMs: request.receivedAt, payload: request.payload)
                )
            }
        }
    }

    var requests: [Request] { state.withLock { $0.requests } }
    var shown: [Shown] { state.withLock { $0.shown } }
}

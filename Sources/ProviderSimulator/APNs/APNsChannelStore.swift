internal import Foundation
internal import Synchronization

/// What all connections know of the broadcast channels.
///
/// One store serves both environments, as the simulator does.
final class APNsChannelStore: Sendable {
    /// What is known of a channel.
    enum Standing: Equatable {
        /// With its `message-storage-policy`.
        case made(policy: Int)
        case removed
        /// Never made here.
        case unknown
    }

    private struct Channel {
        let app: String
        let id: String
        let policy: Int
    }

    private struct Inner {
        /// In the order in which they were made.
        var channels: [Channel] = []
        var removed: Set<String> = []
    }

    /// Channels of one app (Apple, "Setting up broadcast push notifications").
    static let channelsMax = 10_000

    private let inner = Mutex(Inner())

    /// An id that no channel has: 16 random octets in base64, as Apple's samples show.
    static func makeID() -> String {
        Data((0..<16).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
    }

    func add(_ id: String, policy: Int, app: String) {
        inner.withLock { $0.channels.append(Channel(app: app, id: id, policy: policy)) }
    }

    func remove(_ id: String, app: String) {
        inner.withLock { inner in
            inner.channels.removeAll { $0.app == app && $0.id == id }
            inner.removed.insert("\(app)/\(id)")
        }
    }

    func ids(of app: String) -> [String] {
        inner.withLock { inner in inner.channels.filter { $0.app == app }.map(\.id) }
    }

    func standing(of id: String, app: String) -> Standing {
        inner.withLock { inner in
            if let channel = inner.channels.first(where: { $0.app == app && $0.id == id }) {
                return .made(policy: channel.policy)
            }
            return inner.removed.contains("\(app)/\(id)") ? .removed : .unknown
        }
    }
}

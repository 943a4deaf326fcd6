internal import Crypto
internal import Foundation

/// Access tokens that carry their own end, sealed with a key of the directory: they outlive a restart.
struct FCMAccessTokens: Sendable {
    /// What a token is worth.
    enum Verdict {
        case good, expired, unknown
    }

    private static let prefix = "ya29.simulator."
    private let key: SymmetricKey
    let lifetimeSeconds: Int

    init(seed: SimulatorSeed, lifetimeSeconds: Int) {
        key = SymmetricKey(data: seed.derive("FCM access tokens", count: 32))
        self.lifetimeSeconds = lifetimeSeconds
    }

    /// A new token; `now` in milliseconds since 1970.
    func make(now: Int64) -> String {
        let expiresAt = now + Int64(lifetimeSeconds) * 1000
        let body = "\(expiresAt).\(UInt64.random(in: .min ... .max))"
        return Self.prefix + body + "." + seal(body)
    }

    func verify(_ token: String, now: Int64) -> Verdict {
        guard token.hasPrefix(Self.prefix) else { return .unknown }
        let parts = token.dropFirst(Self.prefix.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let expiresAt = Int64(parts[0]), seal("\(parts[0]).\(parts[1])") == parts[2] else {
            return .unknown
        }
        return now < expiresAt ? .good : .expired
    }

    private func seal(_ body: String) -> String {
        Base64URL.encode(Data(HMAC<SHA256>.authenticationCode(for: Data(body.utf8), using: key)))
    }
}

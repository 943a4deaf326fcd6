/// Whom a command is for: the key of a record on the inbox.
package enum InboxKey: Hashable, Sendable, CustomStringConvertible {
    case user(String)
    /// By the fingerprint of a token, an installation id or an endpoint (``Digests/fingerprint(of:)-(String)``).
    case address(fingerprint: String)
    /// What a provider spreads itself. No app has a slash in its name.
    case target(TargetKind, app: String, name: String)
    /// A notification on its way to subscribers. Each partition has one of this key: it says nothing about the partition.
    case fanOut(Identifier)

    /// `u:` and the user id, `a:` and the fingerprint, `f:` and the id, or such as `t:fcm_topic/example-shop/news`.
    package var description: String {
        switch self {
        case .user(let id): "u:\(id)"
        case .address(let fingerprint): "a:\(fingerprint)"
        case .target(let kind, let app, let name): "t:\(kind.rawValue)/\(app)/\(name)"
        case .fanOut(let id): "f:\(id)"
        }
    }

    /// The key as a record has it.
    package var octets: [UInt8] {
        switch self {
        case .user(let id): Self.octets(user: id)
        case .address, .target, .fanOut: Array(description.utf8)
        }
    }

    /// The key of a user.
    static func octets(user id: String) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(id.utf8.count + 2)
        octets.append(UInt8(ascii: "u"))
        octets.append(UInt8(ascii: ":"))
        octets.append(contentsOf: id.utf8)
        return octets
    }
}

/// A command and whom it is for.
package struct KeyedCommand: Equatable, Sendable {
    package let key: InboxKey
    package let command: Command

    package init(_ key: InboxKey, _ kind: Command.OneOf_Kind) {
        self.key = key
        var command = Command()
        command.kind = kind
        self.command = command
    }
}

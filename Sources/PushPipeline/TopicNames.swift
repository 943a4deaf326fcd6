package import PushCore

/// The names of all topics that Belfry reads or writes.
package struct TopicNames: Sendable, Equatable {
    /// Domain events: at least one.
    package var events: [String]
    package var registrations: String
    package var receipts: String
    package var invalidTokens: String
    package var deadLetters: String
    package var inbox: String
    package var users: String
    /// Followed by a dot and the provider's name.
    package var outboxPrefix: String

    package init(events: [String]) {
        self.events = events
        self.registrations = "push.registrations"
        self.receipts = "push.receipts"
        self.invalidTokens = "push.invalid-tokens"
        self.deadLetters = "push.dead-letters"
        self.inbox = "push.inbox"
        self.users = "push.users"
        self.outboxPrefix = "push.outbox"
    }

    package func outbox(_ provider: Provider) -> String { "\(outboxPrefix).\(provider.rawValue)" }

    package func name(of role: TopicRole) -> String {
        switch role {
        case .inbox: inbox
        case .users: users
        case .receipts: receipts
        case .invalidTokens: invalidTokens
        case .deadLetters: deadLetters
        case .outbox(let provider): outbox(provider)
        }
    }
}

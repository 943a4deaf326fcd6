internal import SwiftProtobuf

/// What a rule can address in the place of users: what a provider itself spreads to whoever listens.
package enum TargetKind: String, CaseIterable, Sendable {
    /// The subscribers of a topic.
    case fcmTopic = "fcm_topic"
    /// Those whose topics fulfil a condition.
    case fcmCondition = "fcm_condition"
    /// The Live Activities that follow a broadcast channel.
    case apnsChannel = "apns_channel"

    package var provider: Provider {
        switch self {
        case .fcmTopic, .fcmCondition: .fcm
        case .apnsChannel: .apns
        }
    }

    /// A target of this kind.
    ///
    /// `name`: Of the topic or the channel, or the condition itself.
    func target(_ name: String) -> Target {
        var target = Target()
        switch self {
        case .fcmTopic: target.topic = name
        case .fcmCondition: target.condition = name
        case .apnsChannel: target.channel = name
        }
        return target
    }
}

extension Target {
    /// What it is, and its name; nil for one of a later version.
    var parts: (kind: TargetKind, name: String)? {
        switch kind {
        case .topic(let name): (.fcmTopic, name)
        case .condition(let text): (.fcmCondition, text)
        case .channel(let id): (.apnsChannel, id)
        case nil: nil
        }
    }
}

extension Device {
    /// The key of all records about a target; nil for a user's device, and for a target that cannot be one.
    var targetKey: InboxKey? {
        guard let (kind, name) = target.parts, kind.provider.rawValue == provider, !app.isEmpty, !name.isEmpty else {
            return nil
        }
        return .target(kind, app: app, name: name)
    }
}

extension Delivery {
    /// The key of its records in the outbox and among the receipts: the user id, or that of its target; nil where it is for nobody.
    var recordKey: String? {
        userID.isEmpty ? device.targetKey?.description : userID
    }

    /// Whose it is, in the inbox; nil where it is for nobody.
    var inboxKey: InboxKey? {
        userID.isEmpty ? device.targetKey : .user(userID)
    }
}

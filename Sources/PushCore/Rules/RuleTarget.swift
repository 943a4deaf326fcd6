/// What a rule addresses in the place of users: all but the name, which the event gives.
struct RuleTarget: Sendable {
    /// Far above any condition that FCM takes.
    static let nameBytesMax = 8_192

    let kind: TargetKind
    private let device: Device

    /// `pushType`: As the rule has it; empty where it names none.
    init(_ definition: TargetDefinition, pushType: String) {
        kind = definition.kind
        var device = Device()
        device.provider = kind.provider.rawValue
        device.app = definition.app
        device.sandbox = definition.sandbox
        device.pushType = TokenKind.serving(pushType)
        self.device = device
    }

    /// In the place of a device.
    func device(_ name: String) -> Device {
        var device = device
        device.target = kind.target(name)
        return device
    }
}

extension RulesCore {
    /// Appends a command for each target.
    func append(
        _ notification: [UInt8],
        of rule: Rule,
        _ target: RuleTarget,
        names: [String],
        _ encoder: NotificationEncoder,
        origin: UInt64,
        to outputs: inout [Outgoing]
    ) {
        for name in names {
            let device = target.device(name)
            guard let key = device.targetKey else {
                preconditionFailure("a rule's target has an app, and its name is not empty")
            }
            let id = digests.notificationIdentifier(
                eventSource: encoder.source,
                eventID: encoder.id,
                ruleID: rule.id,
                target: key
            )
            let command = NotifyCommand.encoded(notification, id: id, origin: origin, target: device.encoded())
            outputs.append(Outgoing(.inbox, key: key.octets, value: command, headers: encoder.traceHeaders))
        }
    }
}

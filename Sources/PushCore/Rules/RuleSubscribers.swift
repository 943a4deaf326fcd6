/// What a rule asks for that addresses subscribers: nobody here knows who they are, so that each partition of the inbox is told.
extension RulesCore {
    /// Topics that one rule may address with one event.
    package static let topicsMax = 100

    /// Appends a command for each partition of the inbox: a `Command` with a `FanOut`, written by hand.
    func append(
        _ notification: [UInt8],
        of rule: Rule,
        subscribersOf topics: [String],
        _ encoder: NotificationEncoder,
        origin: UInt64,
        to outputs: inout [Outgoing]
    ) {
        let id = digests.fanOutIdentifier(
            eventSource: encoder.source,
            eventID: encoder.id,
            ruleID: rule.id,
            origin: origin
        )
        var command = WireWriter(capacity: notification.count + 96)
        command.nested(11) { fanOut in
            fanOut.bytes(1, notification)
            fanOut.fixed64(2, origin)
            for topic in topics { fanOut.string(3, present: topic) }
        }
        let value = command.octets
        let key = InboxKey.fanOut(id).octets
        for partition in 0..<inboxPartitions {
            outputs.append(
                Outgoing(.inbox, partition: partition, key: key, value: value, headers: encoder.traceHeaders)
            )
        }
    }
}

/// A provider's word that an address is dead: the value of a record on the invalid-tokens topic.
///
/// `schemas/invalid-token.schema.json` describes the JSON form. This is the one public record that holds the address itself:
/// who keeps registrations of their own needs it to find them.
struct InvalidToken: Sendable {
    let id: Identifier
    let userID: String
    let device: Device
    let rejected: AddressRejected
    /// False when a later registration kept the device.
    let isRemoved: Bool

    func outgoing() -> Outgoing {
        let headers = PublicRecord.headers(
            type: Array("push.token.invalid".utf8),
            id: id,
            timeMs: rejected.observedAtMs,
            Notification()
        )
        return Outgoing(.invalidTokens, key: Array(userID.utf8), value: json(), headers: headers)
    }

    private func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("user_id", userID)
        writer.field("device_id", device.id)
        writer.field("provider", device.provider)
        writer.field("app", device.app)
        switch device.address {
        case .token(let token): writer.field("token", token)
        case .fid(let fid): writer.field("fid", fid)
        case .subscription(let subscription): writer.field("subscription_endpoint", subscription.endpoint)
        case nil: break
        }
        writer.field("reason", rejected.reason)
        if !rejected.providerReason.isEmpty { writer.field("provider_reason", rejected.providerReason) }
        if rejected.invalidSinceMs != 0 { writer.timeField("invalid_since", rejected.invalidSinceMs) }
        writer.timeField("observed_at", rejected.observedAtMs)
        let notification = Identifier(high: rejected.notificationIDHigh, low: rejected.notificationIDLow)
        writer.field("notification_id", notification.description)
        writer.field("removed", isRemoved)
        writer.endObject()
        return writer.bytes
    }
}

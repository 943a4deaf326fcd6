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
        writer.member("user_id", userID)
        writer.member("device_id", device.id)
        writer.member("provider", device.provider)
        writer.member("app", device.app)
        switch device.address {
        case .token(let token): writer.member("token", token)
        case .fid(let fid): writer.member("fid", fid)
        case .subscription(let subscription): writer.member("subscription_endpoint", subscription.endpoint)
        case nil: break
        }
        writer.member("reason", rejected.reason)
        if !rejected.providerReason.isEmpty { writer.member("provider_reason", rejected.providerReason) }
        if rejected.invalidSinceMs != 0 { writer.member("invalid_since", timeMs: rejected.invalidSinceMs) }
        writer.member("observed_at", timeMs: rejected.observedAtMs)
        let notification = Identifier(high: rejected.notificationIDHigh, low: rejected.notificationIDLow)
        writer.member("notification_id", notification.description)
        writer.member("removed", isRemoved)
        writer.endObject()
        return writer.bytes
    }
}

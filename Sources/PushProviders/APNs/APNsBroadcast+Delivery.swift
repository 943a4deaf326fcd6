package import PushCore

extension APNsBroadcastRequest {
    /// The request for a delivery to a channel, or why there is none.
    ///
    /// The words, the sound and what else the notification gives are in `aps` as in a delivery to one Live Activity. Data and link
    /// are not in it: a broadcast holds nothing beside `aps`.
    ///
    /// - Parameters:
    ///   - delivery: to a channel; one that stores nothing where the rule says `without_storage`. Its notification holds the words
    ///     of one language, or none.
    ///   - configuration: of the channel's app.
    ///   - nowMs: milliseconds since the Unix epoch: decides whether the notification has expired.
    /// - Returns: the request, or the refusal: expired, a channel or push type that cannot be sent, a payload that a device cannot
    ///   use, too large.
    package static func build(
        delivery: Delivery,
        configuration: APNsConfiguration,
        nowMs: Int64
    ) -> Result<APNsBroadcastRequest, APNsRequest.Refusal> {
        let notification = delivery.notification
        let options = notification.apns
        guard let channel = APNsChannelID(delivery.device.target.channel) else {
            return .failure(.verdict(.badRequest(.badChannelID)))
        }
        guard options.pushType.isEmpty || options.pushType == APNsPushType.liveactivity.rawValue else {
            return .failure(.verdict(.badRequest(.invalidPushType)))
        }
        let contentTimeMs = APNsRequest.contentTimeMs(of: delivery, nowMs: nowMs)
        guard let payload = APNsPayload(notification: notification, options: options),
            let aps = payload.mergedAPS(pushType: .liveactivity, timestampMs: contentTimeMs)
        else { return .failure(.verdict(.badRequest(.invalidPayload))) }
        var broadcast = APNsBroadcast(
            channel: channel,
            storage: options.withoutStorage ? .none : .mostRecent,
            aps: aps
        )
        broadcast.priority = notification.priority
        broadcast.expiresAtMs = notification.expiresAtMs
        broadcast.contentTimeMs = contentTimeMs
        return build(broadcast, app: configuration.app, id: delivery.id, nowMs: nowMs)
    }
}

package import PushCore

/// One message as a request to FCM: `POST` of ``body`` (JSON) to ``path`` at the configured base address.
///
/// Made anew for every attempt: the time to live is what is left of the notification's. The header `authorization` is
/// apart (``FCMCredentials``).
///
/// Source: Google, "Method: projects.messages.send".
package struct FCMRequest: Hashable, Sendable {
    /// Why no request is made of a delivery: nothing is sent, and this is how it ends.
    package enum Refusal: Error, Hashable, Sendable {
        /// The notification's time has run out.
        case expired
        /// FCM would answer so; it is not asked.
        case verdict(Verdict)
    }

    package static let contentType = "application/json"

    /// The base address's own path, then `/v1/projects/`, the project and `/messages:send`.
    package let path: String
    /// JSON.
    package let body: [UInt8]
    /// Whether the notification's body was cut to keep the limit.
    package let isTruncated: Bool

    /// The request for a delivery, or why there is none.
    ///
    /// - Parameters:
    ///   - delivery: to a device with a token or an installation id; its notification holds the words of one language, or
    ///     none.
    ///   - configuration: of the device's app.
    ///   - nowMs: milliseconds since the Unix epoch: decides what is left of the notification's time.
    /// - Returns: the request, or the refusal: expired, or what FCM would not take.
    package static func build(
        delivery: Delivery,
        configuration: FCMConfiguration,
        nowMs: Int64
    ) -> Result<FCMRequest, Refusal> {
        guard let target = FCMTarget(delivery.device) else {
            return .failure(.verdict(.badRequest(.missingDeviceToken)))
        }
        return build(target: target, notification: delivery.notification, configuration: configuration, nowMs: nowMs)
    }

    /// The request for any target.
    ///
    /// See ``build(delivery:configuration:nowMs:)``.
    package static func build(
        target: FCMTarget,
        notification: Notification,
        configuration: FCMConfiguration,
        nowMs: Int64
    ) -> Result<FCMRequest, Refusal> {
        let expiresAtMs = notification.expiresAtMs
        guard expiresAtMs == 0 || expiresAtMs > nowMs else { return .failure(.expired) }
        if let verdict = target.verdict { return .failure(.verdict(verdict)) }
        let whole: JSONObject
        do throws(FCMMessage.Refused) {
            whole = try FCMMessage(notification: notification, configuration: configuration, nowMs: nowMs)
                .tree(for: target)
        } catch {
            return .failure(.verdict(.badRequest(error.reason)))
        }
        let isTruncated = FCMPayloadSize.octets(of: whole) > target.payloadBytesMax
        let fitting =
            !isTruncated
            ? whole
            : BodyShortening.fit(notification, octetsMax: target.payloadBytesMax) { shorter in
                let message = try? FCMMessage(notification: shorter, configuration: configuration, nowMs: nowMs)
                    .tree(for: target)
                return message.map { ($0, FCMPayloadSize.octets(of: $0)) }
            }
        guard let message = fitting else { return .failure(.verdict(.badRequest(.payloadTooLarge))) }
        var writer = JSONWriter(capacity: 1_024)
        writer.beginObject()
        if configuration.validateOnly {
            writer.key("validateOnly")
            writer.bool(true)
        }
        writer.key("message")
        message.write(to: &writer)
        writer.endObject()
        let path = "\(configuration.endpoint.path)/v1/projects/\(configuration.app)/messages:send"
        return .success(FCMRequest(path: path, body: writer.bytes, isTruncated: isTruncated))
    }
}

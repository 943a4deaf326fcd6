package import PushCore

/// The answer of APNs to one request.
///
/// Source: Apple, "Handling notification responses from APNs" and "Handling error responses from APNs" (channels).
package struct APNsResponse: Hashable, Sendable {
    /// The HTTP status.
    package let status: Int
    /// The header `apns-id`; nil where absent.
    package let messageID: String?
    /// What the header `Retry-After` asks for.
    ///
    /// APNs documents none; a server in between may send it.
    package let retryAfter: Duration?
    /// `reason` in the body as APNs worded it, cut to 64 octets; nil where the body has none that can be read.
    package let reason: String?
    /// `timestamp` in the body of a 410: when APNs found the token dead, in milliseconds since the Unix epoch.
    package let timestampMs: Int64?

    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: as received, of any kind and size: not all that answers in the name of APNs is APNs.
    ///   - messageID: the header `apns-id`.
    ///   - retryAfter: the header `Retry-After`, as a delay.
    package init(status: Int, body: [UInt8], messageID: String? = nil, retryAfter: Duration? = nil) {
        self.status = status
        self.messageID = messageID
        self.retryAfter = retryAfter
        let scanned = APNsErrorBody(body)
        reason = scanned.reason
        timestampMs = scanned.timestampMs
    }

    /// What the answer means for a delivery to a device that was registered at this time.
    ///
    /// - Parameters:
    ///   - registeredAtMs: of the registration that the delivery was made for; 0 where it is not known.
    ///   - nowMs: of the answer. A provider's time after it is taken for now.
    /// - Returns: the verdict; its reason is the answer's own where that is known, else what its status stands for.
    package func classify(registeredAtMs: Int64, nowMs: Int64) -> Verdict {
        switch (status, reason) {
        case (200, _): .accepted(providerMessageID: messageID)
        case (400, "BadCollapseId"): .badRequest(.badCollapseID)
        case (400, "BadDeviceToken"): .addressDead(.badDeviceToken, invalidSinceMs: nil)
        case (400, "BadExpirationDate"): .badRequest(.badExpirationDate)
        case (400, "BadMessageId"): .badRequest(.badMessageID)
        case (400, "BadPriority"): .badRequest(.badPriority)
        case (400, "BadTopic"): .configuration(.badTopic)
        case (400, "DeviceTokenNotForTopic"): .addressDead(.deviceTokenNotForTopic, invalidSinceMs: nil)
        case (400, "DuplicateHeaders"): .badRequest(.duplicateHeaders)
        case (400, "IdleTimeout"): .reconnect(.idleTimeout)
        case (400, "InvalidPushType"): .badRequest(.invalidPushType)
        case (400, "MissingDeviceToken"): .badRequest(.missingDeviceToken)
        case (400, "MissingTopic"): .configuration(.missingTopic)
        case (400, "PayloadEmpty"): .badRequest(.payloadEmpty)
        case (400, "TopicDisallowed"): .configuration(.topicDisallowed)
        case (403, "BadCertificate"): .configuration(.badCertificate)
        case (403, "BadCertificateEnvironment"): .configuration(.badCertificateEnvironment)
        case (403, "ExpiredProviderToken"): .reauthenticate(.expiredProviderToken)
        case (403, "Forbidden"): .configuration(.forbidden)
        case (403, "InvalidProviderToken"): .configuration(.invalidProviderToken)
        case (403, "MissingProviderToken"): .configuration(.missingProviderToken)
        // The connection belongs to the key of its first request; this key needs a connection of its own.
        case (403, "UnrelatedKeyIdInToken"): .reconnect(.unrelatedKeyIDInToken)
        // Apple's table has the first spelling; the live service was seen to use the second.
        case (403, "BadEnvironmentKeyIdInToken"), (403, "BadEnvironmentKeyInToken"):
            .configuration(.badEnvironmentKeyIDInToken)
        case (404, "BadPath"): .badRequest(.badPath)
        case (405, "MethodNotAllowed"): .badRequest(.methodNotAllowed)
        case (410, "ExpiredToken"): dead(.expiredToken, registeredAtMs: registeredAtMs, nowMs: nowMs)
        case (410, "Unregistered"): dead(.unregistered, registeredAtMs: registeredAtMs, nowMs: nowMs)
        case (413, "PayloadTooLarge"): .badRequest(.payloadTooLarge)
        // Our own renewal is wrong: another new token would make it worse.
        case (429, "TooManyProviderTokenUpdates"): .configuration(.tooManyProviderTokenUpdates)
        case (429, "TooManyRequests"): .retry(.tooManyRequests, after: retryAfter)
        case (500, "InternalServerError"): .retry(.internalServerError, after: retryAfter)
        // With a blank: the spelling of the broadcast service.
        case (503, "ServiceUnavailable"), (503, "Service Unavailable"): .retry(.serviceUnavailable, after: retryAfter)
        case (503, "Shutdown"): .reconnect(.shutdown)
        // The reasons of broadcasts and channels.
        case (400, "BadChannelId"): .badRequest(.badChannelID)
        case (400, "BadRequestParams"): .badRequest(.badRequestParameters)
        case (400, "BadRequestPayload"): .badRequest(.invalidPayload)
        // An app has 10,000 channels at most: nothing becomes of this request until somebody removes some.
        case (400, "CannotCreateChannelConfig"): .badRequest(.tooManyChannels)
        case (400, "ChannelNotRegistered"): .badRequest(.channelNotRegistered)
        case (400, "FeatureNotEnabled"): .configuration(.featureNotEnabled)
        case (400, "MissingChannelId"): .badRequest(.missingChannelID)
        case (400, "MissingPushType"): .badRequest(.missingPushType)
        case (403, "TopicMismatch"): .configuration(.topicMismatch)
        default: classifyByStatus(registeredAtMs: registeredAtMs, nowMs: nowMs)
        }
    }

    /// For reasons that are not in Apple's table, or not with this status, and for bodies without one.
    ///
    /// A known reason under another status does not count: a token must not die of a body that contradicts its status.
    private func classifyByStatus(registeredAtMs: Int64, nowMs: Int64) -> Verdict {
        switch status {
        case 200...299: .accepted(providerMessageID: messageID)
        // A proxy, or a base URL that leads elsewhere.
        case 300...399: .configuration(.rejectedByProvider)
        case 400: .badRequest(.invalidRequest)
        case 401, 407: .configuration(.rejectedByProvider)
        case 403: .configuration(.forbidden)
        case 404: .badRequest(.badPath)
        case 405: .badRequest(.methodNotAllowed)
        case 408: .retry(.timeout, after: retryAfter)
        case 410: dead(.unregistered, registeredAtMs: registeredAtMs, nowMs: nowMs)
        case 413: .badRequest(.payloadTooLarge)
        // Misdirected (RFC 9110 15.5.20): this connection does not serve the host.
        case 421: .reconnect(.connectionLost)
        case 429: .retry(.tooManyRequests, after: retryAfter)
        case 402...499: .badRequest(.rejectedByProvider)
        case 500: .retry(.internalServerError, after: retryAfter)
        case 503: .retry(.serviceUnavailable, after: retryAfter)
        // Other 5xx come from what stands before APNs (502, 504); what is no status at all from something broken.
        default: .retry(.providerUnavailable, after: retryAfter)
        }
    }

    /// Apple: stop using the token only if it was not registered again since the timestamp.
    private func dead(_ reason: Reason, registeredAtMs: Int64, nowMs: Int64) -> Verdict {
        guard let timestampMs else { return .addressDead(reason, invalidSinceMs: nil) }
        let invalidSinceMs = min(timestampMs, nowMs)
        return registeredAtMs < invalidSinceMs
            ? .addressDead(reason, invalidSinceMs: invalidSinceMs)
            : .addressKept(reason, invalidSinceMs: invalidSinceMs)
    }
}

package import PushCore

/// The answer of FCM to one message.
///
/// Source: Google, "ErrorCode" of FCM HTTP v1, "Manage registration tokens" and "Scale your FCM sends".
package struct FCMResponse: Hashable, Sendable {
    /// What is known about the message apart from this answer.
    ///
    /// FCM answers `INVALID_ARGUMENT` to a malformed token as it does to a malformed message. Google lets the token be
    /// deleted only where the message is certainly valid.
    package enum PayloadStanding: Sendable {
        /// FCM takes messages of this rule for other addresses: see ``FCMPayloadRecord``.
        case proven
        case unproven
    }

    /// The HTTP status.
    package let status: Int
    /// `errorCode` of the detail `FcmError`, or else `status` of the error, as worded, cut to 64 octets; nil where the body has
    /// none that can be read.
    package let reason: String?
    /// What APNs answered to FCM, where FCM says so.
    package let apnsReason: String?
    /// The longer of `Retry-After` and the detail `RetryInfo`.
    package let retryAfter: Duration?

    private let error: FCMErrorBody

    /// Google: at least ten seconds before any retry.
    private static let retryMin: Duration = .seconds(10)
    /// Google: at least a minute where a quota is used up, unless the answer says otherwise.
    private static let quotaRetry: Duration = .seconds(60)

    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: as received, of any kind and size: not all that answers in the name of FCM is FCM.
    ///   - retryAfter: the header `Retry-After`.
    ///   - nowMs: when it arrived.
    package init(status: Int, body: [UInt8], retryAfter: String? = nil, nowMs: Int64) {
        self.status = status
        let error = FCMErrorBody(body)
        self.error = error
        reason = error.errorCode ?? error.status
        apnsReason = error.apnsReason
        let header = retryAfter.flatMap { RetryAfter.parse($0, nowMs: nowMs) }
        self.retryAfter = [header, error.retryDelay].compactMap(\.self).max()
    }

    /// What FCM finds fault with, for logs: fields and quotas with its words about them; nil where it names none.
    package var detail: String? {
        let violations = (error.fieldViolations ?? []) + error.quotaViolations
        if violations.isEmpty { return apnsReason.map { "APNs: \($0)" } }
        return violations.map { "\($0.subject): \($0.description)" }.joined(separator: "; ")
    }

    /// Whether the quota of the whole project is used up, so that ``FCMQuota`` closes.
    ///
    /// The rates of one device or topic have the same error code; the detail `QuotaFailure` tells them apart where it is
    /// there.
    package var exceedsProjectQuota: Bool {
        guard status == 429 else { return false }
        return error.quotaViolations.isEmpty
            || error.quotaViolations.contains { violation in
                let subject = violation.subject.lowercased()
                return !["device", "token", "registration", "topic"].contains { subject.hasPrefix($0) }
            }
    }

    /// What the answer means for a delivery.
    ///
    /// - Parameter payload: whether an address may be given up for a bad argument that the answer does not name.
    /// - Returns: the verdict; its reason is the answer's own where that is known, else what its status stands for.
    package func classify(payload: PayloadStanding) -> Verdict {
        switch (status, error.errorCode) {
        case (200, _): .accepted(providerMessageID: error.name)
        case (400, "INVALID_ARGUMENT"): invalidArgument(payload)
        // The Firebase project's own key for APNs or Web Push. The second is its older name.
        case (401, "THIRD_PARTY_AUTH_ERROR"), (401, "APNS_AUTH_ERROR"): .configuration(.thirdPartyAuthError)
        case (403, "SENDER_ID_MISMATCH"): .addressDead(.senderIDMismatch, invalidSinceMs: nil)
        case (404, "UNREGISTERED"): .addressDead(.unregistered, invalidSinceMs: nil)
        case (429, "QUOTA_EXCEEDED"): .retry(.quotaExceeded, after: retryAfter ?? Self.quotaRetry)
        case (500, "INTERNAL"): .retry(.internalServerError, after: retryAfter ?? Self.retryMin)
        case (503, "UNAVAILABLE"): .retry(.serviceUnavailable, after: retryAfter ?? Self.retryMin)
        default: classifyByStatus()
        }
    }

    private func invalidArgument(_ payload: PayloadStanding) -> Verdict {
        // FCM knew the token and asked APNs, which did not like the message.
        if let apnsReason { return .badRequest(apnsReason == "PayloadTooLarge" ? .payloadTooLarge : .invalidRequest) }
        if let violations = error.fieldViolations {
            let isAboutAddress =
                !violations.isEmpty && violations.allSatisfy { ["message.token", "message.fid"].contains($0.subject) }
            return isAboutAddress ? .addressDead(.badDeviceToken, invalidSinceMs: nil) : .badRequest(.invalidRequest)
        }
        return switch payload {
        case .proven: .addressDead(.badDeviceToken, invalidSinceMs: nil)
        case .unproven: .badRequest(.invalidRequest)
        }
    }

    /// For error codes that are not in Google's table, or not with this status, and for bodies without one: HTML, empty, cut
    /// off.
    ///
    /// A known code under another status does not count: a token must not die of a body that contradicts its status.
    private func classifyByStatus() -> Verdict {
        switch status {
        case 200...299: .accepted(providerMessageID: error.name)
        // A proxy, or a base address that leads elsewhere.
        case 300...399: .configuration(.rejectedByProvider)
        case 400: .badRequest(.invalidRequest)
        // The access token has expired or was revoked.
        case 401: .reauthenticate(.unauthenticated)
        // The account may not send for the project, or the API is not enabled.
        case 403: .configuration(.forbidden)
        // No such project, or no such path: nothing that says so of a token.
        case 404: .configuration(.notFound)
        case 405: .badRequest(.methodNotAllowed)
        case 407: .configuration(.rejectedByProvider)
        case 408: .retry(.timeout, after: retryAfter ?? Self.retryMin)
        case 413: .badRequest(.payloadTooLarge)
        // Misdirected (RFC 9110 15.5.20): this connection does not serve the host.
        case 421: .reconnect(.connectionLost)
        // RESOURCE_EXHAUSTED without FCM's own code: Google's front end counts the project's requests too.
        case 429 where error.status == "RESOURCE_EXHAUSTED":
            .retry(.quotaExceeded, after: retryAfter ?? Self.quotaRetry)
        case 429: .retry(.tooManyRequests, after: retryAfter ?? Self.quotaRetry)
        // google.rpc.Code CANCELLED.
        case 499: .retry(.providerUnavailable, after: retryAfter ?? Self.retryMin)
        case 402...499: .badRequest(.rejectedByProvider)
        case 500: .retry(.internalServerError, after: retryAfter ?? Self.retryMin)
        case 503: .retry(.serviceUnavailable, after: retryAfter ?? Self.retryMin)
        // Other 5xx come from what stands before FCM (502, 504); what is no status at all from something broken.
        default: .retry(.providerUnavailable, after: retryAfter ?? Self.retryMin)
        }
    }
}

package import PushCore

/// The answer of a push service to one message.
///
/// RFC 8030 gives the statuses their meaning; each vendor adds words of its own.
///
/// Source: RFC 8030 sections 5 and 8; Mozilla, "Autopush error codes"; Apple, "Sending web push notifications in web apps and
/// browsers"; Microsoft, "Push notification service request and response headers".
package struct WebPushResponse: Hashable, Sendable {
    /// What is known about our key apart from this answer.
    ///
    /// A refused signature is our fault, and a reason to stop; unless it is good for other subscriptions at the same push
    /// service: then this one was made for another key, and will never take a message of ours.
    package enum KeyStanding: Sendable {
        /// The push service has accepted another message with the same authorization.
        case proven
        case unproven
    }

    /// The HTTP status.
    package let status: Int
    /// As the vendor worded it, cut to 128 octets; nil where the answer has none that can be read.
    package let reason: String?
    /// The push service's name for the message: the end of `Location` (RFC 8030 section 5), or the vendor's own id.
    package let messageID: String?
    /// The longer of `Retry-After` and `X-WNS-Continue-After`.
    package let retryAfter: Duration?

    private let vendor: WebPushVendor
    private let error: WebPushErrorBody
    /// `received`, `dropped` or `channelthrottled`, in lower case.
    private let wnsStatus: String?

    private static let messageIDBytesMax = 1_024

    /// - Parameters:
    ///   - status: the HTTP status.
    ///   - body: as received, of any kind and size: not all that answers in the name of a push service is one.
    ///   - header: the value of a header by its name in lower case; nil where absent.
    ///   - vendor: of the endpoint that was asked.
    ///   - nowMs: when it arrived.
    package init(
        status: Int,
        body: [UInt8],
        header: (String) -> String?,
        vendor: WebPushVendor,
        nowMs: Int64
    ) {
        self.status = status
        let error = WebPushErrorBody(body)
        self.error = error
        let wnsStatus = (header("x-wns-status") ?? header("x-wns-notificationstatus"))?.lowercased()
        self.vendor = vendor == .other ? Self.vendor(error, wnsStatus: wnsStatus) : vendor
        self.wnsStatus = self.vendor == .microsoft ? wnsStatus : nil
        reason = Self.reason(self.vendor, error, wnsStatus: self.wnsStatus, header: header)
        // Who holds the message's URL may delete it (RFC 8030 section 6.2), so that only its last part is kept.
        let location = header("location").flatMap { $0.split(separator: "/").last.map(String.init) }
        messageID = (location ?? header("apns-id") ?? header("x-wns-msg-id")).map { id in
            String(decoding: id.utf8.prefix(Self.messageIDBytesMax), as: UTF8.self)
        }
        let delays = [header("retry-after"), header("x-wns-continue-after")]
        retryAfter = delays.compactMap { $0.flatMap { RetryAfter.parse($0, nowMs: nowMs) } }.max()
    }

    /// A service that is in no list, by the form of its answer: simulators and proxies keep that.
    private static func vendor(_ error: WebPushErrorBody, wnsStatus: String?) -> WebPushVendor {
        if error.errorNumber != nil { return .mozilla }
        if error.reason != nil { return .apple }
        if wnsStatus != nil { return .microsoft }
        return error.text == nil ? .other : .google
    }

    private static func reason(
        _ vendor: WebPushVendor,
        _ error: WebPushErrorBody,
        wnsStatus: String?,
        header: (String) -> String?
    ) -> String? {
        switch vendor {
        case .mozilla:
            error.errorNumber.map { number in "errno \(number)" + (error.message.map { ": \($0)" } ?? "") }
        case .apple: error.reason
        case .google: error.text
        case .microsoft:
            header("x-wns-error-description").map { String(decoding: $0.utf8.prefix(128), as: UTF8.self) }
                ?? wnsStatus
        case .other: nil
        }
    }

    /// What the answer means for a delivery.
    ///
    /// - Parameter key: whether a refused signature may be the subscription's fault.
    /// - Returns: the verdict; its reason is the vendor's own where that is known, else what the status stands for.
    package func classify(key: KeyStanding) -> Verdict {
        let verdict: Verdict? =
            switch vendor {
            case .mozilla: classifyMozilla(key)
            case .apple: classifyApple()
            case .google: classifyGoogle(key)
            case .microsoft: classifyMicrosoft(key)
            case .other: nil
            }
        return verdict ?? classifyByStatus()
    }

    private func classifyMozilla(_ key: KeyStanding) -> Verdict? {
        switch (status, error.errorNumber) {
        // Encryption headers (101), router type (108), a missing header (111), content encoding (110).
        case (400, 101), (400, 108), (400, 110), (400, 111): .badRequest(.invalidRequest)
        case (400, 112), (400, 114): .badRequest(.badTimeToLive)
        case (400, 113): .badRequest(.badCollapseID)
        case (401, 109): error.message == "VAPID public key mismatch" ? Self.keyMismatch : refusedToken(key)
        case (404, 102), (410, 103), (410, 105), (410, 106): Self.gone
        case (413, 104): .badRequest(.payloadTooLarge)
        case (500, 999): .retry(.internalServerError, after: retryAfter)
        // The bridge to APNs or FCM.
        case (502, 900), (502, 901), (502, 902), (502, 903): .retry(.providerUnavailable, after: retryAfter)
        case (503, 201): .retry(.serviceUnavailable, after: retryAfter)
        // Mozilla: may be sent again at once.
        case (503, 202): .retry(.serviceUnavailable, after: retryAfter ?? .zero)
        default: nil
        }
    }

    /// Apple's page gives no status for most reasons; a few were seen with two.
    private func classifyApple() -> Verdict? {
        switch (status, error.reason) {
        case (400, "BadTtl"): .badRequest(.badTimeToLive)
        case (400, "BadUrgency"): .badRequest(.badPriority)
        case (400, "BadWebPushTopic"): .badRequest(.badCollapseID)
        case (400, "BadWebPushRequest"): .badRequest(.invalidRequest)
        case (400, "BadPath"), (404, "BadPath"): .badRequest(.badPath)
        case (405, "MethodNotAllowed"): .badRequest(.methodNotAllowed)
        case (413, "PayloadTooLarge"), (400, "PayloadTooLarge"): .badRequest(.payloadTooLarge)
        case (400, "BadAuthorizationHeader"), (403, "BadAuthorizationHeader"): .configuration(.missingProviderToken)
        case (400, "BadJwtToken"), (403, "BadJwtToken"), (400, "BadVapidPublicKey"), (403, "BadVapidPublicKey"):
            .configuration(.invalidProviderToken)
        case (400, "VapidPkHashMismatch"), (403, "VapidPkHashMismatch"): Self.keyMismatch
        case (429, "TooManyRequests"): .retry(.tooManyRequests, after: retryAfter)
        case (500, "InternalServerError"): .retry(.internalServerError, after: retryAfter)
        case (503, "ServiceUnavailable"): .retry(.serviceUnavailable, after: retryAfter)
        case (400, "IdleTimeout"), (503, "IdleTimeout"): .reconnect(.idleTimeout)
        case (503, "Shutdown"): .reconnect(.shutdown)
        default: nil
        }
    }

    /// Google has no codes, so that its words have to count: only whole phrases, each with its status.
    private func classifyGoogle(_ key: KeyStanding) -> Verdict? {
        let text = error.text ?? ""
        return switch status {
        case 403 where text.contains("do not correspond to the credentials used to create the subscription"):
            Self.keyMismatch
        case 400 where text == "UnauthorizedRegistration": refusedToken(key)
        case 401
        where text == "authorization header must be specified" || text == "authorization header must be specified.":
            .configuration(.missingProviderToken)
        default: nil
        }
    }

    private func classifyMicrosoft(_ key: KeyStanding) -> Verdict? {
        switch (status, wnsStatus) {
        // Taken, and not delivered.
        case (200...299, "dropped"): .badRequest(.rejectedByProvider)
        case (200...299, "channelthrottled"): .retry(.tooManyRequests, after: retryAfter)
        // A bare 401 was seen for the wrong key.
        case (401, _): refusedToken(key)
        case (406, _): .retry(.tooManyRequests, after: retryAfter)
        default: nil
        }
    }

    private func refusedToken(_ key: KeyStanding) -> Verdict {
        switch key {
        case .proven: Self.keyMismatch
        case .unproven: .configuration(.invalidProviderToken)
        }
    }

    private static let keyMismatch = Verdict.addressDead(.vapidKeyMismatch, invalidSinceMs: nil)
    /// No push service says since when.
    private static let gone = Verdict.addressDead(.unregistered, invalidSinceMs: nil)

    /// For words that are in no vendor's table, or not with this status, and for bodies without any: HTML, empty, cut off.
    private func classifyByStatus() -> Verdict {
        switch status {
        case 200...299: .accepted(providerMessageID: messageID)
        // No push service sends messages elsewhere, and we would not follow. The endpoint came from a client: it is not the app's fault.
        case 300...399: .badRequest(.rejectedByProvider)
        case 400: .badRequest(.invalidRequest)
        case 401: .configuration(.invalidProviderToken)
        case 403: .configuration(.forbidden)
        // RFC 8030 section 7.3: a subscription that has expired; 410 is what vendors say of one that was given up.
        case 404, 410: Self.gone
        case 405: .badRequest(.methodNotAllowed)
        // WNS throttles so, and nobody else has a use for it.
        case 406: .retry(.tooManyRequests, after: retryAfter)
        case 407: .configuration(.rejectedByProvider)
        case 408: .retry(.timeout, after: retryAfter)
        case 413: .badRequest(.payloadTooLarge)
        // Misdirected (RFC 9110 15.5.20): this connection does not serve the host.
        case 421: .reconnect(.connectionLost)
        case 429: .retry(.tooManyRequests, after: retryAfter)
        case 402...499: .badRequest(.rejectedByProvider)
        case 500: .retry(.internalServerError, after: retryAfter)
        case 503: .retry(.serviceUnavailable, after: retryAfter)
        // Other 5xx come from what stands before the push service; what is no status at all from something broken.
        default: .retry(.providerUnavailable, after: retryAfter)
        }
    }
}

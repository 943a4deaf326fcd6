import PushCore
import PushProviders
import Testing

@Suite("APNs answers")
struct APNsResponseTests {
    static let registeredAtMs: Int64 = 1_795_000_000_000
    static let nowMs: Int64 = 1_795_000_900_000
    static let laterMs: Int64 = 1_795_000_600_000

    /// Apple's table of reasons: status, reason, verdict.
    static let table: [(status: Int, reason: String, verdict: Verdict)] = [
        (400, "BadCollapseId", .badRequest(.badCollapseID)),
        (400, "BadDeviceToken", .addressDead(.badDeviceToken, invalidSinceMs: nil)),
        (400, "BadExpirationDate", .badRequest(.badExpirationDate)),
        (400, "BadMessageId", .badRequest(.badMessageID)),
        (400, "BadPriority", .badRequest(.badPriority)),
        (400, "BadTopic", .configuration(.badTopic)),
        (400, "DeviceTokenNotForTopic", .addressDead(.deviceTokenNotForTopic, invalidSinceMs: nil)),
        (400, "DuplicateHeaders", .badRequest(.duplicateHeaders)),
        (400, "IdleTimeout", .reconnect(.idleTimeout)),
        (400, "InvalidPushType", .badRequest(.invalidPushType)),
        (400, "MissingDeviceToken", .badRequest(.missingDeviceToken)),
        (400, "MissingTopic", .configuration(.missingTopic)),
        (400, "PayloadEmpty", .badRequest(.payloadEmpty)),
        (400, "TopicDisallowed", .configuration(.topicDisallowed)),
        (403, "BadCertificate", .configuration(.badCertificate)),
        (403, "BadCertificateEnvironment", .configuration(.badCertificateEnvironment)),
        (403, "ExpiredProviderToken", .reauthenticate(.expiredProviderToken)),
        (403, "Forbidden", .configuration(.forbidden)),
        (403, "InvalidProviderToken", .configuration(.invalidProviderToken)),
        (403, "MissingProviderToken", .configuration(.missingProviderToken)),
        (403, "UnrelatedKeyIdInToken", .reconnect(.unrelatedKeyIDInToken)),
        (403, "BadEnvironmentKeyIdInToken", .configuration(.badEnvironmentKeyIDInToken)),
        (403, "BadEnvironmentKeyInToken", .configuration(.badEnvironmentKeyIDInToken)),
        (404, "BadPath", .badRequest(.badPath)),
        (405, "MethodNotAllowed", .badRequest(.methodNotAllowed)),
        (410, "ExpiredToken", .addressDead(.expiredToken, invalidSinceMs: nil)),
        (410, "Unregistered", .addressDead(.unregistered, invalidSinceMs: nil)),
        (413, "PayloadTooLarge", .badRequest(.payloadTooLarge)),
        (429, "TooManyProviderTokenUpdates", .configuration(.tooManyProviderTokenUpdates)),
        (429, "TooManyRequests", .retry(.tooManyRequests, after: nil)),
        (500, "InternalServerError", .retry(.internalServerError, after: nil)),
        (503, "ServiceUnavailable", .retry(.serviceUnavailable, after: nil)),
        (503, "Service Unavailable", .retry(.serviceUnavailable, after: nil)),
        (503, "Shutdown", .reconnect(.shutdown)),
        // Of broadcasts and channels.
        (400, "FeatureNotEnabled", .configuration(.featureNotEnabled)),
        (400, "MissingChannelId", .badRequest(.missingChannelID)),
        (400, "BadChannelId", .badRequest(.badChannelID)),
        (400, "ChannelNotRegistered", .badRequest(.channelNotRegistered)),
        (400, "BadRequestParams", .badRequest(.badRequestParameters)),
        (400, "BadRequestPayload", .badRequest(.invalidPayload)),
        (400, "MissingPushType", .badRequest(.missingPushType)),
        (400, "CannotCreateChannelConfig", .badRequest(.tooManyChannels)),
        (403, "TopicMismatch", .configuration(.topicMismatch)),
    ]

    /// What holds where the body says nothing that is known.
    static let byStatus: [(status: Int, verdict: Verdict)] = [
        (200, .accepted(providerMessageID: nil)), (204, .accepted(providerMessageID: nil)),
        (302, .configuration(.rejectedByProvider)), (400, .badRequest(.invalidRequest)),
        (401, .configuration(.rejectedByProvider)), (403, .configuration(.forbidden)), (404, .badRequest(.badPath)),
        (405, .badRequest(.methodNotAllowed)), (407, .configuration(.rejectedByProvider)),
        (408, .retry(.timeout, after: nil)),
        (410, .addressDead(.unregistered, invalidSinceMs: nil)), (413, .badRequest(.payloadTooLarge)),
        (421, .reconnect(.connectionLost)), (422, .badRequest(.rejectedByProvider)),
        (429, .retry(.tooManyRequests, after: nil)), (431, .badRequest(.rejectedByProvider)),
        (500, .retry(.internalServerError, after: nil)), (502, .retry(.providerUnavailable, after: nil)),
        (503, .retry(.serviceUnavailable, after: nil)), (504, .retry(.providerUnavailable, after: nil)),
        (599, .retry(.providerUnavailable, after: nil)), (0, .retry(.providerUnavailable, after: nil)),
        (-1, .retry(.providerUnavailable, after: nil)), (1_000, .retry(.providerUnavailable, after: nil)),
    ]

    /// Bodies that say nothing, or nothing that counts.
    static let speechless: [String] = [
        "", " ", "null", "[]", "{}", "{", "{\"", "{\"reason", "{\"reason\"", "{\"reason\":", "{\"reason\":\"",
        "{\"reason\":\"Unregist",
        "{\"reason\": null}", "{\"reason\": 7}", "{\"reason\": {\"reason\": \"Unregistered\"}}", "{\"reason\": \"\"}",
        "{\"reason\": \"NeverHeardOf\"}", "{\"reason\": \"unregistered\"}", "{\"reason\": \"Unregistered \"}",
        "{\"error\": {\"reason\": \"Unregistered\"}}", "[{\"reason\": \"Unregistered\"}]", "\"Unregistered\"",
        "Unregistered",
        "<html><body><h1>502 Bad Gateway</h1>{\"reason\": \"Unregistered\"}</body></html>",
        "{\"note\": \"\\\"reason\\\": \\\"Unregistered\\\"\"}", "{\"a\": \"\\", "{\"a\": \"\\\"}", "{,,,}", "}}}}",
        "{\"a\":}",
        String(repeating: "{\"reason\":", count: 2_000), String(repeating: "[", count: 100_000),
        "{\"pad\": \"" + String(repeating: "x", count: 100_000) + "\", \"reason\": \"Unregistered\"}", "\0\0\0\0",
    ]

    private static func classify(_ status: Int, _ body: String) -> Verdict {
        APNsResponse(status: status, body: Array(body.utf8)).classify(registeredAtMs: registeredAtMs, nowMs: nowMs)
    }

    @Test("every reason of Apple's table has its verdict", arguments: table)
    func reasons(status: Int, reason: String, verdict: Verdict) {
        #expect(Self.classify(status, "{\"reason\":\"\(reason)\"}") == verdict)
    }

    @Test(
        "200 is accepted, with the id that APNs gives, whatever the body holds",
        arguments: ["", "{\"reason\":\"Unregistered\"}"]
    )
    func accepted(body: String) {
        let response = APNsResponse(
            status: 200,
            body: Array(body.utf8),
            messageID: "eabeae54-14a8-11e5-b60b-1697f925ec7b"
        )
        let verdict = response.classify(registeredAtMs: 0, nowMs: Self.nowMs)
        #expect(verdict == .accepted(providerMessageID: "eabeae54-14a8-11e5-b60b-1697f925ec7b"))
    }

    @Test("a body without a known reason leaves the word to the status", arguments: byStatus)
    func statuses(status: Int, verdict: Verdict) {
        for body in Self.speechless {
            #expect(Self.classify(status, body) == verdict, "status \(status), body \(body.prefix(60))")
        }
    }

    @Test("a known reason under another status does not count", arguments: table)
    func contradictions(status: Int, reason: String, verdict: Verdict) {
        for (other, expected) in Self.byStatus where other != status {
            #expect(Self.classify(other, "{\"reason\":\"\(reason)\"}") == expected, "status \(other)")
        }
    }

    @Test("the reason is found in any order, spacing and company")
    func layouts() {
        let bodies = [
            "{\"reason\":\"Unregistered\",\"timestamp\":\(Self.laterMs)}",
            " \r\n\t{ \"timestamp\" : \(Self.laterMs) , \"reason\" : \"Unregistered\" } trailing",
            "{\"a\":[1,{\"reason\":\"x\"},\"]\"],\"b\":{\"timestamp\":1},\"c\":\"}\\\"{\",\"d\":-1.5e3,"
                + "\"reason\":\"Unregistered\",\"timestamp\":\(Self.laterMs)}",
            "{\"reason\":\"Unregistered\",\"timestamp\":\(Self.laterMs),\"reason\":\"BadTopic\",\"timestamp\":1",
        ]
        for body in bodies {
            #expect(
                Self.classify(410, body)
                    == .addressDead(.unregistered, invalidSinceMs: Self.laterMs)
            )
        }
    }

    @Test(
        "a timestamp that is no whole number of milliseconds is no timestamp",
        arguments: [
            "null", "\"1795000600000\"", "-5", "1.5", "1e12", "99999999999999999999", "[1]", "true", "",
        ]
    )
    func badTimestamps(timestamp: String) {
        let first = Self.classify(410, "{\"timestamp\":\(timestamp),\"reason\":\"ExpiredToken\"}")
        #expect(first == .addressDead(.expiredToken, invalidSinceMs: nil))
        let last = Self.classify(410, "{\"reason\":\"ExpiredToken\",\"timestamp\":\(timestamp)}")
        #expect(last == .addressDead(.expiredToken, invalidSinceMs: nil))
    }

    @Test("a timestamp that breaks off is not taken for a shorter one")
    func truncatedTimestamp() {
        let verdict = Self.classify(410, "{\"reason\":\"Unregistered\",\"timestamp\":17950006")
        #expect(verdict == .addressDead(.unregistered, invalidSinceMs: nil))
    }

    @Test(
        "410 kills the token only if it was registered before the timestamp",
        arguments: [
            (registeredAtMs, registeredAtMs + 1, .addressDead(.unregistered, invalidSinceMs: registeredAtMs + 1)),
            (registeredAtMs, registeredAtMs, .addressKept(.unregistered, invalidSinceMs: registeredAtMs)),
            (registeredAtMs, registeredAtMs - 1, .addressKept(.unregistered, invalidSinceMs: registeredAtMs - 1)),
            (0, registeredAtMs, .addressDead(.unregistered, invalidSinceMs: registeredAtMs)),
            // A provider's clock that is ahead does not reach registrations still to come.
            (registeredAtMs, nowMs + 3_600_000, .addressDead(.unregistered, invalidSinceMs: nowMs)),
            (nowMs + 1, nowMs + 3_600_000, .addressKept(.unregistered, invalidSinceMs: nowMs)),
        ] as [(Int64, Int64, Verdict)]
    )
    func timestampRule(registeredAtMs: Int64, timestampMs: Int64, verdict: Verdict) {
        let body = "{\"reason\":\"Unregistered\",\"timestamp\":\(timestampMs)}"
        let response = APNsResponse(status: 410, body: Array(body.utf8))
        #expect(response.classify(registeredAtMs: registeredAtMs, nowMs: Self.nowMs) == verdict)
        #expect(response.timestampMs == timestampMs)
    }

    @Test("410 with an unknown reason keeps the timestamp rule")
    func unknownGone() {
        let body = "{\"reason\":\"Vanished\",\"timestamp\":\(Self.registeredAtMs - 1)}"
        #expect(Self.classify(410, body) == .addressKept(.unregistered, invalidSinceMs: Self.registeredAtMs - 1))
    }

    @Test("Retry-After is passed on where sending again makes sense", arguments: [429, 500, 502, 503])
    func retryAfter(status: Int) {
        let response = APNsResponse(status: status, body: [], retryAfter: .seconds(120))
        guard case .retry(_, let delay) = response.classify(registeredAtMs: 0, nowMs: Self.nowMs) else {
            Issue.record("not a retry")
            return
        }
        #expect(delay == .seconds(120))
    }

    @Test("the reason is kept as APNs worded it, cut to 64 octets")
    func providerReason() {
        #expect(APNsResponse(status: 400, body: Array("{\"reason\":\"NeverHeardOf\"}".utf8)).reason == "NeverHeardOf")
        let long = String(repeating: "a", count: 3_000)
        #expect(
            APNsResponse(status: 400, body: Array("{\"reason\":\"\(long)\"}".utf8)).reason == String(long.prefix(64))
        )
        #expect(APNsResponse(status: 400, body: Array("<html>".utf8)).reason == nil)
    }

    @Test("no octets crash, and none make more of a status than it says", arguments: [11, 12, 13, 14] as [UInt64])
    func hostileBodies(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let seeds = Self.table.map { Array("{\"reason\":\"\($0.reason)\",\"timestamp\":\(Self.laterMs)}".utf8) }
        for round in 0..<2_000 {
            var body = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 0...6, using: &random) where !body.isEmpty {
                let index = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: body[index] = UInt8.random(in: .min ... .max, using: &random)
                case 1: body.remove(at: index)
                case 2: body.insert(Array("{}[]\":,\\".utf8).randomElement(using: &random) ?? 0, at: index)
                default: body.removeLast(body.count - index)
                }
            }
            let verdict = APNsResponse(status: 500, body: body).classify(registeredAtMs: 0, nowMs: Self.nowMs)
            #expect(verdict == .retry(.internalServerError, after: nil), "seed \(seed), round \(round), \(body)")
        }
    }
}

/// A generator that repeats from its seed (Steele, Lea and Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

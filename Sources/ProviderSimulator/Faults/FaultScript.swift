/// What shall go wrong, when, and for whom: an ordered list of rules of which the first that matches applies.
///
/// It is the same for every provider; a rule can be limited to one. As a file it is a YAML (or JSON) list:
///
/// ```yaml
/// # Which requests: provider, token, topic and path (globs), requests (numbers from 1), after and for (time since the
/// # start); of these every n-th, or a share of them. Without path a rule concerns the requests that send, and requests
/// # counts those; with it, any request, such as FCM's OAuth endpoint.
/// - { token: "dead*", status: 410, reason: Unregistered, timestamp: 1700000000000 }
/// - { every: 50, status: 503, reason: ServiceUnavailable }
/// - { after: 10s, for: 30s, status: 502, body: "<html>", headers: { content-type: text/html } }
/// - { share: 0.02, seed: 7, latency: 200ms, jitter: 50ms }
/// - { requests: "100..200", action: goaway, last_stream: before, reason: Shutdown, error_code: 0 }
/// - { requests: "500", action: settings, max_concurrent_streams: 1 }
/// - { every: 777, action: silence }      # or reset, refuse
/// - { provider: fcm, token: "gone*", status: 404, reason: UNREGISTERED }
/// - { provider: fcm, path: "/token", status: 400, reason: invalid_grant }
/// - { provider: webpush, path: "/push/apple/*", status: 429, headers: { retry-after: "30" } }
/// ```
///
/// `reason` is the provider's own: APNs' reason, FCM's error code, for Web Push what the vendor says (Mozilla: its errno;
/// WNS: with a 2xx status, that of `X-WNS-Status`). On HTTP/1.1, `refuse` and `goaway` with `last_stream: before` close
/// the connection without an answer, and any other `goaway` answers and closes.
package struct FaultScript: Sendable {
    package let rules: [FaultRule]

    package init(rules: [FaultRule] = []) {
        self.rules = rules
    }
}

/// One rule: which requests, and what happens to them.
package struct FaultRule: Sendable {
    package var selector = FaultSelector()
    package var effect = FaultEffect.normalAnswer
    package var latency = FaultLatency()
    /// Seed of the rule's own randomness (share, jitter).
    package var seed: UInt64 = 0

    package init() {}
}

/// Which requests a rule applies to; everything given must hold.
package struct FaultSelector: Sendable {
    /// How many of the requests that match all else are struck.
    package enum Portion: Sendable, Hashable {
        case all
        /// The n-th, the 2n-th, …; from 1.
        case every(Int)
        /// Each with this probability, from 0 to 1.
        case share(Double)
    }

    /// Nil for any.
    package var provider: SimulatedProvider?
    /// The device: APNs' device token; FCM's token, installation id, `/topics/<name>` or condition; the name of a Web
    /// Push subscription.
    package var token: Glob?
    /// APNs' and Web Push's topic header, FCM's topic.
    package var topic: Glob?
    /// The path with its query; nil for any that sends.
    package var path: Glob?
    /// Numbers of the requests that send, counted over all connections from 1.
    package var requests: ClosedRange<Int>?
    /// Time since the start at which the rule begins to apply.
    package var after: Duration = .zero
    /// How long it applies; nil for ever.
    package var length: Duration?
    package var portion = Portion.all

    package init() {}
}

/// A delay before an answer: `base` plus or minus up to `jitter`.
package struct FaultLatency: Sendable, Hashable {
    package var base: Duration = .zero
    package var jitter: Duration = .zero

    package init() {}
}

/// What happens to a struck request.
package enum FaultEffect: Sendable, Hashable {
    /// The answer it would have had without the rule.
    case normalAnswer
    /// The given answer, unless the request breaks the provider's rules: a fault never hides a client's mistake.
    case answer(FaultAnswer)
    case goAway(FaultGoAway)
    /// The TCP connection is reset: no GOAWAY, no TLS alert.
    case reset
    /// No answer, ever.
    case silence
    /// `RST_STREAM` with `REFUSED_STREAM`: not processed.
    case refuse
    /// A normal answer, and another `SETTINGS_MAX_CONCURRENT_STREAMS` for all connections, present and later.
    case settings(maxConcurrentStreams: Int)
}

/// An answer as a script gives it.
package struct FaultAnswer: Sendable, Hashable {
    /// HTTP status, from 200 to 599.
    package var status = 200
    package var reason: String?
    /// Milliseconds since 1970 for a 410; nil for the time of the request.
    package var timestamp: Int64?
    /// Replaces the provider's own body.
    package var body: String?
    package var headers: [HeaderField] = []

    package init() {}
}

/// How a connection is ended in an orderly way.
package struct FaultGoAway: Sendable, Hashable {
    /// Which requests `last_stream_id` declares as processed.
    package enum LastStream: String, Sendable, CaseIterable {
        /// The present request and those before it.
        case this
        /// Those before the present request, which gets no answer.
        case before
        /// All, also those still on their way (2^31-1, then the true number shortly before the close).
        case all
    }

    package var lastStream = LastStream.this
    /// HTTP/2 error code; 0 is `NO_ERROR`.
    package var errorCode: UInt32 = 0
    /// Sent as debug data, `{"reason": …}`; nil for none.
    package var reason: String?

    package init() {}
}

/// A shell-like pattern: `*` stands for any characters, `?` for one.
package struct Glob: Sendable, Hashable {
    private let pattern: [UInt8]

    package init(_ pattern: String) {
        self.pattern = Array(pattern.utf8)
    }

    package func matches(_ text: String) -> Bool {
        let text = Array(text.utf8)
        var (position, at) = (0, 0)
        // Where the last star was and how far it reaches; on a mismatch it swallows one character more.
        var star: (position: Int, reach: Int)?
        while at < text.count {
            if position < pattern.count, pattern[position] == UInt8(ascii: "*") {
                star = (position, at)
                position += 1
            } else if position < pattern.count, pattern[position] == UInt8(ascii: "?") || pattern[position] == text[at]
            {
                position += 1
                at += 1
            } else if let (starPosition, reach) = star {
                star = (starPosition, reach + 1)
                position = starPosition + 1
                at = reach + 1
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

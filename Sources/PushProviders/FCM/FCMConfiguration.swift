/// One app at Firebase Cloud Messaging: its project, who signs for it, and where its requests go.
///
/// Facts: Google, "FCM HTTP v1 API" and "Throttling and quotas".
package struct FCMConfiguration: Hashable, Sendable {
    /// How fast messages may leave: Google counts them for each project and minute.
    package struct Quota: Hashable, Sendable {
        /// Google's default is 600,000; instances that share a project share its quota.
        package var messagesPerMinute: Int = 600_000
        /// How long it takes to come from nothing to the full rate.
        ///
        /// Google: at least 60 seconds. Zero: at once.
        package var rampUp: Duration = .seconds(60)

        package static let messagesPerMinuteRange = 1...100_000_000
        package static let rampUpRange: ClosedRange<Duration> = .zero ... .seconds(24 * 60 * 60)

        package init() {}
    }

    /// Firebase project id (or number): what a device's `app` names.
    package var app: String
    /// Google's, unless another takes its place: a simulator or a proxy.
    package var baseURL = FCMConfiguration.googleURL { didSet { base = FCMEndpoint(baseURL) } }
    /// ``baseURL``, read once: every message asks for it.
    private var base = FCMEndpoint(FCMConfiguration.googleURL)
    private static let googleURL = "https://fcm.googleapis.com"
    /// Where access tokens come from; nil: where the service account's file says.
    package var tokenURI: String?
    /// Where the older topic calls go.
    package var topicBaseURL = "https://iid.googleapis.com"
    /// What all requests go through, those for access tokens and topics too; nil: straight to the hosts.
    package var proxy: FCMProxy?
    package var quota = Quota()
    /// Messages are checked by FCM and delivered to nobody.
    package var validateOnly = false
    /// A name under which Firebase's reports count the messages, unless a rule names another; nil: none.
    package var analyticsLabel: String?

    package init(app: String) {
        self.app = app
    }

    /// Where messages go.
    ///
    /// - Precondition: there are no ``violations``.
    package var endpoint: FCMEndpoint { Self.checked(base) }

    /// Where the older topic calls go.
    ///
    /// - Precondition: there are no ``violations``.
    package var topicEndpoint: FCMEndpoint { Self.checked(FCMEndpoint(topicBaseURL)) }

    /// Where access tokens of this account come from.
    ///
    /// - Precondition: there are no ``violations``.
    package func tokenEndpoint(of account: FCMServiceAccount) -> FCMEndpoint {
        tokenURI.map { Self.checked(FCMEndpoint($0)) } ?? account.tokenURI
    }

    private static func checked(_ endpoint: FCMEndpoint?) -> FCMEndpoint {
        guard let endpoint else {
            preconditionFailure("an FCM configuration is used that was not validated")
        }
        return endpoint
    }

    package typealias Violation = ConfigurationViolation

    /// Everything that is not allowed; empty where the configuration can be used.
    package var violations: [Violation] {
        var found: [Violation] = []
        if !Self.isProjectID(app) {
            let allowed = "a Firebase project id: 1 to 63 of a-z, 0-9, '-', '.' and ':'"
            found.append(Violation(key: "app", value: app, allowed: allowed))
        }
        let urls = [("base_url", baseURL), ("token_uri", tokenURI), ("topic_base_url", topicBaseURL)]
        for case (let key, let url?) in urls where FCMEndpoint(url) == nil {
            found.append(Violation(key: key, value: url, allowed: FCMEndpoint.allowed))
        }
        if !Quota.messagesPerMinuteRange.contains(quota.messagesPerMinute) {
            found.append(
                Violation(
                    key: "quota.messages_per_minute",
                    value: "\(quota.messagesPerMinute)",
                    allowed: "1 to 100000000"
                )
            )
        }
        if !Quota.rampUpRange.contains(quota.rampUp) {
            found.append(Violation(key: "quota.ramp_up", value: "\(quota.rampUp)", allowed: "0s to 24h"))
        }
        if let analyticsLabel, !FCMValueForm.isAnalyticsLabel(analyticsLabel) {
            found.append(
                Violation(
                    key: "analytics_label",
                    value: analyticsLabel,
                    allowed: FCMValueForm.analyticsLabel.allowed
                )
            )
        }
        return found
    }

    /// Letters that can stand in a path.
    ///
    /// Google's ids are 6 to 30 of `a-z0-9-`; older ones have a domain before a colon.
    static func isProjectID(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy { octet in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) || "-.:".utf8.contains(octet)
            }
    }
}

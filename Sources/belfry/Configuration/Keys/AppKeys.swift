import PushProviders

/// The keys under `apps`.
extension ConfigurationKeys {
    static let webPushPadding =
        Int64(WebPushConfiguration.paddingRange.lowerBound)...Int64(WebPushConfiguration.paddingRange.upperBound)

    private static let messagesPerMinute =
        Int64(
            FCMConfiguration.Quota.messagesPerMinuteRange.lowerBound
        )...Int64(
            FCMConfiguration.Quota.messagesPerMinuteRange.upperBound
        )

    static let apps: [KeyDescription] = general + apns + fcm + webPush

    private static let general: [KeyDescription] = [
        KeyDescription(
            "apps[].provider",
            .choice(["apns", "fcm", "webpush"]),
            .required,
            "The push service.",
            example: "apns"
        ),
        KeyDescription(
            "apps[].app",
            .text,
            .required,
            "Bundle id (apns), project id (fcm) or web origin (webpush); unique per provider.",
            example: "com.example.shop"
        ),
        KeyDescription(
            "apps[].base_url",
            .text,
            .optional,
            "apns and fcm: sends there instead of to the provider (for apns: in both environments); `https://host:port`.",
            example: "https://127.0.0.1:8443"
        ),
    ]

    private static let apns: [KeyDescription] = [
        KeyDescription(
            "apps[].team_id",
            .text,
            .optional,
            "apns, required with a token: team id.",
            example: "ABCDE12345"
        ),
        KeyDescription(
            "apps[].key_id",
            .text,
            .optional,
            "apns, required with a token: id of the signing key.",
            example: "KEY1234567"
        ),
        KeyDescription(
            "apps[].key_file",
            .path,
            .optional,
            "apns, required with a token: the signing key (`.p8`, PKCS #8 PEM); of a certificate, where its file does not have it.",
            example: "keys/apns.p8"
        ),
        KeyDescription(
            "apps[].certificate_file",
            .path,
            .optional,
            "apns, instead of a token: the app's certificate, PEM, with its chain and its key.",
            example: "keys/apns.pem"
        ),
        KeyDescription(
            "apps[].environment",
            .choice(["production", "sandbox"]),
            .standard("production"),
            "apns: environment of devices whose registration names none.",
            example: "sandbox"
        ),
        KeyDescription(
            "apps[].broadcast_base_url",
            .text,
            .optional,
            "apns: where broadcasts to channels go instead of to Apple, in both environments; `https://host:port`. Default: `base_url`, else Apple's hosts.",
            example: "https://127.0.0.1:8443"
        ),
        KeyDescription(
            "apps[].channels_base_url",
            .text,
            .optional,
            "apns: where `belfry channels` makes and removes channels instead of at Apple, in both environments; `https://host:port`. Default: `base_url`, else Apple's hosts.",
            example: "https://127.0.0.1:8443"
        ),
        KeyDescription(
            "apps[].token.renewal",
            .duration(APNsConfiguration.Token.renewalRange),
            .standard("50m"),
            "apns: age at which the provider token is renewed; Apple takes none older than an hour.",
            example: "40m"
        ),
    ]

    private static let fcm: [KeyDescription] = [
        KeyDescription(
            "apps[].service_account_file",
            .path,
            .optional,
            "fcm, required: service account key, JSON.",
            example: "keys/fcm.json"
        ),
        KeyDescription(
            "apps[].token_uri",
            .text,
            .optional,
            "fcm: where access tokens come from. Default: what the service account file says.",
            example: "https://127.0.0.1:8443/token"
        ),
        KeyDescription(
            "apps[].topic_base_url",
            .text,
            .optional,
            "fcm: where the older calls for topics go. Default: `https://iid.googleapis.com`.",
            example: "https://127.0.0.1:8443"
        ),
        KeyDescription(
            "apps[].proxy",
            .text,
            .optional,
            "fcm: the HTTP proxy that all requests go through, by HTTP/1.1 in a tunnel; `http://[user:password@]host:port`.",
            example: "http://127.0.0.1:3128"
        ),
        KeyDescription(
            "apps[].quota.messages_per_minute",
            .wholeNumber(messagesPerMinute),
            .standard("600000"),
            "fcm: the most messages in a minute. Processes that share a project share its quota.",
            example: "120000"
        ),
        KeyDescription(
            "apps[].quota.ramp_up",
            .duration(FCMConfiguration.Quota.rampUpRange),
            .standard("1m"),
            "fcm: how long it takes to come from nothing to the full rate; Google asks for 60 seconds at least. `0s`: at once.",
            example: "5m"
        ),
        KeyDescription(
            "apps[].validate_only",
            .flag,
            .standard("false"),
            "fcm: messages are checked by FCM and delivered to nobody.",
            example: "true"
        ),
        KeyDescription(
            "apps[].analytics_label",
            .text,
            .optional,
            "fcm: a name under which Firebase's reports count messages; 1 to 50 of `a-z A-Z 0-9 - _ . ~ %`.",
            example: "belfry"
        ),
    ]

    private static let webPush: [KeyDescription] = [
        KeyDescription(
            "apps[].vapid_key_file",
            .path,
            .optional,
            "webpush, required: VAPID key, PEM as `belfry vapid generate` makes it, or its 32 bytes in base64url.",
            example: "keys/vapid.pem"
        ),
        KeyDescription(
            "apps[].subject",
            .text,
            .optional,
            "webpush, required: contact for push services, `mailto:` and an address or an `https:` URL.",
            example: "mailto:ops@example.com"
        ),
        KeyDescription(
            "apps[].allowed_hosts",
            .texts,
            .optional,
            "webpush: hosts that subscriptions may name; `*.` before a host allows what is under it, `:port` after it another port than 443. Default: the known push services.",
            example: "[push.example.com]"
        ),
        KeyDescription(
            "apps[].allow_private_addresses",
            .flag,
            .standard("false"),
            "webpush: allow endpoints in private networks. For tests and closed networks only.",
            example: "true"
        ),
        KeyDescription(
            "apps[].token.lifetime",
            .duration(WebPushConfiguration.Token.lifetimeRange),
            .standard("12h"),
            "webpush: how long a VAPID token is good for (RFC 8292: 24 hours at most); it is renewed after half of that.",
            example: "6h"
        ),
        KeyDescription(
            "apps[].padding",
            .wholeNumber(webPushPadding),
            .standard("0"),
            "webpush: octets that texts are padded to at least, so that their length tells less.",
            example: "1024"
        ),
        KeyDescription(
            "apps[].declarative",
            .flag,
            .standard("false"),
            "webpush: Declarative Web Push: the browser itself shows notifications that have a link.",
            example: "true"
        ),
    ]
}

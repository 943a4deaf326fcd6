import PushCore
import PushProviders

/// Every key of a rule, in a rule file (a list of rules).
package enum RuleKeys {
    package static let all: [KeyDescription] = general + content + digest + apns + fcm + webPush

    static let tree = KeyTree(all)

    /// Keys of `to` that say whom, of which a rule has one.
    static let audiences = ["users", "subscribers"] + TargetKind.allCases.map(\.rawValue)

    private static let general: [KeyDescription] = [
        KeyDescription(
            "id",
            .text,
            .required,
            "Unique over all rule files; 1 to 128 characters.",
            example: "order-shipped"
        ),
        KeyDescription(
            "on",
            .texts,
            .required,
            "CloudEvents types: exact, or a beginning followed by `*`; `\"*\"` is every event.",
            example: "com.example.order.*"
        ),
        KeyDescription(
            "when",
            .scalar,
            .optional,
            "CEL giving a bool; without it the rule always matches.",
            example: "data.total > 0"
        ),
        KeyDescription(
            "to.users",
            .scalar,
            .optional,
            "CEL giving a user id or a list of user ids. A rule has this or one of the next four.",
            example: "data.customer_id"
        ),
        KeyDescription(
            "to.subscribers",
            .scalar,
            .optional,
            "CEL giving the name of a topic of yours or a list of at most 100: all users who subscribed to any of them. See below.",
            example: "\"'team-' + data.team\""
        ),
        KeyDescription(
            "to.fcm_topic",
            .scalar,
            .optional,
            "CEL giving the name of an FCM topic (without `/topics/`) or a list of names. See below.",
            example: "\"'scores-' + data.match\""
        ),
        KeyDescription(
            "to.fcm_condition",
            .scalar,
            .optional,
            "CEL giving a condition on at most five FCM topics, or a list of conditions.",
            example: "\"\\\"'scores' in topics && 'goals' in topics\\\"\""
        ),
        KeyDescription(
            "to.apns_channel",
            .scalar,
            .optional,
            "CEL giving the id of a broadcast channel of APNs, or a list of ids: all Live Activities that follow it.",
            example: "data.channel"
        ),
        KeyDescription(
            "to.app",
            .text,
            .optional,
            "The app whose topic or channel it is; needed where several apps of the provider are configured.",
            example: "example-shop"
        ),
        KeyDescription(
            "category",
            .text,
            .optional,
            "What users can opt out of, by name.",
            example: "transactional"
        ),
        KeyDescription(
            "ttl",
            .duration(.seconds(1)...(.seconds(28 * 86_400))),
            .standard("1d"),
            "Time to live, from the event's time.",
            example: "4h"
        ),
        KeyDescription(
            "priority",
            .choice(["high", "normal", "low"]),
            .standard("high"),
            "How urgent it is.",
            example: "normal"
        ),
        KeyDescription(
            "collapse",
            .text,
            .optional,
            "Template: a newer notification with the same key takes the place of an older.",
            example: "\"order-{{data.order_id}}\""
        ),
        KeyDescription(
            "link",
            .text,
            .optional,
            "Template: what opens on a tap.",
            example: "\"https://shop.example.com/orders/{{data.order_id}}\""
        ),
        KeyDescription(
            "image",
            .text,
            .optional,
            "Template: address of a picture, `https://`, beside words of every language that names no other.",
            example: "\"https://shop.example.com/{{data.order_id}}.png\""
        ),
        KeyDescription("sound", .text, .optional, "Template: name of a sound. See below.", example: "default"),
        KeyDescription(
            "thread",
            .text,
            .optional,
            "Template: groups notifications. See below.",
            example: "\"order-{{data.order_id}}\""
        ),
        KeyDescription(
            "actions",
            .text,
            .optional,
            "Template: the category of actions that the app has registered. See below.",
            example: "ORDER"
        ),
        KeyDescription(
            "badge",
            .special("whole number, template or `increment`"),
            .optional,
            "Number on the icon; 0 removes it. `increment`: one more than the user's was. See below.",
            example: "increment"
        ),
        KeyDescription(
            "silent",
            .flag,
            .standard("false"),
            "Nothing is shown: the app is woken in the background, and given `data`. See below.",
            example: "true"
        ),
        KeyDescription(
            "on_too_long",
            .choice(["truncate_body", "drop"]),
            .standard("truncate_body"),
            "What happens to a payload beyond the provider's limit: the body is cut, or nothing is sent. See below.",
            example: "drop"
        ),
        KeyDescription(
            "data.*",
            .scalar,
            .optional,
            "Template: a value for the app, under a name of yours.",
            example: "\"{{data.order_id}}\""
        ),
        KeyDescription(
            "time_zone",
            .text,
            .standard("UTC"),
            "By which clock `date`, `time` and `datetime` in templates show times, where they name no zone.",
            example: "Europe/Berlin"
        ),
        KeyDescription(
            "limit",
            .text,
            .optional,
            "A name from `limits`, or `none`. The limit `all` holds as well.",
            example: "marketing"
        ),
        KeyDescription(
            "bypass_limits",
            .flag,
            .standard("false"),
            "The limit `all` does not hold for this rule.",
            example: "true"
        ),
        KeyDescription(
            "bypass_quiet_hours",
            .flag,
            .standard("false"),
            "Quiet hours do not hold for this rule.",
            example: "true"
        ),
        KeyDescription(
            "dedupe_key",
            .text,
            .optional,
            "Template: of this rule's notifications to a user with the same key within `dedupe_window`, the first counts; the others end as `duplicate`.",
            example: "\"login-{{data.ip}}\""
        ),
        KeyDescription(
            "dedupe_window",
            .duration(.seconds(1)...(.seconds(28 * 86_400))),
            .standard("1h"),
            "How long a `dedupe_key` is remembered.",
            example: "10m"
        ),
        KeyDescription(
            "cancels",
            .text,
            .optional,
            "Template: what waits for the user under this collapse key is not sent any more. A rule that has nothing else to say sends nothing itself.",
            example: "\"cart-{{data.cart_id}}\""
        ),
        KeyDescription(
            "devices",
            .choice(DeviceSelection.allCases.map(\.rawValue)),
            .standard("all"),
            "Which of the user's devices it goes to: all, the one that registered last, or of each provider's the one that registered last.",
            example: "most_recent"
        ),
        KeyDescription(
            "providers",
            .texts,
            .optional,
            "Only devices of these: `apns`, `fcm`, `webpush`. Without it, of all.",
            example: "[apns, fcm]"
        ),
        KeyDescription(
            "digest.window",
            .duration(.seconds(1)...(.seconds(28 * 86_400))),
            .optional,
            "Everything is collected for so long, from the first on, and becomes one notification. Without it only what exceeds a limit with `on_exceed: digest` is.",
            example: "30m"
        ),
        KeyDescription(
            "digest.key",
            .text,
            .optional,
            "Template: what has the same key is collected together, for each user.",
            example: "\"post-{{data.post_id}}\""
        ),
        KeyDescription(
            "digest.items_max",
            .wholeNumber(1...100),
            .standard("10"),
            "Items that the words name; `{{digest.more}}` counts the others.",
            example: "3"
        ),
    ]

    private static let content: [KeyDescription] = [
        KeyDescription(
            "content.*.title",
            .text,
            .optional,
            "Template, per BCP 47 language tag; or `content.title` for one language only.",
            example: "\"Order {{data.order_id}}\""
        ),
        KeyDescription("content.*.subtitle", .text, .optional, "Template.", example: "\"Out for delivery\""),
        KeyDescription("content.*.body", .text, .optional, "Template.", example: "\"Your parcel is on its way.\""),
        KeyDescription(
            "content.*.image",
            .text,
            .optional,
            "Template: address of a picture, `https://`. See below.",
            example: "\"https://shop.example.com/{{data.order_id}}.png\""
        ),
    ]

    private static let digest: [KeyDescription] = [
        KeyDescription(
            "digest.content.*.title",
            .text,
            .optional,
            "As `content`, with `{{digest.count}}` and `{{#digest.items}}…{{/digest.items}}`. See below. Without `digest.content`: the words of the newest one.",
            example: "\"{{digest.count}} new comments\""
        ),
        KeyDescription("digest.content.*.subtitle", .text, .optional, "Likewise.", example: "\"{{data.post}}\""),
        KeyDescription(
            "digest.content.*.body",
            .text,
            .optional,
            "Likewise.",
            example: "\"{{#digest.items}}{{data.author}} {{/digest.items}}\""
        ),
        KeyDescription(
            "digest.content.*.image",
            .text,
            .optional,
            "Template: address of a picture, of the newest one.",
            example: "\"https://shop.example.com/{{data.post_id}}.png\""
        ),
    ]

    private static let apns: [KeyDescription] = [
        KeyDescription("apns.sound", .text, .optional, "Template: name of a sound.", example: "default"),
        KeyDescription(
            "apns.interruption_level",
            .choice(["passive", "active", "time-sensitive", "critical"]),
            .optional,
            "How it may interrupt.",
            example: "time-sensitive"
        ),
        KeyDescription(
            "apns.thread_id",
            .text,
            .optional,
            "Template: groups notifications.",
            example: "\"order-{{data.order_id}}\""
        ),
        KeyDescription(
            "apns.category",
            .text,
            .optional,
            "Template: registered category of actions.",
            example: "ORDER"
        ),
        KeyDescription(
            "apns.target_content_id",
            .text,
            .optional,
            "Template: the window to bring forward.",
            example: "orders"
        ),
        KeyDescription(
            "apns.filter_criteria",
            .text,
            .optional,
            "Template: compared with the Focus filter.",
            example: "work"
        ),
        KeyDescription(
            "apns.relevance_score",
            .number(0...1),
            .optional,
            "Place in the summary.",
            example: "0.5"
        ),
        KeyDescription(
            "apns.badge",
            .wholeNumber(0...Int64(Int32.max)),
            .optional,
            "Number on the icon; 0 removes it.",
            example: "1"
        ),
        KeyDescription(
            "apns.mutable_content",
            .flag,
            .standard("false"),
            "Lets the app's service extension change it.",
            example: "true"
        ),
        KeyDescription(
            "apns.content_available",
            .flag,
            .standard("false"),
            "Wakes the app in the background.",
            example: "true"
        ),
        KeyDescription(
            "apns.push_type",
            .choice(APNsPushType.allCases.map(\.rawValue)),
            .optional,
            "Without it: `alert` or `background`, from the content. Each of the others goes to tokens registered for it alone. See below.",
            example: "background"
        ),
        KeyDescription(
            "apns.aps",
            .special("map"),
            .optional,
            "Members of `aps`, as Apple spells them, merged into what the notification itself gives; texts are templates. See below.",
            example: "{ event: end, dismissal-date: \"{{data.at}}\" }"
        ),
        KeyDescription(
            "apns.without_storage",
            .flag,
            .standard("false"),
            "One attempt: APNs keeps nothing for a device that is away.",
            example: "true"
        ),
    ]

    private static let fcm: [KeyDescription] = [
        KeyDescription(
            "fcm",
            .special("map"),
            .optional,
            "Members of FCM's message, merged into what the notification itself gives; texts are templates. See below.",
            example: "{ android: { priority: NORMAL } }"
        )
    ]

    private static let webPush: [KeyDescription] = [
        KeyDescription(
            "webpush.urgency",
            .choice(["very-low", "low", "normal", "high"]),
            .optional,
            "When a device that saves power is woken. Without it: from `priority`.",
            example: "low"
        ),
        KeyDescription(
            "webpush.topic",
            .text,
            .optional,
            "Template: replaces an undelivered message with the same topic; 1 to 32 of `A-Z a-z 0-9 _ -`. Without it: from `collapse`.",
            example: "\"order-{{data.order_id}}\""
        ),
        KeyDescription(
            "webpush.notification",
            .special("map"),
            .optional,
            "Members merged into what the service worker is given; texts are templates.",
            example: "{ icon: /icon.png, requireInteraction: true }"
        ),
        KeyDescription(
            "webpush.declarative",
            .flag,
            .standard("false"),
            "Declarative Web Push: the browser itself shows the notification. It needs a `link`.",
            example: "true"
        ),
        KeyDescription(
            "webpush.padding",
            .wholeNumber(ConfigurationKeys.webPushPadding),
            .optional,
            "Octets that the text is padded to at least, so that its length tells less. Without it: as the app is configured.",
            example: "1024"
        ),
    ]
}

/// The keys under `kafka`.
extension ConfigurationKeys {
    static let kafka: [KeyDescription] = [
        KeyDescription(
            "kafka.bootstrap_servers",
            .texts,
            .required,
            "Brokers to ask first, `host:port`; a text may hold several, with commas.",
            example: "localhost:9092"
        ),
        KeyDescription(
            "kafka.client_id",
            .text,
            .standard("belfry"),
            "Name of this client in broker logs and quotas.",
            example: "belfry-eu"
        ),
        KeyDescription(
            "kafka.instance_id",
            .text,
            .optional,
            "Static group membership: unique per instance and stable over restarts, so that a restart moves no partitions.",
            example: "belfry-0"
        ),
        KeyDescription(
            "kafka.group_prefix",
            .text,
            .standard("belfry"),
            "Consumer groups begin with it: `belfry-rules`, `belfry-users`, `belfry-dispatch-apns`.",
            example: "belfry"
        ),
        KeyDescription(
            "kafka.properties.*",
            .scalar,
            .optional,
            "Any librdkafka property, passed through; never printed. In a variable, `_` stands for `.`.",
            example: "SASL_SSL"
        ),
        KeyDescription(
            "kafka.partitions",
            .wholeNumber(1...10_000),
            .standard("64"),
            "Partitions of inbox, users, outboxes and receipts. Fixed once the topics exist.",
            example: "128"
        ),
        KeyDescription(
            "kafka.replication_factor",
            .wholeNumber(1...100),
            .standard("3"),
            "Used by `belfry topics create`.",
            example: "1"
        ),
        KeyDescription(
            "kafka.start_from",
            .choice(["earliest", "latest"]),
            .standard("earliest"),
            "Where an event topic without a committed offset is read from. `latest` skips what is already there.",
            example: "latest"
        ),
        KeyDescription(
            "kafka.commit_interval",
            .duration(.milliseconds(10)...(.seconds(60))),
            .standard("1s"),
            "Time between offset commits: the most work that a crash repeats.",
            example: "500ms"
        ),
        KeyDescription(
            "kafka.drain_timeout",
            .duration(.seconds(1)...(.seconds(300))),
            .standard("15s"),
            "How long work in flight may take to finish when partitions are revoked, or at shutdown.",
            example: "10s"
        ),
    ]

    static let topics: [KeyDescription] = [
        KeyDescription(
            "kafka.topics.events",
            .texts,
            .required,
            "Topics with your domain events, one or more.",
            example: "[shop.events, chat.events]"
        ),
        KeyDescription(
            "kafka.topics.registrations",
            .text,
            .standard("push.registrations"),
            "Devices and preferences, read.",
            example: "push.registrations"
        ),
        KeyDescription(
            "kafka.topics.receipts",
            .text,
            .standard("push.receipts"),
            "What became of each notification, written.",
            example: "push.receipts"
        ),
        KeyDescription(
            "kafka.topics.invalid_tokens",
            .text,
            .standard("push.invalid-tokens"),
            "Dead device addresses, written.",
            example: "push.invalid-tokens"
        ),
        KeyDescription(
            "kafka.topics.dead_letters",
            .text,
            .standard("push.dead-letters"),
            "Records that cannot be used, written.",
            example: "push.dead-letters"
        ),
        KeyDescription(
            "kafka.topics.inbox",
            .text,
            .standard("push.inbox"),
            "Internal: commands by user.",
            example: "push.inbox"
        ),
        KeyDescription(
            "kafka.topics.users",
            .text,
            .standard("push.users"),
            "Internal: user records, compacted.",
            example: "push.users"
        ),
        KeyDescription(
            "kafka.topics.outbox",
            .text,
            .standard("push.outbox"),
            "Internal: prefix of the outboxes, `push.outbox.apns`, `.fcm`, `.webpush`.",
            example: "push.outbox"
        ),
    ]

    static let plainJSON: [KeyDescription] = [
        KeyDescription(
            "kafka.plain_json[].topic",
            .text,
            .required,
            "An event topic whose values may be plain JSON; CloudEvents on it are still read as such.",
            example: "shop.events"
        ),
        KeyDescription(
            "kafka.plain_json[].id",
            .text,
            .required,
            "Event id: a dotted path. Never a constant.",
            example: "order.id"
        ),
        KeyDescription(
            "kafka.plain_json[].type",
            .text,
            .required,
            "Event type: a dotted path, or a constant after `=`.",
            example: "\"=com.example.order\""
        ),
        KeyDescription(
            "kafka.plain_json[].time",
            .text,
            .required,
            "Event time: a dotted path. Never a constant.",
            example: "order.updated_at"
        ),
        KeyDescription(
            "kafka.plain_json[].source",
            .text,
            .required,
            "Event source: a dotted path, or a constant after `=`.",
            example: "\"=/shop\""
        ),
        KeyDescription(
            "kafka.plain_json[].subject",
            .text,
            .optional,
            "Event subject: a dotted path, or a constant after `=`.",
            example: "order.customer"
        ),
        KeyDescription(
            "kafka.plain_json[].data",
            .text,
            .optional,
            "Event data: a dotted path; without it the whole value.",
            example: "order"
        ),
    ]
}

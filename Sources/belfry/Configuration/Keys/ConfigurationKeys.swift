/// Every key of `belfry.yaml`.
///
/// Shapes that need more than a type (topic names, URLs) are checked by the readers.
package enum ConfigurationKeys {
    package static let all: [KeyDescription] = kafka + topics + plainJSON + apps + limits + stages + transport + service

    static let tree = KeyTree(all)

    private static let limits: [KeyDescription] = [
        KeyDescription(
            "limits.*[].max",
            .wholeNumber(1...1_000_000),
            .required,
            "Notifications to one user in the window. The limit named `all` always holds; `none` is reserved.",
            example: "3"
        ),
        KeyDescription(
            "limits.*[].per",
            .special("duration or calendar period"),
            .required,
            "`1s` to `366d`: an even pace, so much at once and then one for each part of it. `hour`, `day`, `week` (from Monday) or `month`: counted by the calendar, on the user's clock.",
            example: "day"
        ),
        KeyDescription(
            "limits.*[].on_exceed",
            .choice(["drop", "defer", "digest"]),
            .standard("drop"),
            "What happens to the rest: `defer` sends it when the window admits it, `digest` collects it until then. Where several windows are used up, `drop` counts before `digest`, and that before `defer`.",
            example: "defer"
        ),
        KeyDescription(
            "quiet_hours.start",
            .special("time of day"),
            .optional,
            "Local time, `HH:MM`; required with `quiet_hours`. For users who have set none of their own.",
            example: "\"22:00\""
        ),
        KeyDescription(
            "quiet_hours.end",
            .special("time of day"),
            .optional,
            "Local time, `HH:MM`, may be on the next day; required with `quiet_hours`.",
            example: "\"08:00\""
        ),
        KeyDescription(
            "quiet_hours.on_quiet",
            .choice(["defer", "drop", "send_silently"]),
            .standard("defer"),
            "What happens to notifications in quiet hours: `defer` sends them when those end, `send_silently` at once, without sound and without lighting up a screen.",
            example: "drop"
        ),
        KeyDescription(
            "quiet_hours.spread",
            .duration(.zero...(.seconds(6 * 3_600))),
            .standard("10m"),
            "What waited for the end of quiet hours is sent within so much time after it, each user at a time of their own.",
            example: "30m"
        ),
        KeyDescription(
            "categories.*.mandatory",
            .flag,
            .standard("false"),
            "Nobody can refuse the category. The name `\"*\"` is for all that are not listed, and for rules without one.",
            example: "true"
        ),
        KeyDescription(
            "categories.*.default",
            .choice(["opted_in", "opted_out"]),
            .standard("opted_in"),
            "What holds for users who have said nothing about it.",
            example: "opted_out"
        ),
        KeyDescription(
            "categories.*.bypass_quiet_hours",
            .flag,
            .standard("false"),
            "Quiet hours do not hold for the category.",
            example: "true"
        ),
    ]

    private static let stages: [KeyDescription] = [
        KeyDescription(
            "rules",
            .texts,
            .required,
            "Rule files: globs (`*`, `?`, `**`) relative to the configuration file; each must match. Rule tests (`*.test.yaml`) are passed over.",
            example: "[rules/*.yaml]"
        ),
        KeyDescription(
            "rules_check_interval",
            .duration(.seconds(1)...(.seconds(3_600))),
            .standard("5s"),
            "How often rule files are looked at; what changed is used when it is found twice in a row.",
            example: "30s"
        ),
        KeyDescription(
            "users.dedupe_window",
            .duration(.seconds(60)...(.seconds(7 * 86_400))),
            .standard("1h"),
            "How long a user's notifications are remembered, to recognise repeats.",
            example: "6h"
        ),
        KeyDescription(
            "users.decisions_max",
            .wholeNumber(0...4_096),
            .standard("256"),
            "How many of a user's notifications are remembered at most, 16 bytes each; of more, the oldest is forgotten within the window.",
            example: "1000"
        ),
        KeyDescription(
            "users.dedupe_keys_max",
            .wholeNumber(0...4_096),
            .standard("256"),
            "How many dedupe keys (`dedupe_key` of rules) are remembered for a user; of more, the one that ends first is forgotten.",
            example: "1000"
        ),
        KeyDescription(
            "users.devices_max",
            .wholeNumber(1...1_000),
            .standard("32"),
            "Devices kept per user; the one registered longest ago makes room, with a receipt (`removed`, `device_limit`).",
            example: "16"
        ),
        KeyDescription(
            "users.inactive_device_days",
            .wholeNumber(0...3_650),
            .standard("270"),
            "A device that has not registered again for so many days goes, with a receipt (`removed`, `inactive`). 0: none goes.",
            example: "90"
        ),
        KeyDescription(
            "users.scheduled_max",
            .wholeNumber(1...1_000),
            .standard("32"),
            "What waits to be sent later to one user: deliveries, notifications and digests; of more, the one that expires first ends (`scheduled_overflow`).",
            example: "100"
        ),
        KeyDescription(
            "users.scheduled_bytes_max",
            .wholeNumber(16_384...524_288),
            .standard("262144"),
            "Bytes of them all: they are a part of the user's record, which must fit into a Kafka message.",
            example: "131072"
        ),
        KeyDescription(
            "users.fan_out_in_flight_max",
            .wholeNumber(16...100_000),
            .standard("1024"),
            "Notifications to subscribers that are under way at once in one process: what another user's waits behind.",
            example: "4096"
        ),
        KeyDescription(
            "users.fan_outs_max",
            .wholeNumber(1...100_000),
            .standard("1000"),
            "Events on their way to subscribers in one partition; what comes beyond that is a dead letter.",
            example: "10000"
        ),
        KeyDescription(
            "users.digest_items_max",
            .wholeNumber(1...1_000),
            .standard("100"),
            "Notifications of one digest that are kept one by one; more are counted.",
            example: "50"
        ),
        KeyDescription(
            "users.timezone",
            .text,
            .standard("UTC"),
            "Whose clock holds for users of whom neither preferences nor a device tell a time zone: an IANA name.",
            example: "Europe/Berlin"
        ),
        KeyDescription(
            "dispatch.in_flight_max",
            .wholeNumber(1...1_000_000),
            .standard("4096"),
            "Requests without an answer, over all apps of one process.",
            example: "1024"
        ),
        KeyDescription(
            "dispatch.request_timeout",
            .duration(.milliseconds(100)...(.seconds(300))),
            .standard("10s"),
            "How long one attempt may wait for its answer.",
            example: "5s"
        ),
        KeyDescription(
            "dispatch.retry.budget",
            .duration(.zero...(.seconds(86_400))),
            .standard("5m"),
            "How long one delivery is tried before it waits in its user's record; `0s`: one attempt at a time.",
            example: "1m"
        ),
        KeyDescription(
            "dispatch.retry.base",
            .duration(.milliseconds(1)...(.seconds(3_600))),
            .standard("500ms"),
            "First bound of the wait between attempts; it doubles each time. Beside what the provider names: 10 s at FCM, where it names nothing.",
            example: "1s"
        ),
        KeyDescription(
            "dispatch.retry.cap",
            .duration(.milliseconds(1)...(.seconds(86_400))),
            .standard("30s"),
            "Last bound of the wait; not less than `base`.",
            example: "1m"
        ),
        KeyDescription(
            "dispatch.retry.later_base",
            .duration(.seconds(1)...(.seconds(3_600))),
            .standard("1m"),
            "How long what outlasts the budget waits at least, before it is tried again; it doubles each time.",
            example: "30s"
        ),
        KeyDescription(
            "dispatch.retry.later_cap",
            .duration(.seconds(1)...(.seconds(86_400))),
            .standard("30m"),
            "Last bound of that wait; not less than `later_base`.",
            example: "1h"
        ),
        KeyDescription(
            "dispatch.retry.attempts_max",
            .wholeNumber(1...10_000),
            .standard("100"),
            "What was tried so often, all budgets together, ends as `failed` instead of waiting once more.",
            example: "20"
        ),
        KeyDescription(
            "dispatch.webpush.sender_key_messages",
            .wholeNumber(1...10_000),
            .standard("1"),
            "Messages that share one key pair of the sender. 1: a new one for each, as RFC 8291 has it; more costs less CPU.",
            example: "100"
        ),
        KeyDescription(
            "dispatch.webpush.sender_key_lifetime",
            .duration(.seconds(1)...(.seconds(3_600))),
            .standard("1m"),
            "How long they may share it.",
            example: "10s"
        ),
    ]

    private static let service: [KeyDescription] = [
        KeyDescription(
            "state.directory",
            .path,
            .optional,
            "Directory for snapshots of the users' records, which make a restart short; it is made where it is missing. Each instance needs its own, which no other reads. Without it there are no snapshots.",
            example: "/var/lib/belfry"
        ),
        KeyDescription(
            "state.snapshot_interval",
            .duration(.seconds(1)...(.seconds(86_400))),
            .standard("10m"),
            "How often a partition's snapshot is made anew.",
            example: "1h"
        ),
        KeyDescription(
            "state.snapshot_max_age",
            .duration(.seconds(60)...(.seconds(7 * 86_400))),
            .standard("12h"),
            "An older snapshot is not used. Must be below `delete.retention.ms` of the users topic (Kafka's default: 24 hours): the log forgets what was deleted.",
            example: "6h"
        ),
        KeyDescription(
            "tls.ca_file",
            .path,
            .optional,
            "Certificates (PEM) to trust for providers, instead of the system's.",
            example: "keys/ca.pem"
        ),
        KeyDescription(
            "credentials.check_interval",
            .duration(.seconds(1)...(.seconds(3_600))),
            .standard("5s"),
            "How often the files of credentials are looked at; what changed is used when it is found twice in a row.",
            example: "30s"
        ),
        KeyDescription(
            "admin.host",
            .text,
            .standard("127.0.0.1"),
            "Address of the admin server.",
            example: "0.0.0.0"
        ),
        KeyDescription(
            "admin.port",
            .wholeNumber(0...65_535),
            .standard("9090"),
            "Port of the admin server; 0: any free one, which is logged.",
            example: "8080"
        ),
        KeyDescription(
            "log.level",
            .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
            .standard("info"),
            "Least level that is logged.",
            example: "debug"
        ),
        KeyDescription(
            "log.format",
            .choice(["text", "json"]),
            .standard("text"),
            "Form of the log lines.",
            example: "json"
        ),
    ]
}

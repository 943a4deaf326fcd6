/// The keys under `transport`.
extension ConfigurationKeys {
    static let transport: [KeyDescription] = [
        KeyDescription(
            "transport.connections",
            .wholeNumber(1...64),
            .standard("1"),
            "Most connections per app; they are made one by one, as requests wait.",
            example: "4"
        ),
        KeyDescription(
            "transport.connections_min",
            .wholeNumber(0...64),
            .standard("1"),
            "Connections per app that stay although there is little to do; not more than `connections`.",
            example: "2"
        ),
        KeyDescription(
            "transport.connection_idle",
            .duration(.seconds(1)...(.seconds(86_400))),
            .standard("10m"),
            "When this long at most half of the streams of all connections but one were in use, one is closed.",
            example: "1m"
        ),
        KeyDescription(
            "transport.connection_age",
            .duration(.seconds(60)...(.seconds(30 * 86_400))),
            .optional,
            "Connections of this age are replaced, the new one first. Without it: never.",
            example: "12h"
        ),
        KeyDescription(
            "transport.connect_timeout",
            .duration(.milliseconds(100)...(.seconds(60))),
            .standard("10s"),
            "How long making a connection may take: name, TCP and TLS.",
            example: "5s"
        ),
        KeyDescription(
            "transport.request_bytes_max",
            .wholeNumber(1_048_576...4_294_967_296),
            .standard("67108864"),
            "Most bytes of requests without an answer, per app.",
            example: "16777216"
        ),
        KeyDescription(
            "transport.streams_max",
            .wholeNumber(1...100_000),
            .standard("2000"),
            "Most requests at a time on one connection, even if the server allows more.",
            example: "500"
        ),
        KeyDescription(
            "transport.ping.idle",
            .duration(.seconds(1)...(.seconds(86_400))),
            .standard("1h"),
            "An idle connection is asked for a sign of life after this long without a byte.",
            example: "10m"
        ),
        KeyDescription(
            "transport.ping.silence",
            .duration(.milliseconds(100)...(.seconds(3_600))),
            .standard("5s"),
            "One with requests under way, after this long without a byte.",
            example: "2s"
        ),
        KeyDescription(
            "transport.ping.timeout",
            .duration(.milliseconds(100)...(.seconds(60))),
            .standard("5s"),
            "One that does not answer for this long is dead.",
            example: "2s"
        ),
        KeyDescription(
            "transport.ping.before_use",
            .duration(.seconds(1)...(.seconds(86_400))),
            .standard("1m"),
            "One that was quiet for longer must give a sign of life before it gets a request.",
            example: "30s"
        ),
    ]
}

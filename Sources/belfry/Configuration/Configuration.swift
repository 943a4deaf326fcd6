package import PushCore
package import PushProviders

/// All that `belfry.yaml` and the environment say, checked, with every default filled in.
///
/// Defaults and ranges of the keys: ``ConfigurationKeys``. Paths are resolved against the folder of the file.
package struct Configuration: Sendable {
    package var kafka: Kafka
    /// At least one; unique by provider and app.
    package var apps: [App]
    /// Certificates (PEM) to trust for providers instead of the system's.
    package var caFile: String?
    /// In the order of the file; the one named `all` holds for every rule.
    package var limits: [Limit]
    /// Of users who have set none.
    package var quietHours: QuietHours?
    /// Default `defer`.
    package var onQuiet: UsersConfiguration.OnQuiet
    /// 0 s to 6 h; default 10 min.
    package var quietSpread: Duration
    /// In the order of the file.
    package var categories: [Category]
    package var users: Users
    package var state: State
    package var dispatch: Dispatch
    package var transport: Transport
    package var credentials: Credentials
    package var admin: Admin
    package var log: Log
    /// The rule files that the globs matched, sorted, each once.
    package var ruleFiles: [String]
    /// The globs themselves, and the folder that relative ones start at: files come and go.
    package var ruleGlobs: [Located<String>]
    package var folder: String
    /// How often rule files are looked at again.
    package var rulesCheckInterval: Duration

    /// Brokers, groups and topics.
    package struct Kafka: Sendable {
        /// `host:port`, at least one.
        package var bootstrapServers: [String]
        /// Default `belfry`.
        package var clientID: String
        /// Static group membership (`group.instance.id`); nil: dynamic.
        package var instanceID: String?
        /// Default `belfry`.
        package var groupPrefix: String
        /// librdkafka properties as written, in order, without those that Belfry sets itself.
        ///
        /// Values may be secrets.
        package var properties: [(name: String, value: String)]
        /// Of inbox, users, outboxes and receipts.
        ///
        /// 1 to 10,000; default 64.
        package var partitions: Int
        /// For `topics create`.
        ///
        /// 1 to 100; default 3.
        package var replicationFactor: Int
        /// Where an event topic without a committed offset is read from.
        ///
        /// Default `earliest`: nothing is lost.
        package var startFrom: StartFrom
        /// 10 ms to 60 s; default 1 s.
        package var commitInterval: Duration
        /// 1 s to 5 min; default 15 s.
        package var drainTimeout: Duration
        package var topics: Topics
        /// At most one per event topic.
        package var plainJSON: [PlainJSON]
    }

    package enum StartFrom: String, Sendable {
        case earliest
        case latest
    }

    /// Names of topics: 1 to 249 of `A-Z a-z 0-9 . _ -`, each used for one purpose.
    package struct Topics: Sendable {
        /// At least one.
        package var events: [String]
        package var registrations: String
        package var receipts: String
        package var invalidTokens: String
        package var deadLetters: String
        package var inbox: String
        package var users: String
        /// Prefix: `.apns`, `.fcm` or `.webpush` follows.
        package var outboxPrefix: String

        /// The outbox of a provider, such as `push.outbox.apns`.
        package func outbox(_ provider: Provider) -> String {
            "\(outboxPrefix).\(provider.rawValue)"
        }
    }

    /// How the values of one event topic become events where they are no CloudEvents.
    package struct PlainJSON: Sendable {
        package var topic: String
        package var id: Source
        package var type: Source
        package var time: Source
        package var source: Source
        package var subject: Source?
        /// Nil: the whole value.
        package var data: Source?

        /// Where an attribute comes from.
        package enum Source: Hashable, Sendable {
            /// Member names from the root inwards, at least one.
            case path([String])
            /// The same for every record.
            case constant(String)
        }
    }

    /// An app, who signs for it, and how it is sent to.
    package struct App: Sendable {
        package var provider: Provider
        /// Bundle id, project id or web origin.
        package var name: String
        package var settings: Settings

        package enum Settings: Sendable {
            case apns(APNs)
            case fcm(FCM)
            case webpush(WebPush)
        }
    }

    /// Authentication with APNs: a token of a team and a key, or a certificate.
    package struct APNs: Sendable {
        /// Empty with a certificate.
        package var teamID: String
        /// Empty with a certificate.
        package var keyID: String
        /// Of the certificate, where there is one; empty where the certificate's file has it.
        package var keyFile: String
        /// Nil with a token.
        package var certificateFile: String?
        /// Of devices whose registration names none.
        ///
        /// Default `production`.
        package var environment: Environment
        /// Where to send instead of to Apple, in both environments.
        package var baseURL: BaseURL?
        /// Where broadcasts to channels go instead of to Apple; nil: ``baseURL``, where that is set.
        package var broadcastBaseURL: BaseURL?
        /// Where channels are made and removed instead of at Apple; nil: ``baseURL``, where that is set.
        package var channelsBaseURL: BaseURL?
        /// Age at which the provider token is renewed.
        ///
        /// 20 min to 1 h; default 50 min.
        package var tokenRenewal: Duration

        package enum Environment: String, Sendable {
            case production
            case sandbox
        }
    }

    /// A Firebase project.
    package struct FCM: Sendable {
        package var serviceAccountFile: String
        /// Without violations.
        package var settings: FCMConfiguration
    }

    /// Identity towards push services, and which of them are allowed.
    package struct WebPush: Sendable {
        package var vapidKeyFile: String
        /// Without violations.
        package var settings: WebPushConfiguration
    }

    /// The origin of an HTTPS server.
    package struct BaseURL: Hashable, Sendable {
        /// A name or an address; IPv6 without its brackets.
        package var host: String
        /// 1 to 65,535; default 443.
        package var port: Int
    }

    /// How many notifications one user may get: every window holds.
    package struct Limit: Sendable {
        package var name: String
        /// At least one; each of another length.
        package var windows: [Window]

        package struct Window: Sendable {
            /// 1 to 1,000,000.
            package var max: Int
            /// A pace of 1 s to 366 days, or a period of the calendar.
            package var per: LimitWindow.Period
            /// Default `drop`.
            package var onExceed: LimitWindow.OnExceed
        }
    }

    /// A span of local time, over midnight where the end comes before the start.
    package struct QuietHours: Sendable {
        /// Minutes from midnight, 0 to 1,439.
        package var startMinute: Int
        /// Minutes from midnight, 0 to 1,439; not the start.
        package var endMinute: Int
    }

    /// A category of notifications.
    package struct Category: Sendable {
        /// `*` for all that are not listed.
        package var name: String
        package var settings: UsersConfiguration.Category
    }

    /// Limits of what is kept per user.
    package struct Users: Sendable {
        /// 1 min to 7 days; default 1 h.
        package var dedupeWindow: Duration
        /// 0 to 4,096; default 256.
        package var decisionsMax: Int
        /// 0 to 4,096; default 256.
        package var dedupeKeysMax: Int
        /// 1 to 1,000; default 32.
        package var devicesMax: Int
        /// 0: none goes.
        package var inactiveDeviceDays: Int
        /// Deliveries that wait.
        ///
        /// 1 to 1,000; default 32.
        package var scheduledMax: Int
        /// Octets of them all.
        ///
        /// 16 KiB to 512 KiB; default 256 KiB.
        package var scheduledBytesMax: Int
        /// Notifications of fan-outs under way at once in one process.
        package var fanOutInFlightMax: Int
        /// Fan-outs in progress in one partition.
        package var fanOutsMax: Int
        /// 1 to 1,000; default 100.
        package var digestItemsMax: Int
        /// An IANA name; default `UTC`.
        package var timezone: String
    }

    /// Snapshots of users' records.
    package struct State: Sendable {
        /// nil: none are made.
        package var directory: String?
        /// 1 s to 24 h; default 10 min.
        package var snapshotInterval: Duration
        /// 1 min to 7 days; default 12 h.
        package var snapshotMaxAge: Duration
    }

    /// Sending.
    package struct Dispatch: Sendable {
        /// 1 to 1,000,000; default 4,096.
        package var inFlightMax: Int
        /// 100 ms to 5 min; default 10 s.
        package var requestTimeout: Duration
        package var retry: Retry

        /// Waits between attempts: full jitter below a bound that doubles from `base` to `cap`.
        package struct Retry: Sendable {
            /// 0 s (one attempt) to 1 day; default 5 min.
            package var budget: Duration
            /// 1 ms to 1 h; default 500 ms.
            package var base: Duration
            /// 1 ms to 1 day, not less than `base`; default 30 s.
            package var cap: Duration
            /// 1 s to 1 h; default 1 min.
            package var laterBase: Duration
            /// 1 s to 1 day, not less than `laterBase`; default 30 min.
            package var laterCap: Duration
            /// 1 to 10,000; default 100.
            package var attemptsMax: Int
        }

        package var webPush: WebPush

        /// Key pairs that messages are encrypted from.
        package struct WebPush: Sendable {
            /// 1 (a new one for each message) to 10,000; default 1.
            package var senderKeyMessages: Int
            /// 1 s to 1 h; default 1 min.
            package var senderKeyLifetime: Duration
        }
    }

    /// Connections to providers, those over HTTP/2.
    package struct Transport: Sendable {
        /// Most per app (and environment).
        ///
        /// 1 to 64; default 1.
        package var connections: Int
        /// Least per app, not more than `connections`.
        ///
        /// 0 to 64; default 1.
        package var connectionsMin: Int
        /// 1 s to 1 day; default 10 min.
        package var connectionIdle: Duration
        /// 1 min to 30 days; nil: connections are not replaced for their age.
        package var connectionAge: Duration?
        /// 100 ms to 1 min; default 10 s.
        package var connectTimeout: Duration
        /// Most octets of the requests under way of one app.
        ///
        /// 1 MiB to 4 GiB; default 64 MiB.
        package var requestBytesMax: Int
        /// Per connection.
        ///
        /// 1 to 100,000; default 2,000.
        package var streamsMax: Int
        package var ping: Ping

        /// When a connection is asked for a sign of life.
        package struct Ping: Sendable {
            /// 1 s to 1 day; default 1 h.
            package var idle: Duration
            /// 100 ms to 1 h; default 5 s.
            package var silence: Duration
            /// 100 ms to 1 min; default 5 s.
            package var timeout: Duration
            /// 1 s to 1 day; default 1 min.
            package var beforeUse: Duration
        }
    }

    /// The files that apps prove themselves with.
    package struct Credentials: Sendable {
        /// How often they are looked at for changes.
        ///
        /// 1 s to 1 h; default 5 s.
        package var checkInterval: Duration
    }

    /// The admin server.
    package struct Admin: Sendable {
        /// Default `127.0.0.1`.
        package var host: String
        /// 0 (any free port) to 65,535; default 9,090.
        package var port: Int
    }

    package struct Log: Sendable {
        /// `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`; default `info`.
        package var level: String
        /// Default `text`.
        package var format: Format

        package enum Format: String, Sendable {
            case text
            case json
        }
    }
}

internal import PushCore

/// What a field of FCM's messages holds.
indirect enum FCMFieldKind: Sendable {
    case text(FCMValueForm)
    case boolean
    /// A 32-bit whole number.
    case integer
    /// A number from 0 to 1.
    case fraction
    /// One of these words.
    case choice([String])
    case list(FCMFieldKind)
    /// Keys and texts that the app receives.
    case data
    /// Header names and texts; the known ones, in lower case, have forms.
    case headers([String: FCMValueForm])
    /// Any JSON object.
    case freeObject
    /// APNs' own payload: any JSON object in which `aps`, where there is one, is an object.
    case apnsPayload
    case object(FCMObjectFields)
}

/// The fields of one type of object.
struct FCMObjectFields: Sendable {
    struct Field: Sendable {
        /// As JSON writes it: lower camel case.
        let name: String
        let kind: FCMFieldKind
        let isRequired: Bool

        init(_ name: String, _ kind: FCMFieldKind, isRequired: Bool = false) {
            self.name = name
            self.kind = kind
            self.isRequired = isRequired
        }
    }

    let fields: [Field]
    private let indices: [String: Int]

    init(_ fields: [Field]) {
        self.fields = fields
        var indices: [String: Int] = [:]
        for (index, field) in fields.enumerated() {
            indices[field.name] = index
            indices[Self.snakeCase(field.name)] = index
        }
        self.indices = indices
    }

    /// The field of that name, in lower camel case or snake case: FCM takes both.
    subscript(name: String) -> Field? { indices[name].map { fields[$0] } }

    /// `fcmOptions` is `fcm_options`.
    static func snakeCase(_ name: String) -> String {
        var text = ""
        for character in name {
            if character.isUppercase { text += "_" }
            text += character.lowercased()
        }
        return text
    }
}

// MARK: The schema

/// Every field of `Message` that a rule may set.
///
/// Source: the discovery document of fcm v1, revision 20261023.
extension FCMObjectFields {
    static let message = FCMObjectFields([
        Field("data", .data),
        Field("notification", .object(notification)),
        Field("android", .object(android)),
        Field("androidV2", .object(androidV2)),
        Field("webpush", .object(webpush)),
        Field("apns", .object(apns)),
        Field("fcmOptions", .object(fcmOptions)),
    ])

    private static let notification = FCMObjectFields([
        Field("title", .text(.any)), Field("body", .text(.any)), Field("image", .text(.any)),
    ])

    private static let fcmOptions = FCMObjectFields([Field("analyticsLabel", .text(.analyticsLabel))])

    private static let androidCommon = [
        Field("collapseKey", .text(.any)),
        Field("ttl", .text(.timeToLive)),
        Field("restrictedPackageName", .text(.any)),
        Field("data", .data),
        Field("fcmOptions", .object(fcmOptions)),
        Field("directBootOk", .boolean),
        Field("bandwidthConstrainedOk", .boolean),
        Field("restrictedSatelliteOk", .boolean),
    ]

    private static let android = FCMObjectFields(
        androidCommon + [
            Field("priority", .choice(["NORMAL", "HIGH"])),
            Field("notification", .object(androidNotification)),
        ]
    )

    private static let androidV2 = FCMObjectFields(
        androidCommon + [
            Field("backgroundSync", .object(FCMObjectFields([]))),
            Field("remoteNotification", .object(androidRemoteNotification)),
        ]
    )

    private static let androidRemoteNotification = FCMObjectFields([
        Field("mutableContent", .boolean),
        Field("useAsV1DataMessage", .boolean),
        Field("notification", .object(androidNotificationV2)),
    ])

    private static let androidNotificationCommon = [
        Field("title", .text(.any)), Field("body", .text(.any)), Field("icon", .text(.any)),
        Field("color", .text(.color)), Field("sound", .text(.any)), Field("tag", .text(.any)),
        Field("clickAction", .text(.any)),
        Field("bodyLocKey", .text(.any)), Field("bodyLocArgs", .list(.text(.any))),
        Field("titleLocKey", .text(.any)), Field("titleLocArgs", .list(.text(.any))),
        Field("channelId", .text(.any)), Field("ticker", .text(.any)), Field("image", .text(.any)),
        Field("sticky", .boolean), Field("localOnly", .boolean), Field("eventTime", .text(.timestamp)),
        Field(
            "notificationPriority",
            .choice([
                "PRIORITY_UNSPECIFIED", "PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH",
                "PRIORITY_MAX",
            ])
        ),
        Field("defaultSound", .boolean), Field("defaultVibrateTimings", .boolean),
        Field("defaultLightSettings", .boolean), Field("vibrateTimings", .list(.text(.duration))),
        Field("visibility", .choice(["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"])),
        Field("notificationCount", .integer), Field("lightSettings", .object(lightSettings)),
    ]

    private static let androidNotification = FCMObjectFields(
        androidNotificationCommon + [
            Field("proxy", .choice(["PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"])),
            Field("bypassProxyNotification", .boolean),
        ]
    )

    private static let androidNotificationV2 = FCMObjectFields(
        androidNotificationCommon + [Field("id", .integer)]
    )

    private static let lightSettings = FCMObjectFields([
        Field("color", .object(lightColor), isRequired: true),
        Field("lightOnDuration", .text(.duration), isRequired: true),
        Field("lightOffDuration", .text(.duration), isRequired: true),
    ])

    private static let lightColor = FCMObjectFields([
        Field("red", .fraction), Field("green", .fraction), Field("blue", .fraction), Field("alpha", .fraction),
    ])

    private static let webpush = FCMObjectFields([
        Field("headers", .headers(["ttl": .seconds, "urgency": .urgency, "topic": .webPushTopic])),
        Field("data", .data),
        Field("notification", .freeObject),
        Field(
            "fcmOptions",
            .object(
                FCMObjectFields([Field("link", .text(.httpsURL)), Field("analyticsLabel", .text(.analyticsLabel))])
            )
        ),
    ])

    private static let apns = FCMObjectFields([
        Field(
            "headers",
            .headers([
                "apns-expiration": .unixSeconds, "apns-priority": .apnsPriority, "apns-collapse-id": .collapseID,
            ])
        ),
        Field("payload", .apnsPayload),
        Field("liveActivityToken", .text(.any)),
        Field(
            "fcmOptions",
            .object(
                FCMObjectFields([Field("image", .text(.any)), Field("analyticsLabel", .text(.analyticsLabel))])
            )
        ),
    ])
}

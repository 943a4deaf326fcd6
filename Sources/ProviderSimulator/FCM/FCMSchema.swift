/// The form of one value in FCM's request.
indirect enum FCMValueType: Sendable {
    case string, boolean, int32, float
    /// Decimal seconds with up to nine decimals and an `s`.
    case duration
    /// RFC 3339.
    case timestamp
    /// One of these names, in any case of letters, or the number of one.
    case enumeration([String])
    case list(FCMValueType)
    /// An object whose values are all strings.
    case stringMap
    /// Any JSON object.
    case anyObject
    case message(FCMSchema)
}

/// The fields of one message type of FCM's API, by their lowerCamelCase names.
///
/// Source: the discovery document of fcm.googleapis.com, v1, revision 20261023.
struct FCMSchema: Sendable {
    let fields: [String: FCMValueType]

    init(_ fields: [String: FCMValueType]) {
        self.fields = fields
    }

    static let request = FCMSchema(["message": .message(message), "validateOnly": .boolean])
    static let topicSubscription = FCMSchema(["name": .string, "topicName": .string, "createTime": .timestamp])

    private static let message = FCMSchema([
        "name": .string, "fid": .string, "token": .string, "topic": .string, "condition": .string,
        "data": .stringMap, "notification": .message(notification), "android": .message(android),
        "androidV2": .message(androidV2), "webpush": .message(webpush), "apns": .message(apns),
        "fcmOptions": .message(FCMSchema(["analyticsLabel": .string])),
    ])

    private static let notification = FCMSchema(["title": .string, "body": .string, "image": .string])

    private static let androidCommon: [String: FCMValueType] = [
        "collapseKey": .string, "ttl": .duration, "restrictedPackageName": .string, "data": .stringMap,
        "fcmOptions": .message(FCMSchema(["analyticsLabel": .string])), "directBootOk": .boolean,
        "bandwidthConstrainedOk": .boolean, "restrictedSatelliteOk": .boolean,
    ]

    private static let android = androidCommon.and([
        "priority": .enumeration(["NORMAL", "HIGH"]),
        "notification": .message(
            androidNotification.and([
                "proxy": .enumeration(["PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"]),
                "bypassProxyNotification": .boolean,
            ])
        ),
    ])

    private static let androidV2 = androidCommon.and([
        "backgroundSync": .message(FCMSchema([:])),
        "remoteNotification": .message(
            FCMSchema([
                "mutableContent": .boolean, "useAsV1DataMessage": .boolean,
                "notification": .message(androidNotification.and(["id": .int32])),
            ])
        ),
    ])

    private static let androidNotification: [String: FCMValueType] = [
        "title": .string, "body": .string, "icon": .string, "color": .string, "sound": .string, "tag": .string,
        "clickAction": .string, "bodyLocKey": .string, "bodyLocArgs": .list(.string), "titleLocKey": .string,
        "titleLocArgs": .list(.string), "channelId": .string, "ticker": .string, "sticky": .boolean,
        "eventTime": .timestamp, "localOnly": .boolean,
        "notificationPriority": .enumeration([
            "PRIORITY_UNSPECIFIED", "PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH",
            "PRIORITY_MAX",
        ]),
        "defaultSound": .boolean, "defaultVibrateTimings": .boolean, "defaultLightSettings": .boolean,
        "vibrateTimings": .list(.duration),
        "visibility": .enumeration(["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"]),
        "notificationCount": .int32, "image": .string, "lightSettings": .message(lightSettings),
    ]

    private static let lightSettings = FCMSchema([
        "color": .message(FCMSchema(["red": .float, "green": .float, "blue": .float, "alpha": .float])),
        "lightOnDuration": .duration, "lightOffDuration": .duration,
    ])

    private static let webpush = FCMSchema([
        "headers": .stringMap, "data": .stringMap, "notification": .anyObject,
        "fcmOptions": .message(FCMSchema(["link": .string, "analyticsLabel": .string])),
    ])

    private static let apns = FCMSchema([
        "headers": .stringMap, "payload": .anyObject, "liveActivityToken": .string,
        "fcmOptions": .message(FCMSchema(["analyticsLabel": .string, "image": .string])),
    ])
}

extension [String: FCMValueType] {
    /// A message type with these fields and the given ones.
    fileprivate func and(_ more: [String: FCMValueType]) -> FCMSchema {
        FCMSchema(merging(more) { _, new in new })
    }
}

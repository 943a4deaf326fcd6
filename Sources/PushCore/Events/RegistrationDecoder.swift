/// The types of events on the registrations topic.
package enum RegistrationType: String, CaseIterable, Sendable {
    case deviceRegistered = "push.device.registered"
    case deviceUnregistered = "push.device.unregistered"
    case userPreferences = "push.user.preferences"
    case userSubscribed = "push.user.subscribed"
    case userUnsubscribed = "push.user.unsubscribed"
    case userBadge = "push.user.badge"
    case userForgotten = "push.user.forgotten"
    case notificationCancelled = "push.notification.cancelled"
}

/// What a registration asks for.
package enum RegistrationResult: Equatable, Sendable {
    /// One command; for a device registered with topics, also one for each topic. In an order that does not matter.
    case commands([KeyedCommand])
    case invalid(DeadLetterReason)
}

/// Turns registrations into commands for the users stage.
///
/// Fields that are not known are let be: who registers may be newer than we are.
package struct RegistrationDecoder: Sendable {
    /// Topics that one registration of a device may name.
    package static let topicsMax = 64
    /// Categories that one event may set.
    package static let categoriesMax = 256

    private let digests: Digests
    private let sandboxApps: Set<String>

    /// `sandboxApps`: Bundle ids whose devices are in the sandbox where their registration does not say.
    package init(digests: Digests, sandboxApps: Set<String> = []) {
        self.digests = digests
        self.sandboxApps = sandboxApps
    }

    /// Reads one registration.
    ///
    /// - Parameters:
    ///   - event: From the registrations topic.
    ///   - recordTimestampMs: Time of the registration where the event has none. Negative (no timestamp) counts as 0.
    /// - Returns: Commands for the inbox, or why there are none.
    package func decode(_ event: Event, recordTimestampMs: Int64) -> RegistrationResult {
        do {
            return .commands(try commands(event, atMs: event.timeMs ?? max(0, recordTimestampMs)))
        } catch {
            return .invalid(error)
        }
    }

    private func commands(_ event: Event, atMs: Int64) throws(DeadLetterReason) -> [KeyedCommand] {
        guard let type = RegistrationType(rawValue: event.type) else {
            let known = RegistrationType.allCases.map(\.rawValue).joined(separator: ", ")
            throw DeadLetterReason(.unknownRegistrationType, "type: must be one of \(known)")
        }
        let fields = try RegistrationFields(of: event)
        let userID = try fields.required("user_id", .identifier)
        switch type {
        case .deviceRegistered:
            return try registered(fields, userID, atMs)
        case .deviceUnregistered:
            var detach = DetachDevice()
            detach.deviceID = try fields.required("device_id", .identifier)
            detach.atMs = atMs
            return [KeyedCommand(.user(userID), .detach(detach))]
        case .userPreferences:
            return [KeyedCommand(.user(userID), .preferences(try preferences(fields, atMs)))]
        case .userSubscribed, .userUnsubscribed:
            let topic = try fields.required("topic", .identifier)
            return [subscription(userID, topic, type == .userSubscribed, atMs)]
        case .userBadge:
            var badge = SetBadge()
            badge.count = try fields.wholeNumber("badge", 0...UsersCore.badgeMax)
            badge.atMs = atMs
            return [KeyedCommand(.user(userID), .badge(badge))]
        case .userForgotten:
            let reference = Self.reference(event, atMs)
            return [ForgetUser(userID: userID, reference, atMs: atMs, digests).command(to: userID)]
        case .notificationCancelled:
            return [KeyedCommand(.user(userID), .cancel(try cancellation(fields, event, atMs)))]
        }
    }

    // MARK: Devices

    private func registered(
        _ fields: RegistrationFields,
        _ userID: String,
        _ atMs: Int64
    ) throws(DeadLetterReason) -> [KeyedCommand] {
        var device = Device()
        device.id = try fields.required("device_id", .identifier)
        device.provider = try fields.required("provider", .provider)
        device.registeredAtMs = atMs
        switch Provider(rawValue: device.provider) {
        case .apns: try readAPNs(fields, &device)
        case .fcm: try readFCM(fields, &device)
        case .webpush: try readWebPush(fields, &device)
        case nil: throw fields.invalid("provider", TextForm.provider.allowed)
        }
        device.locale = try fields.optional("locale", .locale) ?? ""
        device.timezone = try fields.optional("timezone", .timezone) ?? ""
        let topics = try fields.list("topics", .identifier, countMax: Self.topicsMax)
        var claim = ClaimAddress()
        claim.userID = userID
        claim.device = device
        let key = InboxKey.address(fingerprint: digests.fingerprint(of: addressText(device)))
        return [KeyedCommand(key, .claim(claim))] + topics.map { subscription(userID, $0, true, atMs) }
    }

    private func readAPNs(_ fields: RegistrationFields, _ device: inout Device) throws(DeadLetterReason) {
        device.app = try fields.required("app", .app)
        try fields.refuse("fid", because: "for apns: the address is a token")
        try fields.refuse("subscription", because: "for apns: the address is a token")
        // One device, one spelling: the fingerprint must not depend on the case of the digits.
        device.token = try fields.required("token", .apnsToken).lowercased()
        let environment = try fields.optional("environment", .environment)
        device.sandbox = environment.map { $0 == "sandbox" } ?? sandboxApps.contains(device.app)
        device.pushType = TokenKind.serving(try fields.optional("push_type", .pushType) ?? "")
    }

    private func readFCM(_ fields: RegistrationFields, _ device: inout Device) throws(DeadLetterReason) {
        device.app = try fields.required("app", .app)
        try fields.refuse("environment", because: "for fcm: only apns has environments")
        try fields.refuse("push_type", because: "for fcm: only apns has tokens for push types")
        try fields.refuse("subscription", because: "for fcm: the address is a token or a fid")
        if fields.has("fid") {
            try fields.refuse("token", because: "next to fid: a device has one address")
            device.fid = try fields.required("fid", .installationID)
        } else {
            guard fields.has("token") else {
                throw fields.missing("token", "a registration token, or fid in its place")
            }
            device.token = try fields.required("token", .fcmToken)
        }
    }

    private func readWebPush(_ fields: RegistrationFields, _ device: inout Device) throws(DeadLetterReason) {
        device.app = try fields.required("app", .webOrigin).lowercased()
        try fields.refuse("environment", because: "for webpush: only apns has environments")
        try fields.refuse("push_type", because: "for webpush: only apns has tokens for push types")
        try fields.refuse("token", because: "for webpush: the address is a subscription")
        try fields.refuse("fid", because: "for webpush: the address is a subscription")
        let given = try fields.object("subscription")
        let keys = try given.object("keys")
        var subscription = Subscription()
        subscription.endpoint = try given.required("endpoint", .endpoint)
        // RFC 8291 section 3.1: an uncompressed point on P-256, and section 3.2: 16 octets. Whether the point is on the
        // curve needs cryptography and is found out where that is.
        let point = try key(keys, "p256dh", "65 bytes in base64url, the first of them 4") {
            $0.count == 65 && $0[0] == 0x04
        }
        let auth = try key(keys, "auth", "16 bytes in base64url") { $0.count == 16 }
        subscription.p256Dh = Self.collection(point)
        subscription.auth = Self.collection(auth)
        device.subscription = subscription
    }

    private func key(
        _ fields: RegistrationFields,
        _ name: String,
        _ allowed: String,
        where isRight: ([UInt8]) -> Bool
    ) throws(DeadLetterReason) -> [UInt8] {
        let form = TextForm(allowed: allowed) { $0.utf8.count <= 128 }
        var text = try fields.required(name, form)
        // SAFETY: the octets of the string are lent for the call.
        let octets = text.withUTF8 { unsafe Base64.decode(UnsafeRawBufferPointer($0), .url) }
        guard let octets, isRight(octets) else { throw fields.invalid(name, allowed) }
        return octets
    }

    /// The generated types hold octets in a collection of Foundation, which the core has no other use for.
    private static func collection<Octets: RangeReplaceableCollection<UInt8>>(_ octets: [UInt8]) -> Octets {
        var collection = Octets()
        collection.append(contentsOf: octets)
        return collection
    }

    private func addressText(_ device: Device) -> String {
        switch device.address {
        case .token(let token): token
        case .fid(let fid): fid
        case .subscription(let subscription): subscription.endpoint
        case nil: preconditionFailure("every provider's device was given its address")
        }
    }

    // MARK: Users

    private func preferences(_ fields: RegistrationFields, _ atMs: Int64) throws(DeadLetterReason) -> SetPreferences {
        var preferences = SetPreferences()
        preferences.categories = try fields.flags("categories", names: .category, countMax: Self.categoriesMax)
        if let areWanted = fields.bool("quiet_hours") {
            preferences.quietHoursOff = !areWanted
        } else if let quietHours = try fields.optionalObject("quiet_hours") {
            preferences.quietHoursStart = try quietHours.required("start", .timeOfDay)
            preferences.quietHoursEnd = try quietHours.required("end", .timeOfDay)
            guard preferences.quietHoursStart != preferences.quietHoursEnd else {
                throw quietHours.invalid("end", "another time than start")
            }
        } else {
            preferences.keepsQuietHours = true
        }
        preferences.locale = try fields.optional("locale", .locale) ?? ""
        preferences.timezone = try fields.optional("timezone", .timezone) ?? ""
        preferences.atMs = atMs
        return preferences
    }

    /// By the notification's id, or by the collapse key under which it waits.
    private func cancellation(
        _ fields: RegistrationFields,
        _ event: Event,
        _ atMs: Int64
    ) throws(DeadLetterReason) -> CancelScheduled {
        var cancel = CancelScheduled()
        cancel.event = Self.reference(event, atMs)
        if fields.has("notification_id") {
            try fields.refuse("collapse_key", because: "next to notification_id: one of them says what is meant")
            var text = try fields.required("notification_id", .notificationID)
            // SAFETY: the octets of the string are lent for the call.
            let id = text.withUTF8 { unsafe Identifier(text: UnsafeRawBufferPointer($0)) }
            guard let id else { throw fields.invalid("notification_id", TextForm.notificationID.allowed) }
            cancel.notificationIDHigh = id.high
            cancel.notificationIDLow = id.low
        } else {
            guard fields.has("collapse_key") else {
                throw fields.missing(
                    "collapse_key",
                    "the collapse key of what is meant, or notification_id in its place"
                )
            }
            cancel.collapseKey = try fields.required("collapse_key", .collapseKey)
        }
        return cancel
    }

    private static func reference(_ event: Event, _ atMs: Int64) -> EventReference {
        var reference = EventReference()
        reference.id = event.id
        reference.source = event.source
        reference.type = event.type
        reference.timeMs = atMs
        return reference
    }

    private func subscription(_ userID: String, _ topic: String, _ isSubscribed: Bool, _ atMs: Int64) -> KeyedCommand {
        var subscription = SetSubscription()
        subscription.topic = topic
        subscription.subscribed = isSubscribed
        subscription.atMs = atMs
        return KeyedCommand(.user(userID), .subscription(subscription))
    }
}

import PushCore
import SwiftProtobuf
import Testing

/// A good registration of each kind as members and their JSON texts, to be changed by tests.
enum Registration {
    static let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    static let auth = "BTBZMqHH6r4Tts7J_aSIgg"

    static let apns: [String: String] = [
        "user_id": #""u-1""#, "device_id": #""d-1""#, "provider": #""apns""#, "app": #""com.example.shop""#,
        "token": #""0123456789abcdefABCDEF""#,
    ]
    static let fcm: [String: String] = [
        "user_id": #""u-1""#, "device_id": #""d-1""#, "provider": #""fcm""#, "app": #""example-shop""#,
        "token": #""cXY:APA91b-_x""#,
    ]
    static let webpush: [String: String] = [
        "user_id": #""u-1""#, "device_id": #""d-1""#, "provider": #""webpush""#, "app": #""https://shop.example.com""#,
        "subscription": subscription(),
    ]
    static let preferences: [String: String] = [
        "user_id": #""u-1""#, "categories": #"{"marketing":false,"transactional":true}"#,
    ]
    static let topic: [String: String] = ["user_id": #""u-1""#, "topic": #""news""#]

    static func subscription(
        endpoint: String = "https://push.example.com/send/abc",
        p256dh: String = p256dh,
        auth: String = auth
    ) -> String {
        #"{"endpoint":"\#(endpoint)","expirationTime":null,"keys":{"p256dh":"\#(p256dh)","auth":"\#(auth)"}}"#
    }

    static func record(_ type: String, _ fields: [String: String], time: String? = "2026-01-02T03:04:05.678Z")
        -> OwnedRecord
    {
        let members = fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        var record = Sample.binary(["type": type, "time": time], value: "{\(members.joined(separator: ","))}")
        record.timestampMs = 99
        return record
    }

    static func decode(_ record: OwnedRecord) -> RegistrationResult {
        record.withInputRecord { record in
            switch EventDecoder().decode(record) {
            case .event(let event):
                RegistrationDecoder(digests: .openSSL).decode(event, recordTimestampMs: record.timestampMs)
            case .invalid(let reason): .invalid(reason)
            case .tombstone: .commands([])
            }
        }
    }

    static func commands(_ type: String, _ fields: [String: String], time: String? = "2026-01-02T03:04:05.678Z") throws
        -> [KeyedCommand]
    {
        switch decode(record(type, fields, time: time)) {
        case .commands(let commands): return commands
        case .invalid(let reason): throw reason
        }
    }

    static func device(_ fields: [String: String]) throws -> Device {
        let command = try #require(try commands("push.device.registered", fields).first)
        return command.command.claim.device
    }
}

@Suite("Registrations")
struct RegistrationDecoderTests {
    @Test("an APNs device claims the address of its token in small letters")
    func apns() throws {
        var fields = Registration.apns
        fields["environment"] = #""sandbox""#
        fields["locale"] = #""de-AT""#
        fields["timezone"] = #""Europe/Vienna""#
        fields["unknown"] = "{}"
        let commands = try Registration.commands("push.device.registered", fields)
        let command = try #require(commands.first)
        #expect(commands.count == 1)
        // printf 0123456789abcdefabcdef | sha256sum
        #expect(command.key == .address(fingerprint: "964cd89961c84060"))
        #expect(command.key.description == "a:964cd89961c84060")
        let claim = command.command.claim
        #expect(claim.userID == "u-1")
        #expect(claim.device.id == "d-1" && claim.device.provider == "apns" && claim.device.app == "com.example.shop")
        #expect(claim.device.address == .token("0123456789abcdefabcdef"))
        #expect(claim.device.sandbox)
        #expect(claim.device.locale == "de-AT" && claim.device.timezone == "Europe/Vienna")
        #expect(claim.device.registeredAtMs == 1_767_323_045_678)
    }

    @Test("without environment an APNs device is in production", arguments: [nil, "null", #""production""#])
    func production(_ environment: String?) throws {
        var fields = Registration.apns
        fields["environment"] = environment
        #expect(try Registration.device(fields).sandbox == false)
    }

    static let tokenKinds =
        TokenKind.pushTypes.map { ("\"\($0)\"", $0) } + [(nil, ""), ("null", ""), (#""alert""#, "")]

    @Test("a token says which push type it is for; without that it is the app's own", arguments: tokenKinds)
    func tokenKind(_ pushType: String?, _ expected: String) throws {
        var fields = Registration.apns
        fields["push_type"] = pushType
        #expect(try Registration.device(fields).pushType == expected)
    }

    @Test(
        "without a time the record's counts, and a record without one counts as the epoch",
        arguments: [(99, 99), (-1, 0)]
    )
    func registeredAt(_ timestamp: Int64, _ expected: Int64) throws {
        var record = Registration.record("push.device.registered", Registration.apns, time: nil)
        record.timestampMs = timestamp
        guard case .commands(let commands) = Registration.decode(record) else {
            Issue.record("a good registration is decoded")
            return
        }
        #expect(commands.first?.command.claim.device.registeredAtMs == expected)
    }

    @Test("an FCM device has a token, whose case matters, or an installation id")
    func fcm() throws {
        #expect(try Registration.device(Registration.fcm).address == .token("cXY:APA91b-_x"))
        var fields = Registration.fcm
        fields["token"] = nil
        fields["fid"] = #""dIsVQ2QVRT-TW7L6VfeAMh""#
        #expect(try Registration.device(fields).address == .fid("dIsVQ2QVRT-TW7L6VfeAMh"))
        fields["token"] = "null"
        #expect(try Registration.device(fields).address == .fid("dIsVQ2QVRT-TW7L6VfeAMh"))
    }

    @Test("a subscription's keys are octets, with padding or without", arguments: ["", "=", "=="])
    func webpush(_ padding: String) throws {
        var fields = Registration.webpush
        fields["subscription"] = Registration.subscription(
            p256dh: Registration.p256dh + (padding == "=" ? "=" : ""),
            auth: Registration.auth + (padding == "==" ? "==" : "")
        )
        let subscription = try Registration.device(fields).subscription
        #expect(subscription.endpoint == "https://push.example.com/send/abc")
        #expect(subscription.p256Dh.count == 65 && subscription.p256Dh.first == 4)
        #expect(Array(subscription.auth).prefix(3) == [0x05, 0x30, 0x59])
        #expect(subscription.auth.count == 16)
    }

    @Test("topics of a device are subscriptions of its user")
    func topics() throws {
        var fields = Registration.apns
        fields["topics"] = #"["news","sport"]"#
        let commands = try Registration.commands("push.device.registered", fields)
        #expect(commands.count == 3)
        #expect(commands.dropFirst().allSatisfy { $0.key == .user("u-1") && $0.command.subscription.subscribed })
        #expect(commands.dropFirst().map(\.command.subscription.topic) == ["news", "sport"])
        #expect(commands.dropFirst().allSatisfy { $0.command.subscription.atMs == 1_767_323_045_678 })
    }

    @Test("a device is unregistered at its user")
    func unregistered() throws {
        let fields = ["user_id": #""u-1""#, "device_id": #""d-1""#]
        let commands = try Registration.commands("push.device.unregistered", fields)
        let command = try #require(commands.first)
        #expect(command.key.description == "u:u-1")
        #expect(command.command.detach.deviceID == "d-1")
        #expect(command.command.detach.fingerprint.isEmpty)
        #expect(command.command.detach.atMs == 1_767_323_045_678)
    }

    @Test("preferences are taken whole")
    func preferences() throws {
        var fields = Registration.preferences
        fields["quiet_hours"] = #"{"start":"22:00","end":"07:59"}"#
        fields["locale"] = #""pt-BR""#
        fields["timezone"] = #""America/Argentina/Buenos_Aires""#
        let preferences = try #require(try Registration.commands("push.user.preferences", fields).first).command
            .preferences
        #expect(preferences.categories == ["marketing": false, "transactional": true])
        #expect(preferences.quietHoursStart == "22:00" && preferences.quietHoursEnd == "07:59")
        #expect(preferences.locale == "pt-BR" && preferences.timezone == "America/Argentina/Buenos_Aires")
        #expect(preferences.atMs == 1_767_323_045_678)
    }

    @Test(
        "quiet hours that an event says nothing of stay, and are taken back by true and false",
        arguments: [(nil, true, false), ("null", true, false), ("true", false, false), ("false", false, true)]
            as [(String?, Bool, Bool)]
    )
    func quietHours(_ text: String?, _ areKept: Bool, _ areOff: Bool) throws {
        var fields = Registration.preferences
        fields["quiet_hours"] = text
        let command = try #require(try Registration.commands("push.user.preferences", fields).first).command
        #expect(command.preferences.keepsQuietHours == areKept && command.preferences.quietHoursOff == areOff)
        #expect(command.preferences.quietHoursStart.isEmpty && command.preferences.quietHoursEnd.isEmpty)
    }

    @Test(
        "a user subscribes and unsubscribes",
        arguments: [("push.user.subscribed", true), ("push.user.unsubscribed", false)]
    )
    func subscription(_ type: String, _ subscribed: Bool) throws {
        let command = try #require(try Registration.commands(type, Registration.topic).first)
        #expect(command.key == .user("u-1"))
        #expect(command.command.subscription.topic == "news")
        #expect(command.command.subscription.subscribed == subscribed)
    }

    @Test("an app says what its icon shows")
    func badge() throws {
        let fields = ["user_id": #""u-1""#, "badge": "3"]
        let command = try #require(try Registration.commands("push.user.badge", fields).first)
        #expect(command.key == .user("u-1") && command.command.badge.count == 3)
        #expect(command.command.badge.atMs == 1_767_323_045_678)
        for wrong in [#""3""#, "-1", "100000", "1.5", "null"] {
            let reason = #expect(throws: DeadLetterReason.self) {
                try Registration.commands("push.user.badge", fields.merging(["badge": wrong]) { $1 })
            }
            #expect(reason?.detail.contains("data.badge: ") == true, "\(wrong)")
        }
    }

    @Test(
        "another type is no registration",
        arguments: ["push.device.moved", "com.example.order", "push.device.Registered"]
    )
    func unknownType(_ type: String) {
        guard case .invalid(let reason) = Registration.decode(Registration.record(type, Registration.topic)) else {
            Issue.record("an unknown type is refused")
            return
        }
        #expect(reason.code == .unknownRegistrationType)
        #expect(reason.detail.contains("push.user.preferences"))
    }

    @Test("data that is no object is refused", arguments: ["[]", "1", "null", nil])
    func noObject(_ value: String?) {
        guard
            case .invalid(let reason) = Registration.decode(
                Sample.binary(["type": "push.user.subscribed"], value: value)
            )
        else {
            Issue.record("data that is no object is refused")
            return
        }
        #expect(reason.code == .invalidData)
    }
}

/// A registration with one field changed (nil: left out).
struct FieldCase: CustomTestStringConvertible, Sendable {
    let type: String
    let fields: [String: String]
    /// In the detail.
    let field: String
    let isMissing: Bool

    init(
        _ type: String,
        _ base: [String: String],
        _ name: String,
        _ value: String?,
        in field: String? = nil,
        more: [String: String] = [:]
    ) {
        self.type = type
        var fields = base.merging(more) { $1 }
        fields[name] = value
        self.fields = fields
        self.field = "data." + (field ?? name)
        isMissing = value == nil || value == "null"
    }

    static func device(_ base: [String: String], _ name: String, _ value: String?, in field: String? = nil) -> FieldCase
    {
        FieldCase("push.device.registered", base, name, value, in: field)
    }

    static func subscription(_ value: String, in field: String) -> FieldCase {
        device(Registration.webpush, "subscription", value, in: "subscription.\(field)")
    }

    var testDescription: String { "\(type) \(field): \((fields[String(field.dropFirst(5))] ?? "absent").prefix(40))" }
}

@Suite("Registrations: fields")
struct RegistrationFieldTests {
    private static let long = "\"" + String(repeating: "x", count: 257) + "\""

    static let identifiers: [FieldCase] = ["user_id", "device_id"].flatMap { name in
        [nil, "null", #""""#, long, "1", "{}", #""a\nb""#].map { .device(Registration.apns, name, $0) }
            + [FieldCase("push.device.unregistered", ["user_id": #""u""#, "device_id": #""d""#], name, nil)]
    }

    static let devices: [FieldCase] = [
        .device(Registration.apns, "provider", nil), .device(Registration.apns, "provider", #""APNs""#),
        .device(Registration.apns, "provider", #""sms""#), .device(Registration.apns, "provider", "1"),
        .device(Registration.apns, "app", nil), .device(Registration.apns, "app", #""""#),
        .device(Registration.apns, "app", #""com example""#), .device(Registration.apns, "app", "[]"),
        .device(Registration.apns, "token", nil), .device(Registration.apns, "token", #""""#),
        .device(Registration.apns, "token", #""xyz""#), .device(Registration.apns, "token", #""ab cd""#),
        .device(Registration.apns, "token", "\"" + String(repeating: "a", count: 513) + "\""),
        .device(Registration.apns, "token", "123"), .device(Registration.apns, "fid", #""a""#),
        .device(Registration.apns, "subscription", "{}"), .device(Registration.apns, "environment", #""development""#),
        .device(Registration.apns, "push_type", #""background""#), .device(Registration.apns, "push_type", #""VoIP""#),
        .device(Registration.fcm, "push_type", #""voip""#), .device(Registration.webpush, "push_type", #""alert""#),
        .device(Registration.apns, "environment", "true"), .device(Registration.fcm, "token", nil),
        .device(Registration.fcm, "token", #""a b""#), .device(Registration.fcm, "token", #""é""#),
        .device(Registration.fcm, "token", "\"" + String(repeating: "a", count: 4097) + "\""),
        .device(Registration.fcm, "fid", #""a""#, in: "token"),
        .device(Registration.fcm, "environment", #""production""#),
        .device(Registration.fcm, "subscription", Registration.subscription()),
        .device(Registration.webpush, "token", #""ab""#), .device(Registration.webpush, "fid", #""ab""#),
        .device(Registration.webpush, "environment", #""production""#),
        .device(Registration.webpush, "subscription", nil),
        .device(Registration.webpush, "subscription", #""https://push.example.com/x""#),
        .device(Registration.apns, "locale", #""de_AT""#), .device(Registration.apns, "locale", #""""#),
        .device(Registration.apns, "locale", #""d""#), .device(Registration.apns, "locale", #""de-""#),
        .device(Registration.apns, "locale", #""de-x""#), .device(Registration.apns, "locale", #""german1""#),
        .device(Registration.apns, "locale", #""de-abcdefghi""#), .device(Registration.apns, "timezone", #""CET""#),
        .device(Registration.apns, "timezone", #""+02:00""#), .device(Registration.apns, "timezone", #""Europe/""#),
        .device(Registration.apns, "timezone", #""/Berlin""#),
        .device(Registration.apns, "timezone", #""../etc/passwd""#),
        .device(Registration.apns, "timezone", #""Europe/Ber lin""#), .device(Registration.apns, "timezone", "1"),
        .device(Registration.apns, "topics", #""news""#), .device(Registration.apns, "topics", "[1]", in: "topics[0]"),
        .device(Registration.apns, "topics", #"["a",""]"#, in: "topics[1]"),
        .device(Registration.apns, "topics", "[" + (0..<65).map { "\"t\($0)\"" }.joined(separator: ",") + "]"),
    ]

    static let origins: [FieldCase] = [
        #""shop.example.com""#, #""http://shop.example.com""#, #""https://shop.example.com/""#, #""https://""#,
        #""https://shop.example.com/path""#, #""https://a@b.example.com""#, #""https://shop.example.com:0""#,
        #""https://shop.example.com:99999""#, #""https://shop..example.com""#, #""https://shop.example.com?x""#,
    ].map { .device(Registration.webpush, "app", $0) }

    static let endpoints: [FieldCase] = [
        "", "push.example.com/x", "http://push.example.com/x", "https:/push.example.com/x", "https:///x",
        "https://push.example.com",
        "https://user@push.example.com/x", "https://user:p@push.example.com/x", "https://push.example.com/x#f",
        "https://push.example.com/a b", "https://push.example.com/é", "https://push.example.com:x/",
        "https://push.example.com:70000/",
        "https://-push.example.com/", "https://push..example.com/", "https://[::1/x", "https://[x]/x",
        "https://push.example.com/%zz",
        "https://push.example.com/%4", "https://push.example.com/" + String(repeating: "x", count: 2048),
    ].map { .subscription(Registration.subscription(endpoint: $0), in: "endpoint") }

    static let keys: [FieldCase] =
        [
            "", "AAAA", Registration.auth, String(Registration.p256dh.dropLast()), Registration.p256dh + "A",
            "A" + Registration.p256dh.dropFirst(), Registration.p256dh.replacing("_", with: "/"),
            Registration.p256dh + "==",
        ].map { .subscription(Registration.subscription(p256dh: $0), in: "keys.p256dh") }
        + [
            "", "AAAA", Registration.p256dh, String(Registration.auth.dropLast()), Registration.auth + "=",
            Registration.auth.dropLast() + "h", Registration.auth + "\u{20}",
        ].map { .subscription(Registration.subscription(auth: $0), in: "keys.auth") }
        + [
            .subscription(#"{"endpoint":"https://push.example.com/x","keys":[]}"#, in: "keys")
        ]

    static let users: [FieldCase] =
        [
            ("categories", nil, nil), ("categories", "[]", nil), ("categories", #"{"a":"yes"}"#, nil),
            ("categories", #"{"a":null}"#, nil),
            ("categories", #"{"":true}"#, nil),
            ("categories", "{" + (0..<257).map { "\"c\($0)\":true" }.joined(separator: ",") + "}", nil),
            ("quiet_hours", "[]", nil), ("quiet_hours", #"{"start":24,"end":"07:00"}"#, "quiet_hours.start"),
            ("quiet_hours", #"{"start":"24:00","end":"07:00"}"#, "quiet_hours.start"),
            ("quiet_hours", #"{"start":"22:60","end":"07:00"}"#, "quiet_hours.start"),
            ("quiet_hours", #"{"start":"9:00","end":"07:00"}"#, "quiet_hours.start"),
            ("quiet_hours", #"{"start":"22:00","end":"7am"}"#, "quiet_hours.end"),
            ("quiet_hours", #"{"start":"22:00","end":"22:00"}"#, "quiet_hours.end"),
            ("locale", #""?""#, nil), ("timezone", #""Nowhere""#, nil), ("user_id", nil, nil),
        ].map { FieldCase("push.user.preferences", Registration.preferences, $0, $1, in: $2) }
        + [nil, #""""#, "1"].map { FieldCase("push.user.subscribed", Registration.topic, "topic", $0) }

    @Test(
        "a field that is absent or wrong is named",
        arguments: identifiers + devices + origins + endpoints + keys + users
    )
    func refuses(_ example: FieldCase) {
        guard case .invalid(let reason) = Registration.decode(Registration.record(example.type, example.fields)) else {
            Issue.record("accepted")
            return
        }
        #expect(reason.code == (example.isMissing ? .missingField : .invalidField), "\(reason)")
        #expect(reason.detail.hasPrefix(example.field + ":"), "\(reason)")
    }

    @Test("a field inside that is absent is named")
    func missingInside() {
        let table = [
            (#"{"endpoint":"https://push.example.com/x","keys":{}}"#, "keys.p256dh"),
            (#"{"endpoint":"https://push.example.com/x"}"#, "keys"),
            (#"{"keys":{"p256dh":"\#(Registration.p256dh)","auth":"\#(Registration.auth)"}}"#, "endpoint"),
            (#"{"endpoint":"https://push.example.com/x","keys":{"p256dh":"\#(Registration.p256dh)"}}"#, "keys.auth"),
        ]
        for (subscription, field) in table {
            var fields = Registration.webpush
            fields["subscription"] = subscription
            guard case .invalid(let reason) = Registration.decode(Registration.record("push.device.registered", fields))
            else {
                Issue.record("accepted without \(field)")
                continue
            }
            #expect(reason.code == .missingField)
            #expect(reason.detail.hasPrefix("data.subscription.\(field):"), "\(reason)")
        }
    }

    @Test("no detail repeats an address")
    func noAddress() {
        var fields = Registration.apns
        fields["token"] = #""secret-token-value""#
        guard case .invalid(let reason) = Registration.decode(Registration.record("push.device.registered", fields))
        else {
            Issue.record("a token that is not hexadecimal is refused")
            return
        }
        #expect(!reason.detail.contains("secret"))
    }

    @Test(
        "good forms are accepted",
        arguments: [
            ("locale", #""de""#), ("locale", #""zh-Hant-TW""#), ("locale", #""sl-rozaj-biske""#), ("locale", "null"),
            ("timezone", #""UTC""#), ("timezone", #""Etc/GMT+5""#), ("timezone", #""America/Port-au-Prince""#),
            ("token", #""a""#), ("token", #""ABC""#), ("topics", "[]"), ("topics", "null"),
            ("app", #""com.example.shop-2""#),
            ("user_id", "\"" + String(repeating: "x", count: 256) + "\""), ("user_id", #""ü 😀""#),
            ("app", #""com.example.Shop""#),
        ]
    )
    func accepts(_ name: String, _ value: String) throws {
        var fields = Registration.apns
        fields[name] = value
        _ = try Registration.device(fields)
    }

    @Test(
        "good endpoints and origins are accepted",
        arguments: [
            "https://push.example.com/", "https://push.example.com:8443/a/b?c=d&e=%41", "https://[2001:db8::1]:443/x",
            "https://127.0.0.1/x", "HTTPS://push.example.com/x", "https://a_b.example.com/x:y@z",
        ]
    )
    func acceptsEndpoint(_ endpoint: String) throws {
        var fields = Registration.webpush
        fields["subscription"] = Registration.subscription(endpoint: endpoint)
        fields["app"] = #""https://Shop.example.com:8443""#
        let device = try Registration.device(fields)
        #expect(device.subscription.endpoint == endpoint)
        #expect(device.app == "https://shop.example.com:8443")
    }
}

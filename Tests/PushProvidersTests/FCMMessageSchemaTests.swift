import PushCore
import PushProviders
import Testing

@Suite("FCM message schema")
struct FCMMessageSchemaTests {
    private static func check(_ text: String, _ stage: FCMMessageSchema.Stage = .rendered) throws
        -> FCMMessageSchema.Checked
    {
        FCMMessageSchema.check(try JSONTree(text: text.utf8), stage)
    }

    private static func text(_ checked: FCMMessageSchema.Checked) -> String {
        String(decoding: JSONTree.object(checked.message).octets, as: UTF8.self)
    }

    /// Every field of the discovery document that a rule may set, as it is sent.
    static let everything = #"""
        {"data":{"k":"v"},"notification":{"title":"t","body":"b","image":"https://i.example/x.png"},
        "android":{"collapseKey":"c","priority":"HIGH","ttl":"3.5s","restrictedPackageName":"com.example","data":{"k":"v"},
        "notification":{"title":"t","body":"b","icon":"i","color":"#a0B1c2","sound":"default","tag":"t","clickAction":"OPEN",
        "bodyLocKey":"k","bodyLocArgs":["a","b"],"titleLocKey":"k","titleLocArgs":[],"channelId":"c","ticker":"t",
        "sticky":true,"eventTime":"2026-01-02T03:04:05.123456789Z","localOnly":false,
        "notificationPriority":"PRIORITY_MAX","defaultSound":true,"defaultVibrateTimings":true,"defaultLightSettings":false,
        "vibrateTimings":["0s","3.5s","0.000000001s"],"visibility":"PUBLIC","notificationCount":5,
        "lightSettings":{"color":{"red":0.5,"green":0.25,"blue":1.0,"alpha":0.125},"lightOnDuration":"3.5s","lightOffDuration":"1s"},
        "image":"https://i.example/x.png","proxy":"IF_PRIORITY_LOWERED","bypassProxyNotification":true},
        "fcmOptions":{"analyticsLabel":"a-b_c.d~e%"},"directBootOk":true,"bandwidthConstrainedOk":true,
        "restrictedSatelliteOk":false},
        "webpush":{"headers":{"TTL":"15","Urgency":"very-low","Topic":"news_1-2"},"data":{"k":"v"},
        "notification":{"title":"t","actions":[{"action":"a","title":"t"}],"vibrate":[1,2],"silent":true},
        "fcmOptions":{"link":"https://shop.example.com/","analyticsLabel":"l"}},
        "apns":{"headers":{"apns-priority":"5","apns-expiration":"1795000000","apns-collapse-id":"c","apns-topic":"t"},
        "payload":{"aps":{"alert":{"title":"t"},"badge":1,"mutable-content":1},"own":[1,{}]},
        "liveActivityToken":"t","fcmOptions":{"analyticsLabel":"l","image":"https://i.example/x.png"}},
        "fcmOptions":{"analyticsLabel":"l"}}
        """#.replacing("\n", with: "")

    static let androidV2 = #"""
        {"androidV2":{"collapseKey":"c","ttl":"0s","restrictedPackageName":"com.example","data":{"k":"v"},
        "fcmOptions":{"analyticsLabel":"l"},"directBootOk":true,"bandwidthConstrainedOk":true,"restrictedSatelliteOk":true,
        "remoteNotification":{"mutableContent":true,"useAsV1DataMessage":false,
        "notification":{"id":-7,"title":"t","body":"b","icon":"i","color":"#a0B1c2","sound":"default","tag":"t",
        "clickAction":"OPEN","bodyLocKey":"k","bodyLocArgs":["a"],"titleLocKey":"k","titleLocArgs":["a"],"channelId":"c",
        "ticker":"t","sticky":true,"eventTime":"2026-01-02T03:04:05Z","localOnly":false,
        "notificationPriority":"PRIORITY_UNSPECIFIED","defaultSound":true,"defaultVibrateTimings":true,
        "defaultLightSettings":false,"vibrateTimings":["1s"],"visibility":"SECRET","notificationCount":0,
        "lightSettings":{"color":{"red":0.0},"lightOnDuration":"3.5s","lightOffDuration":"1s"},
        "image":"https://i.example/x.png"}}}}
        """#.replacing("\n", with: "")

    @Test(
        "every field of Google's schema is taken and sent as it was written",
        arguments: [everything, androidV2, #"{"androidV2":{"backgroundSync":{}}}"#, "{}"]
    )
    func whole(text: String) throws {
        for stage in [FCMMessageSchema.Stage.template, .rendered] {
            let checked = try Self.check(text, stage)
            #expect(checked.problems.map(\.description) == [])
            #expect(Self.text(checked) == text)
        }
    }

    @Test(
        "names in snake case, words in any case and values as text are made what FCM writes",
        arguments: [
            (#"{"fcm_options":{"analytics_label":"l"}}"#, #"{"fcmOptions":{"analyticsLabel":"l"}}"#),
            (#"{"android_v2":{"background_sync":{}}}"#, #"{"androidV2":{"backgroundSync":{}}}"#),
            (#"{"android":{"priority":"high"}}"#, #"{"android":{"priority":"HIGH"}}"#),
            (
                #"{"android":{"notification":{"notification_count":"5","sticky":"true","local_only":"false"}}}"#,
                #"{"android":{"notification":{"notificationCount":5,"sticky":true,"localOnly":false}}}"#
            ),
            (
                #"{"android":{"notification":{"visibility":"private"}}}"#,
                #"{"android":{"notification":{"visibility":"PRIVATE"}}}"#
            ),
            (
                #"{"apns":{"payload":{"some_key":{"inner_key":1}}}}"#,
                #"{"apns":{"payload":{"some_key":{"inner_key":1}}}}"#
            ),
            (#"{"data":{"some_key":"v"}}"#, #"{"data":{"some_key":"v"}}"#),
            (#"{"android":null,"apns":{"headers":null}}"#, #"{"android":null,"apns":{"headers":null}}"#),
        ]
    )
    func normalised(text: String, result: String) throws {
        let checked = try Self.check(text)
        #expect(checked.problems.isEmpty)
        #expect(Self.text(checked) == result)
    }

    static let refused: [(text: String, problem: String, reason: Reason)] = [
        ("[]", ": not an object", .invalidRequest), ("\"a\"", ": \"a\": not an object", .invalidRequest),
        (#"{"token":"t"}"#, "token: the target is the delivery's; it cannot be set here", .invalidRequest),
        (#"{"condition":null}"#, "condition: the target is the delivery's; it cannot be set here", .invalidRequest),
        (#"{"andriod":{}}"#, "andriod: unknown key; did you mean \"android\"?", .invalidRequest),
        (
            #"{"android":{"notification":{"colour":"red"}}}"#,
            "android.notification.colour: unknown key; did you mean \"color\"?", .invalidRequest
        ),
        (
            #"{"fcmOptions":{"zzzzzzzz":1}}"#, "fcmOptions.zzzzzzzz: unknown key (allowed: analyticsLabel)",
            .invalidRequest
        ),
        (
            #"{"androidV2":{"backgroundSync":{"a":1}}}"#,
            "androidV2.backgroundSync.a: unknown key (allowed: an empty object)",
            .invalidRequest
        ),
        (
            #"{"androidV2":{"priority":"HIGH"}}"#,
            "androidV2.priority: unknown key (allowed: collapseKey, ttl, restrictedPackageName, data, fcmOptions, "
                + "directBootOk, bandwidthConstrainedOk, restrictedSatelliteOk, backgroundSync, remoteNotification)",
            .invalidRequest
        ),
        (
            #"{"android":{"collapse_key":"a","collapseKey":"b"}}"#, "android.collapseKey: collapseKey is set twice",
            .invalidRequest
        ),
        (
            #"{"android":{},"androidV2":{}}"#, "androidV2: android and androidV2 exclude each other", .invalidRequest
        ),
        (#"{"android":17}"#, "android: \"17\": not an object", .invalidRequest),
        (
            #"{"android":{"priority":"urgent"}}"#,
            "android.priority: \"urgent\": not one of the known words (allowed: NORMAL, HIGH)", .invalidRequest
        ),
        (
            #"{"android":{"ttl":"3600"}}"#,
            "android.ttl: \"3600\": not of this form (allowed: \"0s\" to \"2419200s\" (28 days))", .badTimeToLive
        ),
        (
            #"{"android":{"ttl":3600}}"#,
            "android.ttl: \"3600\": not text; write it in quotation marks (allowed: \"0s\" to \"2419200s\" (28 days))",
            .invalidRequest
        ),
        (
            #"{"android":{"notification":{"notificationCount":2147483648}}}"#,
            "android.notification.notificationCount: \"2147483648\": not a whole number of 32 bits "
                + "(allowed: -2147483648 to 2147483647)", .invalidRequest
        ),
        (
            #"{"android":{"notification":{"sticky":1}}}"#,
            "android.notification.sticky: \"1\": not a boolean (allowed: true, false)", .invalidRequest
        ),
        (
            #"{"android":{"notification":{"bodyLocArgs":"a"}}}"#, "android.notification.bodyLocArgs: \"a\": not a list",
            .invalidRequest
        ),
        (
            #"{"android":{"notification":{"bodyLocArgs":["a",2]}}}"#,
            "android.notification.bodyLocArgs[1]: \"2\": not text; write it in quotation marks (allowed: text)",
            .invalidRequest
        ),
        (
            #"{"android":{"notification":{"bodyLocArgs":[null]}}}"#,
            "android.notification.bodyLocArgs[0]: null has no meaning in a list", .invalidRequest
        ),
        (
            #"{"android":{"notification":{"lightSettings":{"color":{"red":1.5},"lightOnDuration":"1s","lightOffDuration":"1s"}}}}"#,
            "android.notification.lightSettings.color.red: \"1.5\": not a number from 0 to 1 (allowed: 0 to 1)",
            .invalidRequest
        ),
        (
            #"{"android":{"notification":{"lightSettings":{"color":{},"lightOnDuration":"1s"}}}}"#,
            "android.notification.lightSettings: lightOffDuration is missing", .invalidRequest
        ),
        (
            #"{"data":{"count":3}}"#,
            "data.count: \"3\": not text; write it in quotation marks (allowed: text)", .invalidRequest
        ),
        (
            #"{"apns":{"payload":{"aps":[]}}}"#, "apns.payload.aps: not an object", .invalidRequest
        ),
        (
            #"{"webpush":{"fcmOptions":{"link":"http://shop.example.com"}}}"#,
            "webpush.fcmOptions.link: \"http://shop.example.com\": not of this form "
                + "(allowed: a URL that begins with https://)", .invalidRequest
        ),
        (
            #"{"webpush":{"headers":{"ttl":"2419201"}}}"#,
            "webpush.headers.ttl: \"2419201\": not of this form (allowed: \"0\" to \"2419200\" (28 days))",
            .badTimeToLive
        ),
        (#"{"webpush":{"headers":{"a b":"c"}}}"#, "webpush.headers.a b: not the name of a header", .invalidRequest),
    ]

    @Test("what FCM would refuse is named, with its path, its value and what is allowed", arguments: refused)
    func problems(text: String, problem: String, reason: Reason) throws {
        let checked = try Self.check(text)
        #expect(checked.problems.map(\.description) == [problem])
        #expect(checked.problems.first?.reason == reason)
    }

    @Test("every problem is named, not only the first")
    func allProblems() throws {
        let checked = try Self.check(
            #"{"data":{"from":"x","a":1},"android":{"ttl":"x","notification":{"color":"red","nope":1}},"zap":1}"#
        )
        #expect(
            checked.problems.map(\.path) == [
                "data.from", "data.a", "android.ttl", "android.notification.color", "android.notification.nope", "zap",
            ]
        )
    }

    @Test(
        "reserved words are no keys of data",
        arguments: [
            "", "from", "message_type", "google", "google.x", "googleId", "gcm", "gcm.notification.title", "gcmx",
        ]
    )
    func reservedKeys(key: String) {
        let data = JSONTree.object(Self.object(key, "v"))
        for message in [["data": data], ["android": ["data": data]], ["webpush": ["data": data]]] as [JSONTree] {
            #expect(FCMMessageSchema.check(message, .rendered).problems.map(\.reason) == [.badDataKey])
        }
        #expect(FCMMessageSchema.problem(withDataKey: key) != nil)
    }

    @Test(
        "other words are",
        arguments: ["From", "fromage", "message", "message_types", "Google", "a.b", "é", "notification"]
    )
    func freeKeys(key: String) {
        #expect(FCMMessageSchema.problem(withDataKey: key) == nil)
    }

    @Test(
        "forms of texts",
        arguments: [
            ("ttl", "0s", true), ("ttl", "2419200s", true), ("ttl", "2419200.000000001s", false), ("ttl", "3.5s", true),
            ("ttl", "-1s", false), ("ttl", "s", false), ("ttl", "1.s", false), ("ttl", ".5s", false),
            ("ttl", "1,5s", false),
            ("ttl", "1.1234567890s", false), ("ttl", "1 s", false), ("ttl", "1m", false), ("ttl", "", false),
            ("ttl", "99999999999999999999s", false), ("ttl", "315576000000s", false), ("ttl", "٣s", false),
            ("color", "#abcdef", true), ("color", "#ABC012", true), ("color", "#abc", false),
            ("color", "abcdef0", false),
            ("color", "#abcdeg", false), ("color", "#abcdef00", false),
            ("eventTime", "2026-01-02T03:04:05Z", true), ("eventTime", "2026-01-02T03:04:05+02:00", true),
            ("eventTime", "2026-01-02", false), ("eventTime", "2026-13-02T03:04:05Z", false),
            ("analyticsLabel", String(repeating: "a", count: 50), true),
            ("analyticsLabel", String(repeating: "a", count: 51), false), ("analyticsLabel", "a b", false),
            ("Urgency", "normal", true), ("Urgency", "urgent", false),
            ("Topic", String(repeating: "a", count: 33), false),
            ("Topic", "a.b", false), ("apns-priority", "10", true), ("apns-priority", "7", false),
            ("APNS-Priority", "7", false), ("apns-expiration", "0", true), ("apns-expiration", "-1", false),
            ("apns-collapse-id", String(repeating: "a", count: 65), false),
        ]
    )
    func forms(name: String, value: String, isAllowed: Bool) {
        let text = JSONTree.string(value)
        let message: JSONTree =
            switch name {
            case "ttl": ["android": ["ttl": text]]
            case "color": ["android": ["notification": ["color": text]]]
            case "eventTime": ["android": ["notification": ["eventTime": text]]]
            case "analyticsLabel": ["fcmOptions": ["analyticsLabel": text]]
            case "Urgency", "Topic": ["webpush": ["headers": .object(Self.object(name, text))]]
            default: ["apns": ["headers": .object(Self.object(name, text))]]
            }
        #expect(FCMMessageSchema.check(message, .rendered).problems.isEmpty == isAllowed)
    }

    private static func object(_ name: String, _ value: JSONTree) -> JSONObject {
        var object = JSONObject()
        object[name] = value
        return object
    }

    @Test(
        "a template has no form before it is rendered, and must stand where a scalar does",
        arguments: [
            (#"{"android":{"ttl":"{{data.ttl}}s"}}"#, true),
            (#"{"android":{"notification":{"color":"{{data.color}}"}}}"#, true),
            (#"{"android":{"notification":{"sticky":"{{data.a}}"}}}"#, true),
            (#"{"android":{"notification":{"notificationCount":"{{data.a}}"}}}"#, true),
            (#"{"android":{"priority":"{{data.a}}"}}"#, true), (#"{"data":{"a":"{{data.a}}"}}"#, true),
            (#"{"webpush":{"headers":{"TTL":"{{data.a}}"}}}"#, true),
            (#"{"android":{"notification":{"bodyLocArgs":"{{data.a}}"}}}"#, false),
            (#"{"android":"{{data.a}}"}"#, false),
            (#"{"android":{"ttl":"{data.ttl}"}}"#, false),
        ]
    )
    func templates(text: String, isAllowed: Bool) throws {
        #expect(try Self.check(text, .template).problems.isEmpty == isAllowed)
        let isFree = text.contains("\"data\":")
        #expect(try Self.check(text, .rendered).problems.isEmpty == isFree)
    }
}

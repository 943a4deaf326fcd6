import PushCore
import PushProviders
import Testing

@Suite("APNs payloads with what a rule sets in aps")
struct APNsOverridesTests {
    private static let tail = #","notification_id":"\#(APNsRequestTests.notificationID)"}"#
    private static let invalid: Result<APNsRequest, APNsRequest.Refusal> =
        .failure(.verdict(.badRequest(.invalidPayload)))

    private static func text(_ change: (inout PushCore.Notification) -> Void) throws -> String {
        let result = APNsRequestTests.build { change(&$0.notification) }
        return String(decoding: try result.get().body, as: UTF8.self)
    }

    /// What a rule sets, and the whole of `aps` with the title "Order 17".
    static let merged: [(overrides: String, aps: String)] = [
        ("{}", #"{"alert":{"title":"Order 17"}}"#),
        (
            #"{"alert":{"body":"b","launch-image":"l","loc-key":"K","loc-args":["1","2"]}}"#,
            #"{"alert":{"title":"Order 17","body":"b","launch-image":"l","loc-key":"K","loc-args":["1","2"]}}"#
        ),
        (
            #"{"alert":{"title":null,"title-loc-key":"T","subtitle-loc-key":"S"}}"#,
            #"{"alert":{"title-loc-key":"T","subtitle-loc-key":"S"}}"#
        ),
        (#"{"alert":"plain"}"#, #"{"alert":"plain"}"#),
        (
            #"{"sound":{"critical":1,"name":"alarm.aiff","volume":0.75},"interruption-level":"critical"}"#,
            #"{"alert":{"title":"Order 17"},"sound":{"critical":1,"name":"alarm.aiff","volume":0.75},"#
                + #""interruption-level":"critical"}"#
        ),
        (#"{"badge":"3","content-available":1}"#, #"{"alert":{"title":"Order 17"},"badge":3,"content-available":1}"#),
        (#"{"thread-id":"Grüße \"x\""}"#, #"{"alert":{"title":"Order 17"},"thread-id":"Grüße \"x\""}"#),
    ]

    @Test("what a rule sets is merged into what the notification gives", arguments: merged)
    func merge(overrides: String, aps: String) throws {
        #expect(try Self.text { $0.apns.apsJson = overrides } == #"{"aps":\#(aps)"# + Self.tail)
    }

    @Test(
        "an empty object changes nothing, whatever else is set",
        arguments: ["alert", "background", "voip", "location"]
    )
    func sameText(pushType: String) throws {
        func fill(_ notification: inout PushCore.Notification) {
            notification.contents[0].subtitle = "s"
            notification.contents[0].body = "b"
            notification.apns.pushType = pushType
            notification.apns.sound = "default"
            notification.apns.interruptionLevel = "active"
            notification.apns.threadID = "t"
            notification.apns.category = "c"
            notification.apns.targetContentID = "w"
            notification.apns.filterCriteria = "f"
            notification.apns.relevanceScore = 0.5
            notification.apns.badge = 3
            notification.apns.mutableContent = true
            notification.apns.contentAvailable = true
            notification.data = ["a": "b"]
            notification.link = "app://17"
        }
        let merged = try Self.text {
            fill(&$0)
            $0.apns.apsJson = "{}"
        }
        #expect(merged == (try Self.text(fill)))
    }

    @Test("widgets and controls are told that their content changed", arguments: ["widgets", "controls"])
    func contentChanged(pushType: String) throws {
        func aps(_ overrides: String) throws -> String {
            try Self.text {
                $0.contents = []
                $0.apns.pushType = pushType
                $0.apns.apsJson = overrides
            }
        }
        for overrides in ["", "{}", #"{"content-changed":"true"}"#] {
            #expect(try aps(overrides) == #"{"aps":{"content-changed":true}"# + Self.tail)
        }
        #expect(try aps(#"{"content-changed":false}"#) == #"{"aps":{"content-changed":false}"# + Self.tail)
    }

    @Test(
        "what no device could use is not sent",
        arguments: [
            "[]", "1", "{", "null", #"{"badge":-1}"#, #"{"sounds":"x"}"#, #"{"event":"end"}"#, #"{"alert":1}"#,
            #"{"relevance-score":2}"#, #"{"alert":{"loc-args":["1"]}}"#, #"{"badge":"{{ data.count }}"}"#,
        ]
    )
    func refused(overrides: String) {
        #expect(APNsRequestTests.build { $0.notification.apns.apsJson = overrides } == Self.invalid)
    }

    @Test(
        "options of their own out of range are not sent either",
        arguments: [("loud", nil), (nil, 1.5), (nil, -0.1)] as [(String?, Double?)]
    )
    func refusedOptions(level: String?, score: Double?) {
        let result = APNsRequestTests.build {
            if let level { $0.notification.apns.interruptionLevel = level }
            if let score { $0.notification.apns.relevanceScore = score }
        }
        #expect(result == Self.invalid)
    }

    @Test(
        "the push type follows from what is left to notice",
        arguments: [
            (#"{"alert":null}"#, "background"), (#"{"alert":null,"badge":1}"#, "alert"),
            (#"{"alert":null,"sound":"default"}"#, "alert"), (#"{"thread-id":"a"}"#, "alert"),
        ]
    )
    func chosenPushType(overrides: String, pushType: String) throws {
        let request = try APNsRequestTests.build { $0.notification.apns.apsJson = overrides }.get()
        #expect(request.headers.first { $0.name == .pushType }?.value == pushType)
        let text = String(decoding: request.body, as: UTF8.self)
        #expect(text.contains(#""content-available":1"#) == (pushType == "background"))
    }

    @Test("a background notification is silent, and that is not to be changed")
    func background() throws {
        let text = try Self.text {
            $0.apns.pushType = "background"
            $0.apns.apsJson = #"{"thread-id":"a"}"#
        }
        #expect(text == #"{"aps":{"thread-id":"a","content-available":1}"# + Self.tail)
        for overrides in [#"{"alert":"x"}"#, #"{"badge":0}"#, #"{"sound":"x"}"#, #"{"content-available":0}"#] {
            let result = APNsRequestTests.build {
                $0.notification.apns.pushType = "background"
                $0.notification.apns.apsJson = overrides
            }
            #expect(result == Self.invalid, "\(overrides)")
        }
    }

    @Test("device management is called by its secret and nothing else")
    func management() throws {
        let text = try Self.text {
            $0.apns.pushType = "mdm"
            $0.data = ["mdm": "push \"magic\"", "a": "b"]
            $0.link = "app://17"
        }
        #expect(text == #"{"mdm":"push \"magic\""}"#)
        #expect(APNsRequestTests.build { $0.notification.apns.pushType = "mdm" } == Self.invalid)
    }

    @Test("widgets and controls are told that their content changed", arguments: ["widgets", "controls"])
    func widgets(pushType: String) throws {
        let text = try Self.text {
            $0.contents = []
            $0.apns.pushType = pushType
            $0.apns.apsJson = #"{"content-changed":true}"#
        }
        #expect(text == #"{"aps":{"content-changed":true}"# + Self.tail)
    }
}

@Suite("Live Activities")
struct APNsLiveActivityTests {
    private static let tail = #","notification_id":"\#(APNsRequestTests.notificationID)"}"#

    private static func build(
        _ overrides: String,
        _ change: (inout Delivery) -> Void = { _ in }
    ) -> Result<APNsRequest, APNsRequest.Refusal> {
        APNsRequestTests.build {
            $0.notification.contents = []
            $0.notification.apns.pushType = "liveactivity"
            $0.notification.apns.apsJson = overrides
            $0.notification.event.timeMs = 1_794_999_999_999
            change(&$0)
        }
    }

    private static func text(_ overrides: String, _ change: (inout Delivery) -> Void = { _ in }) throws -> String {
        String(decoding: try build(overrides, change).get().body, as: UTF8.self)
    }

    @Test("a start shows the rule's words, and has what the activity is made of")
    func start() throws {
        let overrides =
            #"{"event":"start","attributes-type":"Parcel","attributes":{"number":17},"content-state":{"stops":[1,2.5,null]},"#
            + #""input-push-token":1}"#
        let text = try Self.text(overrides) {
            var content = Content()
            content.title = "On its way"
            content.body = "Two stops"
            $0.notification.contents = [content]
            $0.notification.apns.sound = "default"
        }
        let expected =
            #"{"aps":{"alert":{"title":"On its way","body":"Two stops","sound":"default"},"event":"start","#
            + #""attributes-type":"Parcel","attributes":{"number":17},"content-state":{"stops":[1,2.5,null]},"#
            + #""input-push-token":1,"timestamp":1794999999}"#
        #expect(text == expected + Self.tail)
    }

    @Test(
        "an update and an end",
        arguments: [
            (
                #"{"event":"update","content-state":{"left":"3"},"stale-date":"2026-11-18T12:06:40Z","relevance-score":75}"#,
                #"{"event":"update","content-state":{"left":"3"},"stale-date":1795003600,"relevance-score":75,"timestamp":1794999999}"#
            ),
            (
                #"{"event":"end","content-state":{},"dismissal-date":0,"timestamp":5}"#,
                #"{"event":"end","content-state":{},"dismissal-date":0,"timestamp":5}"#
            ),
            (#"{"event":"end"}"#, #"{"event":"end","timestamp":1794999999}"#),
        ]
    )
    func updates(overrides: String, aps: String) throws {
        #expect(try Self.text(overrides) == #"{"aps":\#(aps)"# + Self.tail)
    }

    @Test(
        "what is incomplete makes no request",
        arguments: [
            "", "{}", #"{"content-state":{}}"#, #"{"event":"update"}"#, #"{"event":"start","content-state":{}}"#,
            #"{"event":"start","content-state":{},"attributes-type":"a","attributes":{}}"#,
            #"{"event":"update","content-state":{},"dismissal-date":1}"#,
        ]
    )
    func incomplete(overrides: String) {
        #expect(Self.build(overrides) == .failure(.verdict(.badRequest(.invalidPayload))))
    }

    @Test(
        "content is as old as its event, or its decision, or new",
        arguments: [
            (1_794_000_000_000, 1_794_500_000_000, 1_794_000_000), (0, 1_794_500_000_000, 1_794_500_000),
            (0, 0, 1_795_000_000),
        ] as [(Int64, Int64, Int64)]
    )
    func timestamps(eventMs: Int64, decidedMs: Int64, seconds: Int64) throws {
        let text = try Self.text(#"{"event":"end"}"#) {
            $0.notification.event.timeMs = eventMs
            $0.decidedAtMs = decidedMs
        }
        #expect(text.hasPrefix(#"{"aps":{"event":"end","timestamp":\#(seconds)}"#))
    }

    @Test("topic, type and limit are those of Live Activities")
    func headers() throws {
        let request = try Self.build(#"{"event":"end"}"#).get()
        #expect(request.topic == "com.example.shop.push-type.liveactivity")
        #expect(request.pushType == .liveactivity)
        let filler = String(repeating: "x", count: 4_096)
        let large = Self.build(#"{"event":"update","content-state":{"a":"\#(filler)"}}"#)
        #expect(large == .failure(.verdict(.badRequest(.payloadTooLarge))))
    }

    @Test("an update that comes too late makes no request")
    func expired() {
        let result = Self.build(#"{"event":"end"}"#) { $0.notification.expiresAtMs = APNsRequestTests.nowMs }
        #expect(result == .failure(.expired))
    }
}

import PushCore
import PushProviders
import Testing

@Suite("APNs payload schema")
struct APNsPayloadSchemaTests {
    private static func check(
        _ text: String,
        _ pushType: APNsPushType?,
        _ stage: APNsPayloadSchema.Stage = .rendered
    ) throws -> APNsPayloadSchema.Checked {
        APNsPayloadSchema.check(try JSONTree(text: text.utf8), pushType: pushType, stage)
    }

    /// Every key of Apple's tables, with good values and bad ones.
    static let keys: [(pushType: APNsPushType, key: String, good: [String], bad: [String])] = [
        (.alert, "alert", [#""Hello""#, #"{"title":"a","subtitle":"b","body":"c"}"#, "{}"], ["1", "[]", "true"]),
        (.alert, "badge", ["0", "7", "2147483647", #""3""#], ["-1", "1.5", #""x""#, "2147483648", "true"]),
        (
            .alert, "sound",
            [#""default""#, #"{"critical":1,"name":"a.aiff","volume":0.5}"#, #"{"critical":0}"#, #"{"volume":1}"#],
            ["1", #"{"critical":2}"#, #"{"volume":1.1}"#, #"{"volume":-0.1}"#, #"{"name":3}"#, #"{"loud":1}"#]
        ),
        (.alert, "thread-id", [#""a""#], ["1"]), (.alert, "category", [#""a""#], ["[]"]),
        (.alert, "content-available", ["1", "0"], ["2", "true"]), (.alert, "mutable-content", ["1"], ["-1", "{}"]),
        (.alert, "target-content-id", [#""a""#], ["1"]), (.alert, "filter-criteria", [#""a""#], ["1"]),
        (
            .alert, "interruption-level",
            [#""passive""#, #""active""#, #""time-sensitive""#, #""critical""#],
            [#""Active""#, #""urgent""#, "1"]
        ),
        (.alert, "relevance-score", ["0", "1", "0.25", #""0.5""#], ["1.01", "-0.1", #""high""#, #""nan""#]),
        (.liveactivity, "relevance-score", ["100", "-3.5", "1e300"], [#""inf""#, "{}"]),
        (
            .liveactivity, "stale-date",
            ["1795000000", #""1795000000""#, #""2026-11-18T10:26:40Z""#, "0", "1795000000.5"],
            ["-1", "1795000000000", #""tomorrow""#, #""2026-11-18""#, "true", "1e40"]
        ),
        (.liveactivity, "timestamp", ["1795000000"], ["1795000000000"]),
        (.liveactivity, "content-state", ["{}", #"{"a":[1,{"b":null}]}"#], ["1", #""{}""#, "[]"]),
        (.liveactivity, "event", [#""end""#], [#""stop""#, "1"]),
        (.widgets, "content-changed", ["true", "false", #""true""#], ["1", #""yes""#]),
        (.controls, "content-changed", ["true"], ["0"]),
    ]

    @Test("every key takes its own values and no others", arguments: keys)
    func values(pushType: APNsPushType, key: String, good: [String], bad: [String]) throws {
        // What a Live Activity cannot be without.
        let rest = pushType == .liveactivity && key != "event" ? #""event":"end","# : ""
        let time = pushType == .liveactivity && key != "timestamp" ? #""timestamp":1,"# : ""
        for value in good {
            let checked = try Self.check("{\(rest)\(time)\"\(key)\":\(value)}", pushType)
            #expect(checked.problems == [], "\(value)")
            #expect(checked.aps[key] != nil)
        }
        for value in bad {
            let checked = try Self.check("{\(rest)\(time)\"\(key)\":\(value)}", pushType)
            #expect(checked.problems.first?.path.hasPrefix(key) == true, "\(value)")
            #expect(!checked.problems.isEmpty && checked.problems.count <= 1, "\(value)")
        }
    }

    static let alertKeys: [(key: String, good: String, bad: String)] = [
        ("title", #""a""#, "1"), ("subtitle", #""a""#, "1"), ("body", #""a""#, "{}"), ("launch-image", #""a""#, "1"),
        ("title-loc-key", #""a""#, "[]"), ("subtitle-loc-key", #""a""#, "[]"), ("loc-key", #""a""#, "1"),
    ]

    @Test("every key of an alert takes text", arguments: alertKeys)
    func alerts(key: String, good: String, bad: String) throws {
        #expect(try Self.check(#"{"alert":{"\#(key)":\#(good)}}"#, .alert).problems == [])
        let problems = try Self.check(#"{"alert":{"\#(key)":\#(bad)}}"#, .alert).problems
        #expect(problems.map(\.path) == ["alert.\(key)"])
    }

    @Test("arguments are lists of texts, beside the key of their text", arguments: ["title-", "subtitle-", ""])
    func arguments(prefix: String) throws {
        let key = #""\#(prefix)loc-key":"K""#
        #expect(try Self.check(#"{"alert":{\#(key),"\#(prefix)loc-args":["a","b"]}}"#, .alert).problems == [])
        let wrong = try Self.check(#"{"alert":{\#(key),"\#(prefix)loc-args":["a",1,null]}}"#, .alert).problems
        #expect(wrong.map(\.path) == ["alert.\(prefix)loc-args[1]", "alert.\(prefix)loc-args[2]"])
        let alone = try Self.check(#"{"alert":{"\#(prefix)loc-args":["a"]}}"#, .alert).problems
        #expect(alone.map(\.description) == ["alert.\(prefix)loc-args: without \(prefix)loc-key"])
    }

    @Test("in a Live Activity title and body may be looked up by key, and the alert has the sound")
    func activityAlert() throws {
        let alert =
            #"{"title":{"loc-key":"T","loc-args":["1"]},"body":{"loc-key":"B"},"sound":"default"}"#
        let activity = #"{"timestamp":1,"event":"update","content-state":{},"alert":\#(alert)}"#
        #expect(try Self.check(activity, .liveactivity).problems == [])
        let problems = try Self.check(#"{"alert":\#(alert)}"#, .alert).problems
        #expect(problems.map(\.path) == ["alert.title", "alert.body", "alert.sound"])
    }

    @Test("keys of Live Activities belong to Live Activities", arguments: APNsPushType.allCases)
    func activityKeys(pushType: APNsPushType) throws {
        let text =
            #"{"stale-date":1,"content-state":{},"timestamp":1,"event":"start","dismissal-date":1,"attributes-type":"a","#
            + #""attributes":{},"input-push-channel":"YQ==","input-push-token":1}"#
        guard pushType != .liveactivity else { return }
        let problems = try Self.check(text, pushType).problems
        #expect(problems.count == 9)
        for problem in problems {
            #expect(problem.message == "not a key of push type \(pushType.rawValue)")
            #expect(problem.allowed == "push type liveactivity")
        }
    }

    @Test("a background notification shows nothing and is content-available", arguments: ["alert", "badge", "sound"])
    func background(key: String) throws {
        let value = key == "badge" ? "1" : #""x""#
        let problems = try Self.check(#"{"content-available":1,"\#(key)":\#(value)}"#, .background).problems
        #expect(problems.map(\.path) == [key])
        #expect(try Self.check(#"{"content-available":0}"#, .background).problems.map(\.path) == ["content-available"])
        #expect(try Self.check(#"{"content-available":1,"thread-id":"a"}"#, .background).problems == [])
    }

    @Test(
        "an unknown key is named, with the nearest one",
        arguments: [
            ("sounds", "sound"), ("thread_id", "thread-id"), ("contentAvailable", "content-available"), ("aps", nil),
            ("order", nil), ("relevance-scor", "relevance-score"),
        ]
    )
    func unknownKeys(key: String, nearest: String?) throws {
        let problem = try #require(try Self.check(#"{"\#(key)":1}"#, .alert).problems.first)
        #expect(problem.path == key)
        if let nearest {
            #expect(problem.message == "unknown key; did you mean \"\(nearest)\"?")
        } else {
            #expect(problem.allowed?.hasPrefix("alert, badge, sound, ") == true)
            #expect(problem.allowed?.contains("content-state") == false)
        }
    }

    @Test("aps itself is an object", arguments: ["[]", "1", #""x""#, "null", "true"])
    func notAnObject(text: String) throws {
        #expect(try Self.check(text, .alert).problems.map(\.message) == ["not an object"])
    }

    // MARK: Live Activities

    private static let start =
        #""event":"start","content-state":{"a":1},"attributes-type":"Order","attributes":{},"alert":{"title":"a"}"#

    /// What is wrong: paths of the problems.
    static let activities: [(text: String, paths: [String])] = [
        (#"{"timestamp":1,\#(start)}"#, []),
        (#"{"timestamp":1,\#(start),"input-push-channel":"dHN0LXNyY2gtY2hubA==","stale-date":2}"#, []),
        (#"{"timestamp":1,\#(start),"input-push-token":1}"#, []),
        (#"{"timestamp":1,\#(start),"input-push-token":0}"#, ["input-push-token"]),
        (#"{"timestamp":1,\#(start),"input-push-channel":"no id"}"#, ["input-push-channel"]),
        (#"{"timestamp":1,\#(start),"dismissal-date":1}"#, ["dismissal-date"]),
        (#"{\#(start)}"#, ["timestamp"]),
        (#"{"timestamp":1,"event":"start"}"#, ["content-state", "attributes-type", "attributes", "alert"]),
        (#"{"timestamp":1,"event":"update","content-state":{}}"#, []),
        (#"{"timestamp":1,"event":"update"}"#, ["content-state"]),
        (#"{"timestamp":1,"event":"update","content-state":{},"dismissal-date":5}"#, ["dismissal-date"]),
        (
            #"{"timestamp":1,"event":"update","content-state":{},"attributes-type":"a","attributes":{},"input-push-token":1}"#,
            ["attributes-type", "attributes", "input-push-token"]
        ),
        (#"{"timestamp":1,"event":"end"}"#, []),
        (#"{"timestamp":1,"event":"end","content-state":{},"dismissal-date":0}"#, []),
        (#"{"timestamp":1,"event":"end","attributes":{}}"#, ["attributes"]),
        (#"{"timestamp":1,"content-state":{}}"#, ["event"]),
        (#"{"timestamp":1,"event":null}"#, ["event"]),
        (#"{"timestamp":1,"event":"pause"}"#, ["event"]),
    ]

    @Test("start, update and end have what they need and nothing of each other", arguments: activities)
    func activity(text: String, paths: [String]) throws {
        #expect(try Self.check(text, .liveactivity).problems.map(\.path) == paths)
    }

    // MARK: Templates

    @Test("a template stands for any single value, not for a list or an object")
    func templates() throws {
        let text =
            #"{"badge":"{{ data.count }}","interruption-level":"{{x}}","relevance-score":"{{x}}","alert":"{{x}}"}"#
        #expect(try Self.check(text, .alert, .template).problems == [])
        #expect(try Self.check(text, .alert, .rendered).problems.count == 3)
        let wrong = #"{"alert":{"loc-key":"a","loc-args":"{{x}}"}}"#
        #expect(try Self.check(wrong, .alert, .template).problems.map(\.path) == ["alert.loc-args"])
        let state = #"{"event":"update","content-state":"{{x}}"}"#
        #expect(try Self.check(state, .liveactivity, .template).problems.map(\.path) == ["content-state"])
    }

    @Test("what the notification itself will give is not missed in a rule")
    func ruleStage() throws {
        let text = #"{"event":"start","content-state":{},"attributes-type":"a","attributes":{}}"#
        #expect(try Self.check(text, .liveactivity, .template).problems == [])
        #expect(try Self.check(text, .liveactivity, .rendered).problems.map(\.path) == ["timestamp", "alert"])
        let templated = #"{"event":"{{x}}","content-state":{},"dismissal-date":"{{y}}"}"#
        #expect(try Self.check(templated, .liveactivity, .template).problems == [])
        let bare = try Self.check(#"{"event":"start"}"#, .liveactivity, .template)
        #expect(bare.problems.map(\.path) == ["content-state", "attributes-type", "attributes"])
    }

    @Test("null removes, whatever the key holds", arguments: keys)
    func nulls(pushType: APNsPushType, key: String, good: [String], bad: [String]) throws {
        guard key != "event" else { return }
        let text = #"{"event":"end","\#(key)":null}"#
        let checked = try Self.check(pushType == .liveactivity ? text : #"{"\#(key)":null}"#, pushType, .template)
        #expect(checked.problems == [])
        #expect(checked.aps[key] == .null)
    }

    @Test("texts that spell numbers, booleans and times are sent as such")
    func normalized() throws {
        let alert = try Self.check(#"{"badge":"3","relevance-score":"0.5","content-available":"1"}"#, .alert).aps
        #expect(
            String(decoding: JSONTree.object(alert).octets, as: UTF8.self)
                == #"{"badge":3,"relevance-score":0.5,"content-available":1}"#
        )
        let text = #"{"event":"end","timestamp":"2026-11-18T11:06:40+00:00","dismissal-date":"1795000000"}"#
        let activity = try Self.check(text, .liveactivity).aps
        #expect(
            String(decoding: JSONTree.object(activity).octets, as: UTF8.self)
                == #"{"event":"end","timestamp":1795000000,"dismissal-date":1795000000}"#
        )
    }

    @Test("a problem reads as one line, with the value cut short")
    func description() throws {
        let long = String(repeating: "x", count: 100)
        let problem = try #require(try Self.check(#"{"interruption-level":"\#(long)"}"#, .alert).problems.first)
        #expect(
            problem.description
                == "interruption-level: \"\(long.prefix(64))\": not one of the known words "
                + "(allowed: passive, active, time-sensitive, critical)"
        )
    }
}

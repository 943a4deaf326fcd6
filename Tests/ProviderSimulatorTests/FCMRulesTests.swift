import Foundation
import ProviderSimulator
import Testing

/// One message and what FCM answers.
struct MessageCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let message: String
    /// The field that a violation names; nil where the message is accepted.
    let field: String?
    /// Whether the mistake is one of the schema, which FCM itself never sees.
    let isSchema: Bool

    static func good(_ message: String) -> MessageCase {
        MessageCase(testDescription: message, message: message, field: nil, isSchema: false)
    }

    static func schema(_ field: String, _ message: String) -> MessageCase {
        MessageCase(testDescription: message, message: message, field: field, isSchema: true)
    }

    static func rule(_ field: String, _ message: String) -> MessageCase {
        MessageCase(testDescription: "\(message.prefix(200))", message: message, field: field, isSchema: false)
    }

    /// A message to a token with this beside it.
    static func to(_ part: String) -> String { #"{"token":"t",\#(part)}"# }
}

@Suite("The FCM simulator answers by Google's rules", .timeLimit(.minutes(5)))
struct FCMRulesTests {
    static let targets: [MessageCase] = [
        .good(#"{"token":"cT:APA91b-_x"}"#), .good(#"{"fid":"cR2x9"}"#), .good(#"{"topic":"news.de~1%_-"}"#),
        .good(#"{"condition":"'a' in topics && ('b' in topics || !('c' in topics))"}"#),
        .good(#"{"token":"t","fid":null}"#), .good(#"{"token":"a","token":"b"}"#),
        .rule("message", "{}"), .rule("message", #"{"token":"a","fid":"b"}"#),
        .rule("message", #"{"topic":"a","condition":"'a' in topics"}"#),
        .rule("message.topic", #"{"topic":"/topics/news"}"#), .rule("message.topic", #"{"topic":""}"#),
        .rule("message.topic", #"{"topic":"\#(String(repeating: "a", count: 901))"}"#),
        .rule("message.condition", #"{"condition":"'a' in topics &&"}"#),
        .rule("message.condition", #"{"condition":"'a' in topics)"}"#),
        .rule("message.condition", #"{"condition":"a in topics"}"#),
        .rule("message.condition", #"{"condition":"\#(String(repeating: "(", count: 3000))"}"#),
        .rule(
            "message.condition",
            #"{"condition":"\#(repeatElement("'a' in topics", count: 6).joined(separator: "||"))"}"#
        ),
    ]

    static let schema: [MessageCase] = [
        .schema("message", #"{"token":"t","badge":1}"#),
        .schema("message.android", MessageCase.to(#""android":{"timeToLive":"1s"}"#)),
        .schema("message.android.notification", MessageCase.to(#""android":{"notification":{"subtitle":"x"}}"#)),
        .schema("message.token", #"{"token":5}"#),
        .schema("message.notification", MessageCase.to(#""notification":"hello""#)),
        .schema("message.data", MessageCase.to(#""data":[]"#)),
        .schema("message.data[1].value", MessageCase.to(#""data":{"a":"1","b":2}"#)),
        .schema("message.android.ttl", MessageCase.to(#""android":{"ttl":60}"#)),
        .schema("message.android.ttl", MessageCase.to(#""android":{"ttl":"60"}"#)),
        .schema("message.android.ttl", MessageCase.to(#""android":{"ttl":"1.0000000001s"}"#)),
        .schema("message.android.priority", MessageCase.to(#""android":{"priority":"URGENT"}"#)),
        .schema("message.android.direct_boot_ok", MessageCase.to(#""android":{"directBootOk":"true"}"#)),
        .schema("message.android_v2", MessageCase.to(#""androidV2":{"priority":"HIGH"}"#)),
        .schema(
            "message.android.notification.notification_count",
            MessageCase.to(#""android":{"notification":{"notificationCount":3000000000}}"#)
        ),
        .schema(
            "message.android.notification.event_time",
            MessageCase.to(#""android":{"notification":{"eventTime":"yesterday"}}"#)
        ),
        .schema(
            "message.android.notification.vibrate_timings[1]",
            MessageCase.to(#""android":{"notification":{"vibrateTimings":["1s",2]}}"#)
        ),
        .schema(
            "message.android.notification.title_loc_args",
            MessageCase.to(#""android":{"notification":{"titleLocArgs":"x"}}"#)
        ),
        .schema("message.apns.payload", MessageCase.to(#""apns":{"payload":[]}"#)),
        .schema("message.webpush.headers[0].value", MessageCase.to(#""webpush":{"headers":{"TTL":60}}"#)),
        .good(MessageCase.to(#""android":{"priority":"high","ttl":"3.5s","collapse_key":"c","collapseKey":"d"}"#)),
        .good(MessageCase.to(#""android_v2":{"remote_notification":{"notification":{"id":7}}}"#)),
        .good(MessageCase.to(#""apns":{"payload":{"aps":{"badge":1},"own":[1,{}]},"live_activity_token":"x"}"#)),
        .good(
            MessageCase.to(
                #""android":{"notification":{"eventTime":"2026-11-24T01:02:03.5Z","notificationCount":"3","visibility":2,"#
                    + #""lightSettings":{"color":{"red":1,"green":0.5},"lightOnDuration":"1s","lightOffDuration":"0.1s"}}}"#
            )
        ),
    ]

    static let rules: [MessageCase] = [
        .good(MessageCase.to(#""data":{"order":"1","fromage":"x"}"#)),
        .rule("message.data[0].key", MessageCase.to(#""data":{"from":"x"}"#)),
        .rule("message.data[1].key", MessageCase.to(#""data":{"a":"b","message_type":"x"}"#)),
        .rule("message.data[0].key", MessageCase.to(#""data":{"google.x":"x"}"#)),
        .rule("message.android.data[0].key", MessageCase.to(#""android":{"data":{"gcm.notification.a":"x"}}"#)),
        .rule("message.webpush.data[0].key", MessageCase.to(#""webpush":{"data":{"gcm":"x"}}"#)),
        .good(MessageCase.to(#""android":{"ttl":"2419200s"}"#)), .good(MessageCase.to(#""android":{"ttl":"0s"}"#)),
        .rule("message.android.ttl", MessageCase.to(#""android":{"ttl":"2419201s"}"#)),
        .rule("message.android_v2.ttl", MessageCase.to(#""androidV2":{"ttl":"-1s"}"#)),
        .rule("message.android_v2", MessageCase.to(#""android":{},"androidV2":{}"#)),
        .rule("message.android_v2", MessageCase.to(#""androidV2":{"backgroundSync":{},"remoteNotification":{}}"#)),
        .rule("message.android.notification.color", MessageCase.to(#""android":{"notification":{"color":"red"}}"#)),
        .rule(
            "message.android.notification.light_settings",
            MessageCase.to(#""android":{"notification":{"lightSettings":{"lightOnDuration":"1s"}}}"#)
        ),
        .rule("message.apns.headers", MessageCase.to(#""apns":{"headers":{"apns-priority":"7"}}"#)),
        .rule("message.apns.headers", MessageCase.to(#""apns":{"headers":{"apns-expiration":"soon"}}"#)),
        .rule("message.apns.payload", MessageCase.to(#""apns":{"payload":{"aps":"x"}}"#)),
        .rule("message.webpush.headers", MessageCase.to(#""webpush":{"headers":{"Urgency":"now"}}"#)),
        .rule("message.webpush.headers", MessageCase.to(#""webpush":{"headers":{"TTL":"x"}}"#)),
        .rule(
            "message.webpush.fcm_options.link",
            MessageCase.to(#""webpush":{"fcmOptions":{"link":"http://shop.example"}}"#)
        ),
        .rule("message.fcm_options.analytics_label", MessageCase.to(#""fcmOptions":{"analyticsLabel":"a b"}"#)),
        .rule(
            "message.apns.fcm_options.analytics_label",
            MessageCase.to(#""apns":{"fcmOptions":{"analyticsLabel":"\#(String(repeating: "a", count: 51))"}}"#)
        ),
        .good(MessageCase.to(#""data":{"k":"\#(String(repeating: "x", count: 4095))"}"#)),
        .rule("message", MessageCase.to(#""data":{"k":"\#(String(repeating: "x", count: 4096))"}"#)),
        .good(#"{"topic":"t","data":{"k":"\#(String(repeating: "x", count: 2047))"}}"#),
        .rule("message", #"{"topic":"t","data":{"k":"\#(String(repeating: "x", count: 2048))"}}"#),
    ]

    @Test("one rule, one field", arguments: targets + schema + rules)
    func rule(_ rule: MessageCase) async throws {
        try await Fixture.runFCM { client in
            let answer = try await client.send(client.message(rule.message))
            if let field = rule.field {
                #expect(answer.status == 400)
                #expect(answer.statusName == "INVALID_ARGUMENT")
                #expect(answer.fields == [field], "\(answer.body)")
                #expect(answer.errorCode == (rule.isSchema ? nil : "INVALID_ARGUMENT"))
            } else {
                #expect(answer.status == 200, "\(answer.body)")
                #expect(answer.name.hasPrefix("projects/example-shop/messages/"))
            }
        }
    }

    @Test("every mistake of the schema is told at once, in Google's words")
    func words() async throws {
        try await Fixture.runFCM { client in
            let answer = try await client.send(client.message(#"{"token":1,"badge":2,"data":{"a":3}}"#))
            let lines = [
                "Invalid value at 'message.token' (TYPE_STRING), 1",
                "Invalid JSON payload received. Unknown name \"badge\" at 'message': Cannot find field.",
                "Invalid value at 'message.data[0].value' (TYPE_STRING), 3",
            ]
            #expect(answer.message.split(separator: "\n").map(String.init) == lines)
            #expect(answer.fields == ["message.token", "message", "message.data[0].value"])
        }
    }

    @Test(
        "a token that is none is an INVALID_ARGUMENT without a field, and only where all else is right",
        arguments: [#"{"token":"a b"}"#, #"{"fid":""}"#, #"{"token":"é"}"#]
    )
    func malformedToken(message: String) async throws {
        try await Fixture.runFCM { client in
            let answer = try await client.send(client.message(message))
            #expect(answer.status == 400)
            #expect(answer.errorCode == "INVALID_ARGUMENT")
            #expect(answer.detailTypes == ["FcmError"])
            let worse = message.replacing("}", with: #","data":{"from":"x"}}"#)
            #expect(try await client.send(client.message(worse)).detailTypes == ["FcmError", "BadRequest"])
        }
    }

    @Test(
        "a body that is not one JSON object is refused as a whole",
        arguments: ["", "{", "[]", "\"x\"", "{\"message\":{\"token\":\"t\"}} x", "{\"messages\":{}}"]
    )
    func body(text: String) async throws {
        try await Fixture.runFCM { client in
            let path = "/v1/projects/example-shop/messages:send"
            let answer = try await client.send(client.request("POST", path, text))
            #expect(answer.status == 400)
            #expect(answer.detailTypes == ["BadRequest"])
            #expect(answer.message.hasPrefix("Invalid JSON payload received."))
        }
    }

    @Test("a trial is judged as strictly, and its id says so", arguments: ["validateOnly", "validate_only"])
    func trial(name: String) async throws {
        try await Fixture.runFCM { client in
            let path = "/v1/projects/example-shop/messages:send"
            func body(_ message: String) -> String { #"{"\#(name)":true,"message":\#(message)}"# }
            let good = try await client.send(client.request("POST", path, body(#"{"fid":"f"}"#)))
            #expect(good.name == "projects/example-shop/messages/fake_message_id")
            #expect(try await client.send(client.request("POST", path, body("{}"))).status == 400)
        }
    }

    @Test("who sends must say so with an access token of this service")
    func authentication() async throws {
        let seconds = Int64(Date().timeIntervalSince1970)
        try await Fixture.runFCM { client in
            let tampered = client.accessToken.replacing(".simulator.", with: ".simulator.9")
            for authorization in [nil, "Bearer x", "Basic x", "Bearer \(tampered)"] {
                var request = client.message()
                request.set("authorization", authorization)
                let answer = try await client.send(request)
                #expect(answer.status == 401)
                #expect(answer.statusName == "UNAUTHENTICATED")
                #expect(answer.errorCode == nil)
                #expect(answer.header["www-authenticate"]?.hasPrefix("Bearer ") == true)
            }
        }
        let late = Clock(seconds: seconds)
        try await Fixture.runFCM(configure: { $0.now = { late.milliseconds } }) { client in
            let early = try await client.send(client.message())
            #expect(early.status == 200)
            late.advance(seconds: 3600)
            let answer = try await client.send(client.message())
            #expect(answer.status == 401)
            #expect(answer.body.contains("ACCESS_TOKEN_EXPIRED"))
        }
    }

    @Test("a project that is not on the list is PERMISSION_DENIED, and the first of the list is the account's")
    func projects() async throws {
        try await Fixture.runFCM(configure: { $0.fcm.projects = ["shop-a", "shop-b"] }) { client in
            #expect(client.account.project == "shop-a")
            for project in ["shop-a", "shop-b"] {
                #expect(try await client.send(client.message(project: project)).status == 200)
            }
            let answer = try await client.send(client.message(project: "shop-c"))
            #expect(answer.status == 403)
            #expect(answer.statusName == "PERMISSION_DENIED")
            #expect(answer.errorCode == nil)
        }
    }

    @Test(
        "other paths and methods are Google's HTML page",
        arguments: [
            ("GET", "/v1/projects/example-shop/messages:send"), ("POST", "/v1/projects/example-shop/messages"),
            ("POST", "/fcm/send"), ("POST", "/"),
        ]
    )
    func unknownPath(method: String, path: String) async throws {
        try await Fixture.runFCM { client in
            let answer = try await client.send(client.request(method, path, "{}"))
            #expect(answer.status == 404)
            #expect(answer.header["content-type"] == "text/html; charset=UTF-8")
        }
    }
}

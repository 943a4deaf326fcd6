import Foundation
import NIOCore
import NIOHTTP2
import ProviderSimulator
import Testing

@Suite("Faults of the FCM simulator", .timeLimit(.minutes(5)))
struct FCMFaultTests {
    static let errors: [(status: Int, reason: String?, name: String, details: [String])] = [
        (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", ["FcmError"]),
        (401, "THIRD_PARTY_AUTH_ERROR", "UNAUTHENTICATED", ["FcmError", "ApnsError"]),
        (401, nil, "UNAUTHENTICATED", ["ErrorInfo"]), (403, "SENDER_ID_MISMATCH", "PERMISSION_DENIED", ["FcmError"]),
        (403, nil, "PERMISSION_DENIED", []), (404, "UNREGISTERED", "NOT_FOUND", ["FcmError"]),
        (404, nil, "NOT_FOUND", []), (429, "QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED", ["FcmError", "QuotaFailure"]),
        (500, "INTERNAL", "INTERNAL", ["FcmError"]), (503, "UNAVAILABLE", "UNAVAILABLE", ["FcmError"]),
        (500, "UNSPECIFIED_ERROR", "INTERNAL", ["FcmError"]), (504, nil, "DEADLINE_EXCEEDED", []),
    ]

    @Test("an error code has Google's form", arguments: errors)
    func error(status: Int, reason: String?, name: String, details: [String]) async throws {
        let given = reason.map { ", reason: \($0)" } ?? ""
        let faults = #"- { provider: fcm, token: "dead*", status: \#(status)\#(given) }"#
        try await Fixture.runFCM(faults: faults) { client in
            let answer = try await client.send(client.message(#"{"token":"dead1"}"#))
            #expect(answer.status == status)
            #expect(answer.statusName == name)
            #expect(answer.errorCode == reason)
            #expect(answer.detailTypes == details)
            #expect(!answer.message.isEmpty)
            #expect(try await client.send(client.message()).status == 200)
            await client.fixture.simulator.stop()
            let records = try client.fixture.records()
            #expect(records.map { $0["token"] as? String } == ["", "dead1", "token-1"])
            #expect(records.map { $0["reason"] as? String } == ["", reason ?? name, ""])
            #expect(records.allSatisfy { $0["provider"] as? String == "fcm" })
        }
    }

    @Test("headers and bodies are as the script gives them: Retry-After, HTML, nothing")
    func bodies() async throws {
        let faults = """
            - { token: "quota", status: 429, reason: QUOTA_EXCEEDED, headers: { Retry-After: "7" } }
            - { token: "html", status: 502, body: "<h1>502</h1>", headers: { Content-Type: text/html } }
            - { token: "empty", status: 503, body: "" }
            """
        try await Fixture.runFCM(faults: faults) { client in
            let quota = try await client.send(client.message(#"{"fid":"quota"}"#))
            #expect(quota.header["retry-after"] == "7")
            let html = try await client.send(client.message(#"{"token":"html"}"#))
            #expect((html.status, html.body, html.header["content-type"]) == (502, "<h1>502</h1>", "text/html"))
            let empty = try await client.send(client.message(#"{"token":"empty"}"#))
            #expect((empty.status, empty.body, empty.header["content-type"]) == (503, "", nil))
        }
    }

    @Test("a rule finds the target by its kind: token, fid, topic, condition")
    func targets() async throws {
        let faults = """
            - { topic: "news", status: 503, reason: UNAVAILABLE }
            - { token: "/topics/sport", status: 500, reason: INTERNAL }
            - { token: "'a' in*", status: 429, reason: QUOTA_EXCEEDED }
            - { token: "f1", status: 404, reason: UNREGISTERED }
            """
        let expected = [
            (#"{"topic":"news"}"#, 503), (#"{"topic":"sport"}"#, 500), (#"{"condition":"'a' in topics"}"#, 429),
            (#"{"fid":"f1"}"#, 404), (#"{"token":"f1"}"#, 404), (#"{"topic":"food"}"#, 200),
        ]
        try await Fixture.runFCM(faults: faults) { client in
            for (message, status) in expected {
                let answer = try await client.send(client.message(message))
                #expect(answer.status == status, "\(message)")
            }
        }
    }

    @Test("a fault does not hide a client's mistake")
    func mistakesShow() async throws {
        try await Fixture.runFCM(faults: "- { status: 503, reason: UNAVAILABLE }") { client in
            let answer = try await client.send(client.message(#"{"token":"t","x":1}"#))
            #expect(answer.status == 400)
        }
    }

    @Test("the quota is refilled whole a minute after its first send; each project has its own, and refusals are free")
    func quota() async throws {
        let clock = Clock(seconds: Int64(Date().timeIntervalSince1970))
        try await Fixture.runFCM(configure: {
            $0.now = { clock.milliseconds }
            $0.fcm.quotaPerMinute = 2
        }) { client in
            let first = try await client.send(client.message())
            #expect(first.status == 200)
            clock.advance(seconds: 20)
            // A mistake counts as well.
            #expect(try await client.send(client.message("{}")).status == 400)
            let refused = try await client.send(client.message())
            #expect(refused.errorCode == "QUOTA_EXCEEDED")
            #expect(refused.statusName == "RESOURCE_EXHAUSTED")
            #expect(refused.detailTypes == ["FcmError", "QuotaFailure"])
            #expect(refused.header["retry-after"] == "40")
            #expect(try await client.send(client.message(project: "other")).status == 200)
            clock.advance(seconds: 39)
            #expect(try await client.send(client.message()).header["retry-after"] == "1")
            clock.advance(seconds: 1)
            #expect(try await client.send(client.message()).status == 200)
        }
    }

    @Test("silence, reset, refuse and GOAWAY are as with APNs")
    func connectionFaults() async throws {
        let faults = """
            - { token: "mute", action: silence }
            - { token: "busy", action: refuse }
            - { token: "last", action: goaway, last_stream: before, reason: graceful }
            - { token: "cut", action: reset }
            """
        try await Fixture.runFCM(faults: faults) { client in
            let silent = try await client.connection.begin(client.message(#"{"token":"mute"}"#))
            guard case .reset(.refusedStream) = try await client.connection.send(client.message(#"{"token":"busy"}"#))
            else {
                Issue.record("not refused")
                return
            }
            #expect(try await client.send(client.message()).status == 200)
            #expect(try await client.send(client.message(#"{"token":"last"}"#)).status == nil)
            let view = try await client.connection.wait { !$0.goAways.isEmpty }
            #expect(view.goAways.first?.data == "graceful")
            await client.connection.close()
            #expect(try await silent.get().status == nil)
            let second = try await client.fixture.connect(to: client.fixture.addresses.fcmPort)
            // After an answer nothing of the greeting is under way, whose writing would meet the reset instead of the reading.
            #expect(try await second.send(client.message()).status == 200)
            #expect(try await second.send(client.message(#"{"token":"cut"}"#)).status == nil)
            let error = try await second.wait { $0.isClosed }.error
            #expect(error?.contains("reset") == true, "\(error ?? "closed without an error")")
        }
    }
}

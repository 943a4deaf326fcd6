import Foundation
import Testing

@testable import ProviderSimulator

@Suite("The FCM simulator's topics", .timeLimit(.minutes(5)))
struct FCMTopicTests {
    private static let base = "/v1/projects/example-shop/registrations/a%3Ab/topicSubscriptions"

    @Test("one registration, call by call")
    func calls() async throws {
        let steps: [(method: String, path: String, status: Int)] = [
            ("GET", "/news", 404), ("DELETE", "/news", 404), ("DELETE", "/news?allowMissing=true", 200),
            ("POST", "?topicName=news", 200), ("POST", "?topicName=news", 409), ("GET", "/news", 200),
            ("POST", "?topic_name=sport", 200), ("PATCH", "/news", 200), ("PATCH", "/food", 404),
            ("PATCH", "/food?allowMissing=true", 200), ("POST", "?topicName=a%20b", 400), ("POST", "", 400),
            ("DELETE", "/news", 200), ("GET", "/news", 404), ("PUT", "/news", 404),
        ]
        try await Fixture.runFCM { client in
            for (method, path, status) in steps {
                let answer = try await client.send(client.request(method, Self.base + path, ""))
                #expect(answer.status == status, "\(method) \(path): \(answer.body)")
            }
            let list = try await client.send(client.request("GET", Self.base, ""))
            #expect(list.body.contains(#""name":"projects/example-shop/registrations/a:b/topicSubscriptions/sport""#))
            let other = "/v1/projects/example-shop/registrations/other/topicSubscriptions"
            #expect(try await client.send(client.request("GET", other, "")).body == #"{"topicSubscriptions":[]}"#)
        }
    }

    @Test("a list is given page by page")
    func pages() async throws {
        try await Fixture.runFCM { client in
            for topic in ["a", "b", "c"] {
                _ = try await client.send(client.request("POST", "\(Self.base)?topicName=\(topic)", "{}"))
            }
            var token: String? = ""
            var topics: [String] = []
            while let current = token {
                let query = "?pageSize=2" + (current.isEmpty ? "" : "&pageToken=\(current)")
                let answer = try await client.send(client.request("GET", Self.base + query, ""))
                let object = try #require(
                    JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
                )
                let page = try #require(object["topicSubscriptions"] as? [[String: Any]])
                #expect(page.count <= 2)
                topics += page.compactMap { $0["topicName"] as? String }
                token = object["nextPageToken"] as? String
            }
            #expect(topics == ["a", "b", "c"])
            let wrong = try await client.send(client.request("GET", Self.base + "?pageToken=x", ""))
            #expect(wrong.status == 400)
        }
    }

    @Test("a batch has one result per token, and changes what the single calls show")
    func batch() async throws {
        try await Fixture.runFCM { client in
            func batch(_ call: String, _ body: String, marked: Bool = true) async throws -> FCMAnswer {
                var request = client.request("POST", "/iid/v1:\(call)", body)
                if marked { request.set("access_token_auth", "true") }
                return try await client.send(request)
            }
            let body = #"{"to":"/topics/news","registration_tokens":["a:b","x y","c"]}"#
            let added = try await batch("batchAdd", body)
            #expect(added.body == #"{"results":[{},{"error":"INVALID_ARGUMENT"},{}]}"#)
            let page = client.request("GET", Self.base + "/news", "")
            #expect(try await client.send(page).status == 200)
            #expect(try await batch("batchRemove", body).status == 200)
            #expect(try await client.send(page).status == 404)
            #expect(try await batch("batchAdd", body, marked: false).status == 401)
            for wrong in [
                "{}", #"{"to":"news","registration_tokens":["a"]}"#, #"{"to":"/topics/n","registration_tokens":[]}"#,
            ] {
                #expect(try await batch("batchAdd", wrong).body == #"{"error":"INVALID_ARGUMENT"}"#)
            }
        }
    }

    @Test("a call that a fault strikes changes nothing")
    func struck() async throws {
        let faults = #"- { path: "*topicName=news", status: 503, reason: UNAVAILABLE }"#
        try await Fixture.runFCM(faults: faults) { client in
            let struck = try await client.send(client.request("POST", Self.base + "?topicName=news", ""))
            #expect(struck.errorCode == "UNAVAILABLE")
            #expect(try await client.send(client.request("GET", Self.base + "/news", "")).status == 404)
        }
    }

    @Test("2000 topics are the most that a registration has")
    func limit() throws {
        let projects = FCMProjects(quotaPerMinute: nil)
        let registration = FCMProjects.Registration(project: "example-shop", address: "a")
        let rules = FCMTopicRules(projects: projects, now: 0)
        func subscribe(_ number: Int) throws -> Int {
            let path = ["v1", "projects", "example-shop", "registrations", "a", "topicSubscriptions"]
            let call = FCMTopicCall(method: "POST", path: path, query: ["topicName": "t\(number)"])
            let outcome = rules.outcome(of: try #require(call), body: [])
            outcome.effect?()
            return outcome.answer.status
        }
        for number in 0..<1999 { projects.subscribe(registration, to: .init(topic: "t\(number)", createdAt: 0)) }
        #expect(try subscribe(1999) == 200)
        #expect(try subscribe(2000) == 429)
        #expect(projects.subscriptions(of: registration).count == 2000)
    }
}

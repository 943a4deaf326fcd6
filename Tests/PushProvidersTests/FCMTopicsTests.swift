import PushCore
import PushProviders
import Testing

@Suite("FCM topic subscriptions")
struct FCMTopicsTests {
    static let configuration = FCMConfiguration(app: "example-shop")
    static let nowMs = FCMFixtures.nowMs

    @Test("v1 requests, with the registration and the topic encoded")
    func v1() throws {
        let subscribe = try #require(
            FCMTopicRequest.v1(
                .subscribe,
                registration: "a:b/c%_-",
                topic: "news-1.2~%20",
                configuration: Self.configuration
            )
        )
        #expect(subscribe.method == "POST")
        #expect(
            subscribe.path
                == "/v1/projects/example-shop/registrations/a%3Ab%2Fc%25_-/topicSubscriptions?topicName=news-1.2~%2520"
        )
        #expect(subscribe.body == Array("{}".utf8) && subscribe.headers.isEmpty)
        let unsubscribe = try #require(
            FCMTopicRequest.v1(.unsubscribe, registration: "fid1", topic: "news", configuration: Self.configuration)
        )
        #expect(unsubscribe.method == "DELETE" && unsubscribe.body.isEmpty)
        #expect(
            unsubscribe.path
                == "/v1/projects/example-shop/registrations/fid1/topicSubscriptions/news?allowMissing=true"
        )
    }

    @Test(
        "batch requests of the older API",
        arguments: [(.subscribe, "batchAdd"), (.unsubscribe, "batchRemove")] as [(FCMTopicRequest.Change, String)]
    )
    func batch(change: FCMTopicRequest.Change, call: String) throws {
        let request = try #require(
            FCMTopicRequest.batch(change, registrations: ["a", "b"], topic: "news", configuration: Self.configuration)
        )
        #expect(request.method == "POST" && request.path == "/iid/v1:\(call)")
        #expect(request.headers == ["access_token_auth": "true"])
        #expect(
            String(decoding: request.body, as: UTF8.self) == #"{"to":"/topics/news","registration_tokens":["a","b"]}"#
        )
    }

    @Test("a base address's own path stands first")
    func basePath() throws {
        var configuration = Self.configuration
        configuration.baseURL = "https://127.0.0.1:1/fcm"
        configuration.topicBaseURL = "https://127.0.0.1:1/iid-service"
        let v1 = try #require(
            FCMTopicRequest.v1(.subscribe, registration: "a", topic: "t", configuration: configuration)
        )
        #expect(v1.path.hasPrefix("/fcm/v1/projects/"))
        let batch = FCMTopicRequest.batch(.subscribe, registrations: ["a"], topic: "t", configuration: configuration)
        #expect(batch?.path == "/iid-service/iid/v1:batchAdd")
    }

    @Test(
        "what cannot be a subscription makes no request",
        arguments: [([], "news"), (["a"], "/topics/news"), (["a"], ""), (["a", ""], "news"), (["a b"], "news")]
    )
    func refused(registrations: [String], topic: String) {
        #expect(
            FCMTopicRequest.batch(
                .subscribe,
                registrations: registrations,
                topic: topic,
                configuration: Self.configuration
            )
                == nil
        )
        let registration = registrations.last ?? ""
        #expect(
            FCMTopicRequest.v1(.subscribe, registration: registration, topic: topic, configuration: Self.configuration)
                == nil
        )
    }

    @Test("a batch has 1,000 registrations at most", arguments: [(1_000, true), (1_001, false)])
    func batchSize(count: Int, isTaken: Bool) {
        let registrations = (0..<count).map { "token\($0)" }
        let request = FCMTopicRequest.batch(
            .subscribe,
            registrations: registrations,
            topic: "news",
            configuration: Self.configuration
        )
        #expect((request != nil) == isTaken)
    }

    static let unregistered =
        #"{"error":{"status":"NOT_FOUND","details":[{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"}]}}"#

    @Test(
        "an answer of the v1 API: what exists already is done",
        arguments: [
            (200, "{}", .accepted(providerMessageID: nil)),
            (409, #"{"error":{"status":"ALREADY_EXISTS"}}"#, .accepted(providerMessageID: nil)),
            (404, unregistered, .addressDead(.unregistered, invalidSinceMs: nil)),
            (404, #"{"error":{"status":"NOT_FOUND"}}"#, .badRequest(.notFound)),
            (400, #"{"error":{"status":"INVALID_ARGUMENT"}}"#, .badRequest(.invalidRequest)),
            (401, "", .reauthenticate(.unauthenticated)), (403, "<html>", .configuration(.forbidden)),
            (429, "", .retry(.tooManyRequests, after: .seconds(60))),
            (503, "", .retry(.serviceUnavailable, after: .seconds(10))),
        ] as [(Int, String, Verdict)]
    )
    func v1Answers(status: Int, body: String, verdict: Verdict) {
        let response = FCMTopicResponse(v1: status, body: Array(body.utf8), nowMs: Self.nowMs)
        #expect(response.verdicts == [verdict])
    }

    @Test("an answer of the older API says something about each registration, in order")
    func batchAnswers() {
        let body = #"""
            {"results":[{},{"error":"NOT_FOUND"},{"error":"INVALID_ARGUMENT"},{"error":"INTERNAL"},{"error":"UNAVAILABLE"},
            {"error":"RESOURCE_EXHAUSTED"},{"error":"PERMISSION_DENIED"},{"error":"TOO_MANY_TOPICS"},{"error":7},3]}
            """#
        let response = FCMTopicResponse(
            batch: 200,
            body: Array(body.utf8),
            count: 10,
            retryAfter: "5",
            nowMs: Self.nowMs
        )
        #expect(
            response.verdicts == [
                .accepted(providerMessageID: nil), .addressDead(.unregistered, invalidSinceMs: nil),
                .addressDead(.badDeviceToken, invalidSinceMs: nil), .retry(.internalServerError, after: .seconds(5)),
                .retry(.serviceUnavailable, after: .seconds(5)), .retry(.quotaExceeded, after: .seconds(5)),
                .configuration(.forbidden), .badRequest(.rejectedByProvider), .badRequest(.rejectedByProvider),
                .badRequest(.rejectedByProvider),
            ]
        )
    }

    @Test(
        "an answer that cannot be matched with the registrations is retried for all",
        arguments: ["", "<html>", "{}", #"{"results":[{}]}"#, #"{"results":[{},{},{}]}"#, #"{"results":{}}"#, "[]"]
    )
    func unmatched(body: String) {
        let response = FCMTopicResponse(batch: 200, body: Array(body.utf8), count: 2, nowMs: Self.nowMs)
        #expect(response.verdicts == Array(repeating: .retry(.providerUnavailable, after: nil), count: 2))
    }

    @Test(
        "a batch that fails as a whole fails for each registration",
        arguments: [
            (401, "", .reauthenticate(.unauthenticated)),
            (400, #"{"error":"InvalidTopic"}"#, .badRequest(.invalidRequest)),
            (503, "<html>", .retry(.serviceUnavailable, after: .seconds(10))),
        ] as [(Int, String, Verdict)]
    )
    func wholeFailures(status: Int, body: String, verdict: Verdict) {
        let response = FCMTopicResponse(batch: status, body: Array(body.utf8), count: 3, nowMs: Self.nowMs)
        #expect(response.verdicts == [verdict, verdict, verdict])
    }

    @Test("a list is asked for in the largest pages, from where the page before ended")
    func list() throws {
        let path = "/v1/projects/example-shop/registrations/a%2Fb/topicSubscriptions?pageSize=2000"
        let first = try #require(
            FCMTopicRequest.list(registration: "a/b", pageToken: nil, configuration: Self.configuration)
        )
        #expect(first.method == "GET" && first.path == path && first.body.isEmpty)
        let next = FCMTopicRequest.list(registration: "a/b", pageToken: "x=&y", configuration: Self.configuration)
        #expect(next?.path == "\(path)&pageToken=x%3D%26y")
        #expect(FCMTopicRequest.list(registration: "a b", pageToken: nil, configuration: Self.configuration) == nil)
    }

    @Test(
        "a page of topics",
        arguments: [
            ("{}", [], nil), (#"{"topicSubscriptions":[],"nextPageToken":""}"#, [], nil),
            (
                #"{"topicSubscriptions":[{"topicName":"a"},{"name":"projects/p/registrations/r/topicSubscriptions/b"}],"#
                    + #""nextPageToken":"n"}"#,
                ["a", "b"], "n"
            ),
        ] as [(String, [String], String?)]
    )
    func page(body: String, topics: [String], next: String?) {
        let page = FCMTopicPage(Array(body.utf8))
        #expect(page?.topics == topics && page?.nextPageToken == next)
    }

    @Test(
        "what is no page of topics is none",
        arguments: ["", "[]", "<html>", #"{"topicSubscriptions":1}"#, #"{"topicSubscriptions":[{}]}"#]
    )
    func noPage(body: String) {
        #expect(FCMTopicPage(Array(body.utf8)) == nil)
    }

    @Test("a registration that is not found says nothing against the project")
    func notFound() {
        #expect(FCMTopicResponse(v1: 404, body: [], nowMs: Self.nowMs).verdicts == [.badRequest(.notFound)])
    }
}

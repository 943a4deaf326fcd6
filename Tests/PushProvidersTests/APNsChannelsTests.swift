import PushCore
import PushProviders
import Testing

@Suite("APNs broadcast channels")
struct APNsChannelsTests {
    private static let id = Identifier(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)
    private static let idText = "00112233-4455-6677-8899-aabbccddeeff"
    private static let channelText = "dHN0LXNyY2gtY2hubA=="
    static let nowMs: Int64 = 1_795_000_000_000

    private let channel: APNsChannelID

    init() throws {
        channel = try #require(APNsChannelID(Self.channelText))
    }

    @Test(
        "a channel's id is base64 that a header can carry",
        arguments: [
            ("dHN0LXNyY2gtY2hubA==", true), ("a", true), ("a+/-_=", true), (String(repeating: "a", count: 128), true),
            (String(repeating: "a", count: 129), false), ("", false), ("a b", false), ("a\r\nb: c", false),
            ("é", false),
        ]
    )
    func identifiers(text: String, isValid: Bool) {
        #expect(APNsChannelID(text)?.description == (isValid ? text : nil))
    }

    private func lines(_ operation: APNsChannelRequest.Operation, app: String = "com.example.shop") -> [String] {
        let request = APNsChannelRequest(operation, app: app, id: Self.id)
        return ["\(request.method) \(request.path)"] + request.headers.map { "\($0.name): \($0.value)" }
            + (request.body.isEmpty ? [] : [String(decoding: request.body, as: UTF8.self)])
    }

    @Test("requests to make, read, remove and list channels")
    func requests() {
        let path = "/1/apps/com.example.shop"
        let requestID = "apns-request-id: \(Self.idText)"
        let channelID = "apns-channel-id: \(Self.channelText)"
        #expect(
            lines(.create(.mostRecent)) == [
                "POST \(path)/channels", requestID, #"{"message-storage-policy":1,"push-type":"LiveActivity"}"#,
            ]
        )
        #expect(lines(.create(.none)).last == #"{"message-storage-policy":0,"push-type":"LiveActivity"}"#)
        #expect(lines(.read(channel)) == ["GET \(path)/channels", requestID, channelID])
        #expect(lines(.delete(channel)) == ["DELETE \(path)/channels", requestID, channelID])
        #expect(lines(.list) == ["GET \(path)/all-channels", requestID])
        #expect(lines(.list, app: "a/../b?c")[0] == "GET /1/apps/a%2F..%2Fb%3Fc/all-channels")
    }

    private func answer(
        _ status: Int,
        _ body: String,
        to operation: APNsChannelRequest.Operation,
        channelID: String? = nil
    ) -> APNsChannelAnswer {
        let octets = Array(body.utf8)
        return APNsChannelAnswer(
            APNsResponse(status: status, body: octets),
            to: operation,
            body: octets,
            channelID: channelID,
            nowMs: Self.nowMs
        )
    }

    @Test("answers say what was asked for")
    func answers() throws {
        #expect(answer(201, "", to: .create(.none), channelID: Self.channelText) == .created(channel))
        let policy = #"{"message-storage-policy":1,"push-type":"LiveActivity"}"#
        #expect(answer(200, policy, to: .read(channel)) == .channel(.mostRecent))
        #expect(answer(204, "", to: .delete(channel)) == .deleted)
        let other = try #require(APNsChannelID("b3RoZXI="))
        let list = #"{"channels":["\#(Self.channelText)","b3RoZXI="]}"#
        #expect(answer(200, list, to: .list) == .channels([channel, other]))
        #expect(answer(200, #"{"channels":[]}"#, to: .list) == .channels([]))
    }

    @Test("a success without what was asked for is not taken for one")
    func halfAnswers() {
        let again = APNsChannelAnswer.refused(.retry(.providerUnavailable, after: nil))
        #expect(answer(201, "", to: .create(.none)) == again)
        #expect(answer(201, "", to: .create(.none), channelID: "no id") == again)
        for body in ["", "<html>", "[]", "{}", #"{"message-storage-policy":2}"#, #"{"message-storage-policy":"1"}"#] {
            #expect(answer(200, body, to: .read(channel)) == again, "\(body)")
        }
        for body in ["", "[]", "{}", #"{"channels":{}}"#, #"{"channels":[1]}"#, #"{"channels":["no id"]}"#] {
            #expect(answer(200, body, to: .list) == again, "\(body)")
        }
    }

    @Test("every refusal has its verdict", arguments: APNsResponseTests.table)
    func refusals(status: Int, reason: String, verdict: Verdict) {
        #expect(answer(status, #"{"reason":"\#(reason)"}"#, to: .list) == .refused(verdict))
    }

    // MARK: Broadcasts

    private func broadcast(_ aps: JSONTree, _ change: (inout APNsBroadcast) -> Void = { _ in }) throws -> APNsBroadcast
    {
        var broadcast = APNsBroadcast(channel: channel, storage: .mostRecent, aps: try #require(aps.object))
        change(&broadcast)
        return broadcast
    }

    private func build(_ broadcast: APNsBroadcast) -> Result<APNsBroadcastRequest, APNsRequest.Refusal> {
        APNsBroadcastRequest.build(broadcast, app: "com.example.shop", id: Self.id, nowMs: Self.nowMs)
    }

    private static let update: JSONTree = ["event": "update", "content-state": ["score": "2:1"], "stale-date": .null]

    @Test("a broadcast has no topic, and the channel's id")
    func sending() throws {
        let request = try build(broadcast(Self.update) { $0.contentTimeMs = 1_794_999_999_999 }).get()
        #expect(request.path == "/4/broadcasts/apps/com.example.shop")
        #expect(
            request.headers.map { "\($0.name): \($0.value)" } == [
                "apns-channel-id: \(Self.channelText)", "apns-push-type: liveactivity",
                "apns-request-id: \(Self.idText)",
                "apns-expiration: 1795028800", "apns-priority: 10",
            ]
        )
        let body = #"{"aps":{"event":"update","content-state":{"score":"2:1"},"timestamp":1794999999}}"#
        #expect(String(decoding: request.body, as: UTF8.self) == body)
    }

    @Test(
        "expiration follows the channel's policy",
        arguments: [
            (.none, 0, "0"), (.none, nowMs + 60_000, "0"), (.mostRecent, 0, "1795028800"),
            (.mostRecent, nowMs + 60_000, "1795000060"), (.mostRecent, nowMs + 999, "0"),
        ] as [(APNsChannelStorage, Int64, String)]
    )
    func expiration(storage: APNsChannelStorage, expiresAtMs: Int64, value: String) throws {
        let request = try build(
            broadcast(Self.update) {
                $0.storage = storage
                $0.expiresAtMs = expiresAtMs
            }
        ).get()
        #expect(request.headers.first { $0.name == "apns-expiration" }?.value == value)
    }

    @Test("what has expired, is incomplete or too large is not sent")
    func refused() throws {
        #expect(try build(broadcast(Self.update) { $0.expiresAtMs = Self.nowMs }) == .failure(.expired))
        let invalid: Result<APNsBroadcastRequest, APNsRequest.Refusal> =
            .failure(.verdict(.badRequest(.invalidPayload)))
        #expect(try build(broadcast(["content-state": [:]])) == invalid)
        #expect(try build(broadcast(["event": "update"])) == invalid)
        #expect(try build(broadcast(["event": "end", "sounds": "x"])) == invalid)

        func sized(_ count: Int) throws -> Result<APNsBroadcastRequest, APNsRequest.Refusal> {
            let filler = JSONTree.string(String(repeating: "x", count: count))
            return build(try broadcast(["event": "update", "content-state": ["a": filler]]))
        }
        let overhead = try sized(0).get().body.count
        #expect(try sized(5_120 - overhead).get().body.count == 5_120)
        #expect(try sized(5_121 - overhead) == .failure(.verdict(.badRequest(.payloadTooLarge))))
    }

    @Test("an app's ten thousand channels are one answer")
    func tenThousand() {
        let ids = (0..<10_000).map { "\"\(String(repeating: "A", count: 120))\($0 + 10_000)\"" }
        let body = "{\"channels\":[\(ids.joined(separator: ","))]}"
        guard case .channels(let channels) = answer(200, body, to: .list) else {
            Issue.record("a list of \(body.utf8.count) octets")
            return
        }
        #expect(channels.count == 10_000)
    }
}

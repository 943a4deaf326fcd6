import Crypto
import Foundation
import Testing

@testable import ProviderSimulator

@Suite("What the Web Push simulator reads, and how it fails on request", .timeLimit(.minutes(5)))
struct WebPushPayloadTests {
    @Test("the example of RFC 8291, appendix A, opens")
    func vector() throws {
        func octets(_ text: String) throws -> Data { try #require(Data(base64URL: text)) }
        let decryption = PushMessageDecryption(
            privateKey: try .init(rawRepresentation: octets("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")),
            authSecret: try octets("BTBZMqHH6r4Tts7J_aSIgg"),
            serverKey: nil
        )
        let body = """
            DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_\
            yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN
            """
        let text = try decryption.open(Array(octets(body)))
        #expect(String(decoding: text, as: UTF8.self) == "When I grow up, I want to be a watermelon")
    }

    static let encryptions: [(name: String, isGood: Bool, change: @Sendable (inout TestEncryption) -> Void)] = [
        ("zeros after the delimiter", true, { $0.padding = Data([2, 0, 0, 0]) }),
        ("the delimiter of a record that is not the last", false, { $0.padding = Data([1]) }),
        ("only zeros after the text", false, { $0.padding = Data([3, 0]) }),
        ("a record size just larger than the record", true, { $0.recordSize = 22 }),
        ("a record size as large as the record", false, { $0.recordSize = 21 }),
        ("another authentication secret", false, { $0.auth = Data(repeating: 7, count: 16) }),
    ]

    @Test("a message is judged by its encryption", arguments: encryptions.indices)
    func encryption(index: Int) async throws {
        let (name, isGood, change) = Self.encryptions[index]
        try await Fixture.runWebPush { client in
            var encryption = TestEncryption()
            change(&encryption)
            let request = try client.message("text", to: try await client.subscription(), encryption: encryption)
            let answer = try await client.connection.send(request)
            #expect(answer.status == (isGood ? 201 : 400), "\(name): \(answer.body)")
            #expect(isGood || answer.body.contains("Invalid encryption"))
        }
    }

    @Test("the VAPID key must not encrypt")
    func sharedKey() async throws {
        try await Fixture.runWebPush { client in
            var encryption = TestEncryption()
            encryption.senderKey = try .init(rawRepresentation: client.vapid.key.rawRepresentation)
            let request = try client.message(to: try await client.subscription(), encryption: encryption)
            let answer = try await client.connection.send(request)
            #expect(answer.status == 400)
            #expect(answer.body.contains("8292"))
        }
    }

    @Test("4096 octets of body are the most: 3993 of text")
    func size() async throws {
        try await Fixture.runWebPush { client in
            let subscription = try await client.subscription()
            for (count, status) in [(3993, 201), (3994, 413)] {
                let text = String(repeating: "x", count: count)
                let answer = try await client.connection.send(client.message(text, to: subscription))
                #expect(answer.status == status, "\(count)")
            }
        }
    }

    @Test("the record shows what was inside: JSON as JSON, anything else in base64")
    func record() async throws {
        try await Fixture.runWebPush { client in
            let subscription = try await client.subscription("browser-1")
            for text in ["{ \"n\": [1,\n 2] }", "hello"] {
                var request = try client.message(text, to: subscription)
                request.set("topic", "order-7")
                _ = try await client.connection.send(request)
            }
            var broken = try client.message("x", to: subscription)
            broken.body = [1, 2, 3]
            _ = try await client.connection.send(broken)
            await client.fixture.simulator.stop()
            let records = try client.fixture.records().filter { $0["token"] as? String == "browser-1" }
            try #require(records.count == 3)
            #expect((records[0]["payload"] as? [String: [Int]]) == ["n": [1, 2]])
            #expect(records[1]["payload"] as? String == Data("hello".utf8).base64EncodedString())
            #expect(records[2]["payload"] as? String == Data([1, 2, 3]).base64EncodedString())
            #expect(records.map { $0["status"] as? Int } == [201, 201, 400])
        }
    }

    @Test("a name gives the same keys after a restart, and other names and directories others")
    func subscriptions() async throws {
        let directory = try TemporaryDirectory()
        func keys(_ names: [String], in path: String) async throws -> [TestSubscription] {
            var configuration = SimulatorConfiguration(directory: path)
            configuration.providers = [.webpush]
            let simulator = ProviderSimulator(configuration)
            let addresses = try await simulator.start()
            let connection = try await TestClient.connect(port: addresses.webPushPort, caFile: addresses.caFile)
            var found: [TestSubscription] = []
            for name in names {
                let headers = [
                    (":method", "POST"), (":scheme", "https"), (":authority", "localhost"),
                    (":path", "/subscriptions/\(name)?vendor=apple"),
                ]
                let answer = try await connection.send(TestRequest(headers: headers, body: []))
                let subscription = try TestSubscription(answer.body)
                #expect(subscription.endpoint == "https://127.0.0.1:\(addresses.webPushPort)/push/apple/\(name)")
                found.append(subscription)
            }
            await connection.close()
            await simulator.stop()
            return found
        }
        let first = try await keys(["a", "b"], in: directory.path)
        let second = try await keys(["a", "b"], in: directory.path)
        #expect(first.map(\.key) == second.map(\.key))
        #expect(first.map(\.auth) == second.map(\.auth))
        #expect(first[0].key != first[1].key)
        let other = try TemporaryDirectory()
        let third = try await keys(["a"], in: other.path)
        #expect(third[0].key != first[0].key)
    }

    @Test(
        "a subscription cannot be had for a wrong name, vendor, key or method",
        arguments: [
            ("GET", "/subscriptions/a%20b"), ("GET", "/subscriptions/a?vendor=opera"), ("PUT", "/subscriptions/a"),
            ("GET", "/subscriptions/a?applicationServerKey=AAAA"), ("GET", "/subscriptions/a/b"),
        ]
    )
    func wrongSubscription(method: String, path: String) async throws {
        try await Fixture.runWebPush { client in
            let answer = try await client.get(path, method: method)
            #expect(answer.status == 400)
            #expect(answer.body.hasPrefix(#"{"error":""#))
        }
    }

    @Test(
        "an endpoint that is none is not found",
        arguments: ["/push/mozilla", "/push/opera/a", "/", "/push/apple/a/b"]
    )
    func unknownEndpoint(path: String) async throws {
        try await Fixture.runWebPush { client in
            let answer = try await client.get(path, method: "POST")
            #expect(answer.status == 404)
        }
    }

    static let faults: [(vendor: String, rule: String, status: Int, body: String, header: (String, String)?)] = [
        ("mozilla", "status: 410", 410, #""errno":106"#, ("cache-control", "max-age=86400")),
        ("mozilla", "status: 410, reason: 105", 410, #""errno":105"#, nil),
        ("mozilla", "status: 404", 404, #""errno":102"#, nil),
        ("mozilla", "status: 503", 503, #""errno":201"#, ("retry-after", "120")),
        ("apple", "status: 410", 410, #"{"reason":"Unregistered"}"#, nil),
        ("apple", "status: 429", 429, #"{"reason":"TooManyRequests"}"#, nil),
        ("apple", "status: 403, reason: VapidPkHashMismatch", 403, "VapidPkHashMismatch", nil),
        ("google", "status: 410", 410, "unsubscribed or expired", nil),
        ("google", #"status: 503, headers: { Retry-After: "9" }"#, 503, "Service Unavailable", ("retry-after", "9")),
        ("wns", "status: 410", 410, "", ("x-wns-status", "dropped")),
        ("wns", "status: 200, reason: channelthrottled", 200, "", ("x-wns-continue-after", "60")),
        ("wns", "status: 201, reason: dropped", 201, "", ("x-wns-notificationstatus", "dropped")),
        ("wns", "status: 406", 406, "", nil),
        ("google", #"status: 502, body: "<html>", headers: { Content-Type: text/html }"#, 502, "<html>", nil),
    ]

    @Test("a fault has the vendor's form", arguments: faults.indices)
    func fault(index: Int) async throws {
        let (vendor, rule, status, body, header) = Self.faults[index]
        let faults = #"- { provider: webpush, token: "gone*", path: "/push/\#(vendor)/*", \#(rule) }"#
        try await Fixture.runWebPush(faults: faults) { client in
            let struck = try await client.subscription("gone-1", vendor: vendor)
            let answer = try await client.connection.send(client.message(to: struck))
            #expect(answer.status == status)
            #expect(body.isEmpty ? answer.body.isEmpty : answer.body.contains(body), "\(answer.body)")
            if let (name, value) = header { #expect(answer.header[name] == value) }
            let whole = try await client.connection.send(
                client.message(to: try await client.subscription("here", vendor: vendor))
            )
            #expect((whole.status ?? 0) / 100 == 2)
        }
    }

    @Test("the rules hold over HTTP/1.1")
    func http1() async throws {
        try await Fixture.runWebPush { client in
            let addresses = client.fixture.addresses
            let http1 = try await TestHTTP1Client.connect(port: addresses.webPushPort, caFile: addresses.caFile)
            var request = try client.message(to: try await client.subscription())
            #expect(try await http1.send(request).status == 201)
            request.set("ttl", nil)
            #expect(try await http1.send(request).status == 400)
            await http1.close()
        }
    }
}

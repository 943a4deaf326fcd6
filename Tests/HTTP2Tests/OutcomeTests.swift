import NIOHPACK
import NIOHTTP2
import Testing

@testable import HTTP2

/// One thing a server can do to one request, and what the client must make of it.
struct ServerDeed: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let outcome: String
    var within = Duration.seconds(20)
    let act: @Sendable (ServerConnection, ServerRequest) -> Void

    static let all = [
        ServerDeed(testDescription: "200", outcome: "200") { $0.answer($1.stream) },
        ServerDeed(testDescription: "410 with body", outcome: "410") {
            $0.answer($1.stream, status: "410", body: Array("{}".utf8))
        },
        ServerDeed(testDescription: "a redirect is an answer", outcome: "308") { $0.answer($1.stream, status: "308") },
        ServerDeed(testDescription: "slow answer", outcome: "200") { connection, request in
            connection.after(300) { $0.answer(request.stream) }
        },
        ServerDeed(testDescription: "1xx before the answer", outcome: "200") {
            $0.answer($1.stream, informational: "103")
        },
        ServerDeed(testDescription: "trailers", outcome: "200") {
            $0.answer($1.stream, body: [1], trailers: ["x-trailer": "late"])
        },
        ServerDeed(testDescription: "body at the limit", outcome: "200") {
            $0.answer($1.stream, body: [UInt8](repeating: 7, count: 1000))
        },
        ServerDeed(testDescription: "body above the limit", outcome: "200 truncated") {
            $0.answer($1.stream, body: [UInt8](repeating: 7, count: 1001))
        },
        ServerDeed(testDescription: "REFUSED_STREAM", outcome: "not processed: refusedStream") {
            $0.reset($1.stream, .refusedStream)
        },
        ServerDeed(testDescription: "REFUSED_STREAM after a part of the answer", outcome: "unknown: reset(code: 7)") {
            $0.answerHalf($1.stream)
            $0.reset($1.stream, .refusedStream)
        },
        ServerDeed(testDescription: "INTERNAL_ERROR", outcome: "unknown: reset(code: 2)") {
            $0.reset($1.stream, .internalError)
        },
        ServerDeed(testDescription: "silence", outcome: "unknown: deadline", within: .milliseconds(150)) { _, _ in },
        ServerDeed(testDescription: "half an answer", outcome: "unknown: deadline", within: .milliseconds(300)) {
            $0.answerHalf($1.stream)
        },
        ServerDeed(
            testDescription: "orderly close",
            outcome: "unknown: connectionLost(\"the server ended the TLS connection\")"
        ) { connection, _ in connection.close() },
        ServerDeed(
            testDescription: "TCP reset",
            outcome: "unknown: connectionLost(\"Connection reset by peer\")"
        ) { connection, _ in connection.resetConnection() },
        ServerDeed(
            testDescription: "GOAWAY below the stream",
            outcome: "not processed: goAway(code: 0, debug: \"{\\\"reason\\\":\\\"Shutdown\\\"}\")"
        ) { connection, _ in connection.goAway(last: .rootStream, debug: "{\"reason\":\"Shutdown\"}") },
        ServerDeed(testDescription: "GOAWAY at the stream, then the answer", outcome: "200") {
            $0.goAway(last: $1.stream)
            $0.answer($1.stream)
        },
    ]
}

@Suite("Outcomes")
struct OutcomeTests {
    @Test(
        "Each thing a server can do to a request has its one outcome",
        .timeLimit(.minutes(5)),
        arguments: ServerDeed.all
    )
    func deeds(_ deed: ServerDeed) throws {
        let server = try TestServer(Script(onRequest: deed.act))
        let client = try TestClient(port: server.port) { $0.responseBodyBytesMax = 1000 }
        let id = client.submit(within: deed.within)
        client.runUntilAllEnded()
        #expect(client.summary(id) == deed.outcome)
    }

    @Test("A GOAWAY at the stream and no answer before the close is unknown, and says so", .timeLimit(.minutes(5)))
    func unansweredAfterGoAway() throws {
        let server = try TestServer(
            Script { connection, request in
                connection.goAway(last: request.stream, .enhanceYourCalm, debug: "too many errors")
                connection.after(50) { $0.close() }
            }
        )
        let client = try TestClient(port: server.port)
        let id = client.submit()
        client.runUntilAllEnded()
        let summary = client.summary(id)
        #expect(
            summary.hasPrefix("unknown: connectionLost") && summary.contains("code 11 too many errors"),
            "\(summary)"
        )
        let goAway = HTTP2Event.goAway(code: 11, lastStreamID: 1, debug: "too many errors")
        #expect(client.events.contains(goAway))
    }

    @Test("Fields, path and body arrive as given, and the answer's fields come back", .timeLimit(.minutes(5)))
    func roundTrip() throws {
        let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let server = try TestServer(
            Script { connection, request in
                connection.answer(
                    request.stream,
                    informational: "103",
                    body: Array(request.body.prefix(100)),
                    trailers: ["x-trailer": "late"]
                )
            }
        )
        let client = try TestClient(port: server.port)
        let id = client.submit(path: "/3/device/00ff", body: body, fields: [("apns-id", "one"), ("x-empty", "")])
        client.runUntilAllEnded()
        let seen = try #require(server.log.now.requests.first)
        #expect(seen.body == body)
        #expect(seen.path == "/3/device/00ff")
        #expect(seen.headers.first(name: ":method") == "POST" && seen.headers.first(name: ":authority") == "localhost")
        #expect(seen.headers.first(name: "apns-id") == "one" && seen.headers.first(name: "x-empty") == "")
        let response = try #require(client.response(id))
        #expect(response.fields.pairs.map(\.name) == ["x-server"], "neither 1xx fields nor trailers")
        #expect(response.fields["x-server"] == "test" && response.body == Array(body.prefix(100)))
    }

    @Test(
        "A field that HTTP forbids is never sent",
        arguments: [
            ("X-Upper", "v"), ("", "v"), ("x y", "v"), ("x", "a\r\nb"), ("x", "a\u{0}"), ("x", " v"), ("x", "v\t"),
            ("x", String(repeating: "v", count: 70_000)), (String(repeating: "n", count: 70_000), "v"),
        ]
    )
    func invalidFields(_ field: (String, String)) throws {
        let client = try TestClient(port: 9)
        let id = client.submit(fields: [field])
        client.collect()
        #expect(client.summary(id).hasPrefix("not processed: invalidRequest"), "\(client.summary(id))")
    }

    @Test("A value written in place is the value, and counts as it was written")
    func writtenInPlace() {
        for value in ["", "v", String(repeating: "0123456789abcdef", count: 40)] {
            var fields = HTTP2Fields()
            fields.append("x-before", "1")
            // SAFETY: there is room for more than is written.
            unsafe fields.append("x-place", .notIndexed, countMax: value.utf8.count + 300) { room in
                unsafe room.update(fromContentsOf: value.utf8)
            }
            fields.append("x-after", "2")
            #expect(fields.pairs.map(\.value) == ["1", value, "2"])
            #expect(fields["x-place"] == value && fields["x-after"] == "2" && fields["x-plac"] == nil)
        }
    }

    @Test("Many fields that are too long together are never sent")
    func tooManyFields() throws {
        let client = try TestClient(port: 9)
        let id = client.submit(fields: (0..<20).map { ("x-\($0)", String(repeating: "v", count: 4000)) })
        client.collect()
        #expect(client.summary(id).hasPrefix("not processed: invalidRequest"))
    }
}

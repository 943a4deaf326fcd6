import CurlHTTP
import Testing

/// One thing a server can do to one request, and what the client must make of it.
struct ServerDeed: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let outcome: String
    var within = Duration.seconds(30)
    let act: @Sendable (ServerConnection, ServerRequest) -> Void

    static let answers = [
        ServerDeed(testDescription: "200", outcome: "200") { connection, _ in connection.answer() },
        ServerDeed(testDescription: "410 with body", outcome: "410") { connection, _ in
            connection.answer("410 Gone", body: "{}")
        },
        ServerDeed(testDescription: "a redirect is an answer", outcome: "307") { connection, _ in
            connection.answer("307 Temporary Redirect", ["Location: https://localhost:1/"])
        },
        ServerDeed(testDescription: "401 is an answer", outcome: "401") { connection, _ in
            connection.answer("401 Unauthorized", ["WWW-Authenticate: Basic realm=\"x\""])
        },
        ServerDeed(testDescription: "no reason phrase", outcome: "201") { connection, _ in connection.answer("201") },
        ServerDeed(testDescription: "1xx before the answer", outcome: "200") { connection, _ in
            connection.write("HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n")
            connection.answer()
        },
        ServerDeed(testDescription: "chunks and a trailer", outcome: "200") { connection, _ in
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.write(head + "3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nX-Trailer: late\r\n\r\n")
        },
        ServerDeed(testDescription: "a body that ends with the connection", outcome: "200") { connection, _ in
            connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcd")
            connection.close()
        },
        ServerDeed(testDescription: "HTTP/1.0", outcome: "200") { connection, _ in
            connection.write("HTTP/1.0 200 OK\r\n\r\nabcd")
            connection.close()
        },
        ServerDeed(testDescription: "slow answer", outcome: "200") { connection, _ in
            connection.after(300) { $0.answer() }
        },
        ServerDeed(testDescription: "body at the limit", outcome: "200") { connection, _ in
            connection.answer(body: String(repeating: "a", count: 1000))
        },
        ServerDeed(testDescription: "body above the limit", outcome: "200 truncated") { connection, _ in
            connection.answer(body: String(repeating: "a", count: 1001))
        },
        ServerDeed(testDescription: "endless chunks", outcome: "404 truncated") { connection, _ in
            connection.write("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "1000\r\n" + String(repeating: "a", count: 4096) + "\r\n"
            connection.write(chunk + chunk)
        },
        ServerDeed(testDescription: "fields above the limit", outcome: "200 truncated") { connection, _ in
            connection.answer("200 OK", (0..<100).map { "X-Long-\($0): " + String(repeating: "a", count: 100) })
        },
    ]

    static let silences = [
        ServerDeed(testDescription: "silence", outcome: "unknown: deadline", within: .seconds(3)) { _, _ in },
        ServerDeed(testDescription: "half a head", outcome: "unknown: deadline", within: .seconds(3)) {
            connection,
            _ in connection.write("HTTP/1.1 200 OK\r\nX-")
        },
        ServerDeed(testDescription: "half a body", outcome: "unknown: deadline", within: .seconds(3)) {
            connection,
            _ in connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        },
        ServerDeed(testDescription: "orderly close", outcome: "unknown: connectionLost") { connection, _ in
            connection.close()
        },
        ServerDeed(testDescription: "abrupt close", outcome: "unknown: connectionLost") { connection, _ in
            connection.closeAbruptly()
        },
        ServerDeed(testDescription: "TCP reset", outcome: "unknown: connectionLost") { connection, _ in
            connection.resetConnection()
        },
        ServerDeed(testDescription: "close in the body", outcome: "unknown: connectionLost") { connection, _ in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            connection.close()
        },
        ServerDeed(testDescription: "not HTTP", outcome: "unknown: malformedResponse") { connection, _ in
            connection.write("SSH-2.0-OpenSSH_9.2\r\n\r\n")
            connection.close()
        },
    ]
}

@Suite("Outcomes")
struct OutcomeTests {
    @Test("Whatever the answer, it is the outcome", .timeLimit(.minutes(5)), arguments: ServerDeed.answers)
    func answers(_ deed: ServerDeed) async throws {
        let server = try TestServer(Script(onRequest: deed.act))
        let client = try TestClient {
            $0.responseBodyBytesMax = 1000
            $0.responseFieldBytesMax = 4000
        }
        let outcome = await client.send(server.url(), body: [1, 2, 3], within: deed.within)
        #expect(outcome?.summary == deed.outcome)
        #expect(server.log.now.requests.count == 1)
        #expect((outcome?.response?.body.count ?? 0) <= 1000)
    }

    @Test(
        "A request that left and has no whole answer is unknown, and is not sent again",
        .timeLimit(.minutes(5)),
        arguments: ServerDeed.silences,
        [HTTPMethod.post, .get]
    )
    func silences(_ deed: ServerDeed, _ method: HTTPMethod) async throws {
        let server = try TestServer(Script(onRequest: deed.act))
        let client = try TestClient()
        let outcome = await client.send(server.url(), method, within: deed.within)
        #expect(outcome?.summary.hasPrefix(deed.outcome) == true, "\(outcome?.summary ?? "none")")
        #expect(server.log.now.requests.count == 1)
        #expect(client.client.statistics.unknown == 1)
    }

    @Test("An answer's fields and body come as they were sent", .timeLimit(.minutes(5)))
    func answerFidelity() async throws {
        let server = try TestServer(
            Script { connection, _ in
                let head = "HTTP/1.1 200 Very OK\r\nX-Twice: one\r\nx-twice:two \r\nX-Empty:\r\nX-Folded: a\r\n  b\r\n"
                connection.write(
                    head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\nd\r\ne\r\n0\r\nX-Late: 1\r\n\r\n"
                )
            }
        )
        let outcome = try await TestClient().send(server.url(), .get)
        let response = try #require(outcome?.response)
        #expect(response.body == Array("abcd\r\ne".utf8))
        let names = ["X-Twice", "x-twice", "X-Empty", "X-Folded", "Transfer-Encoding"]
        #expect(response.fields.map(\.name) == names, "no trailers")
        #expect(response.fields.map(\.value) == ["one", "two", "", "a b", "chunked"])
        #expect(response["X-TWICE"] == "one" && response["x-late"] == nil)
    }

    @Test("A large body arrives whole", .timeLimit(.minutes(5)), arguments: [HTTPMethod.post, .put])
    func largeBody(_ method: HTTPMethod) async throws {
        let server = try TestServer()
        let body = (0..<1_200_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        let outcome = try await TestClient().send(server.url(), method, body: body)
        #expect(outcome?.summary == "200")
        let request = try #require(server.log.now.requests.first)
        #expect(
            request.body == body && !request.head.contains("Expect"),
            "libcurl asks first when a body is above 1 MB"
        )
    }
}

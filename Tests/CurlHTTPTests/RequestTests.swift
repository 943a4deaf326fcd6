import CurlHTTP
import Testing

@Suite("Requests")
struct RequestTests {
    @Test("The server sees what was given, and nothing that was not", .timeLimit(.minutes(5)))
    func requestFidelity() async throws {
        let server = try TestServer()
        let fields = [HTTPField("authorization", "Bearer x"), HTTPField("TTL", "60"), HTTPField("X-Empty", "")]
        let outcome = try await TestClient()
            .send(server.url("/a/../b%20c?d=e"), .post, fields: fields, body: [0, 255, 13, 10])
        #expect(outcome?.summary == "200")
        let request = try #require(server.log.now.requests.first)
        #expect(request.body == [0, 255, 13, 10])
        #expect(
            request.lines == [
                "POST /a/../b%20c?d=e HTTP/1.1", "Host: localhost:\(server.port)", "authorization: Bearer x", "TTL: 60",
                "X-Empty:", "Content-Length: 4",
            ]
        )
    }

    @Test(
        "Each method goes out with the length of its body, or with none",
        .timeLimit(.minutes(5)),
        arguments: [
            (HTTPMethod.get, "", nil), (.delete, "", nil), (.delete, "ab", "2"), (.post, "", "0"), (.put, "", "0"),
            (.put, "ab", "2"),
        ] as [(HTTPMethod, String, String?)]
    )
    func methods(_ method: HTTPMethod, _ body: String, _ length: String?) async throws {
        let server = try TestServer()
        let fields = [HTTPField("Accept", "application/json"), HTTPField("Content-Type", "text/plain")]
        let outcome = try await TestClient().send(server.url(), method, fields: fields, body: Array(body.utf8))
        #expect(outcome?.summary == "200")
        let request = try #require(server.log.now.requests.first)
        let expected =
            [
                "\(method.rawValue) / HTTP/1.1", "Host: localhost:\(server.port)", "Accept: application/json",
                "Content-Type: text/plain",
            ] + (length.map { ["Content-Length: \($0)"] } ?? [])
        #expect(request.lines == expected && request.body == Array(body.utf8))
    }

    @Test(
        "A field that HTTP forbids, or that would change the framing, is never sent",
        .timeLimit(.minutes(5)),
        arguments: [
            ("", "v"), ("x y", "v"), ("x:", "v"), ("x", "a\r\nb"), ("x", "a\u{0}"), ("x", " v"), ("x", "v\t"),
            ("Content-Length", "3"), ("Transfer-Encoding", "chunked"), ("HOST", "other"), ("Connection", "close"),
            ("Expect", "100-continue"), ("x", String(repeating: "v", count: 70_000)),
        ]
    )
    func invalidFields(_ name: String, _ value: String) async throws {
        let server = try TestServer()
        let outcome = try await TestClient().send(server.url(), fields: [HTTPField(name, value)])
        #expect(outcome?.summary.hasPrefix("not processed: invalidRequest") == true, "\(outcome?.summary ?? "none")")
        #expect(server.log.now.connections == 0)
    }

    @Test(
        "Only https URLs without a user name are requested",
        .timeLimit(.minutes(5)),
        arguments: [
            "", "/path", "localhost", "http://localhost:%/", "ftp://localhost:%/", "file:///etc/passwd",
            "gopher://localhost:%/",
            "https://user:secret@localhost:%/", "https://user@localhost:%/", "https://localhost:99999/",
            "https://local host/",
            "https:///", "https://localhost:%/\r\nX-Injected: 1", "https://localhost:%/\u{0}", "javascript:alert(1)",
        ]
    )
    func invalidURLs(_ url: String) async throws {
        let server = try TestServer()
        let url = url.replacing("%", with: "\(server.port)")
        let outcome = try await TestClient().send(url)
        #expect(outcome?.summary.hasPrefix("not processed: invalidRequest") == true, "\(outcome?.summary ?? "none")")
        #expect(server.log.now.connections == 0)
    }

    @Test("A GET with a body is refused", .timeLimit(.minutes(5)))
    func bodyOfGet() async throws {
        let outcome = try await TestClient().send("https://localhost/", .get, body: [1])
        #expect(outcome == .notProcessed(.invalidRequest("a GET has no body")))
    }

    @Test("Plain HTTP is possible when the configuration says so", .timeLimit(.minutes(5)))
    func plainHTTP() async throws {
        var script = Script()
        script.hasTLS = false
        let server = try TestServer(script)
        let client = try TestClient { $0.allowsPlainHTTP = true }
        #expect(await client.send("http://localhost:\(server.port)/")?.summary == "200")
    }
}

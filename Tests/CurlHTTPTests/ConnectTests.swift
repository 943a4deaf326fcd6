import CurlHTTP
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite("Connecting")
struct ConnectTests {
    @Test(
        "A certificate that proves nothing ends the attempt before the request leaves",
        .timeLimit(.minutes(5)),
        arguments: [
            (TestCertificates.Kind.expired, "expired"), (.otherHost, "no alternative certificate subject name"),
            (.otherAuthority, "OpenSSL"),
        ]
    )
    func certificates(_ kind: TestCertificates.Kind, _ word: String) async throws {
        let server = try TestServer(Script(certificate: kind))
        let outcome = try await TestClient().send(server.url())
        let summary = outcome?.summary ?? "none"
        #expect(summary.hasPrefix("not processed: tlsFailed") && summary.contains(word), "\(summary)")
        #expect(server.log.now.requests.isEmpty)
    }

    @Test("One's own CA file replaces the system's store", .timeLimit(.minutes(5)))
    func systemStore() async throws {
        let server = try TestServer()
        let client = try TestClient { $0.caFile = nil }
        let summary = await client.send(server.url())?.summary ?? "none"
        #expect(summary.hasPrefix("not processed: tlsFailed"), "\(summary)")
    }

    @Test("A client certificate is shown to a server that asks", .timeLimit(.minutes(5)), arguments: [true, false])
    func clientCertificate(_ isConfigured: Bool) async throws {
        let server = try TestServer(Script(certificate: .validAndAsks))
        let client = try TestClient {
            if isConfigured { $0.clientCertificate = try TestCertificates.shared.get().makeClientCertificate() }
        }
        let outcome = await client.send(server.url())
        #expect((outcome?.summary == "200") == isConfigured, "\(outcome?.summary ?? "none")")
        #expect(server.log.now.requests.count == (isConfigured ? 1 : 0))
    }

    @Test(
        "Files that cannot be read, and a proxy that is no URL, are found at once",
        arguments: [
            { $0.caFile = "/nonexistent/ca.pem" },
            { $0.clientCertificate = .init(certificateFile: "/nonexistent/c.pem", keyFile: "/nonexistent/k.pem") },
            { $0.proxy = .init(url: "proxy") }, { $0.proxy = .init(url: "socks5://localhost:1") },
            {
                $0.proxy = .init(url: "http://localhost:1")
                $0.addressFilter = { _ in true }
            },
        ] as [@Sendable (inout CurlConfiguration) -> Void]
    )
    func setUpErrors(_ change: @Sendable (inout CurlConfiguration) -> Void) throws {
        #expect(throws: CurlSetupError.self) { try TestClient(change) }
    }

    @Test("A port where nobody listens is not processed", .timeLimit(.minutes(5)))
    func refusedPort() async throws {
        let client = try TestClient()
        let summary = await client.send("https://localhost:1/")?.summary ?? "none"
        #expect(summary.hasPrefix("not processed: connectFailed"), "\(summary)")
        #expect(client.client.statistics.connectFailures == 1)
    }

    @Test("A name that does not exist is not processed", .timeLimit(.minutes(5)))
    func unknownName() async throws {
        let summary = try await TestClient().send("https://belfry.invalid/")?.summary ?? "none"
        #expect(summary.hasPrefix("not processed: connectFailed"), "\(summary)")
    }

    @Test(
        "A server that ends the connection before the request is not processed",
        .timeLimit(.minutes(5)),
        arguments: [
            { $0.resetConnection() }, { $0.closeAbruptly() },
        ] as [@Sendable (ServerConnection) -> Void]
    )
    func endBeforeRequest(_ act: @escaping @Sendable (ServerConnection) -> Void) async throws {
        var script = Script()
        script.hasTLS = false
        script.onConnection = act
        let server = try TestServer(script)
        let summary = try await TestClient().send(server.url())?.summary ?? "none"
        // TCP may or may not have counted as connected when it ended.
        let isNotProcessed = ["tlsFailed", "connectFailed"].contains { summary.hasPrefix("not processed: \($0)") }
        #expect(isNotProcessed, "\(summary)")
    }

    @Test(
        "A handshake that never ends is given up: by the connect timeout, or by the deadline",
        .timeLimit(.minutes(5))
    )
    func silentHandshake() async throws {
        var script = Script()
        script.hasTLS = false
        let server = try TestServer(script)
        let client = try TestClient { $0.connectTimeout = .milliseconds(300) }
        let summary = await client.send(server.url())?.summary ?? "none"
        #expect(summary.hasPrefix("not processed: ") && summary.contains("timeout"), "\(summary)")
        let outcome = try await TestClient().send(server.url(), within: .milliseconds(50))
        #expect(outcome == .notProcessed(.deadline))
    }
}

@Suite("The address filter")
struct AddressFilterTests {
    @Test(
        "What the filter refuses is not connected to, however the host is written",
        .timeLimit(.minutes(5)),
        arguments: ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]
    )
    func refused(_ host: String) async throws {
        let server = try TestServer()
        let seen = Mutex<[[UInt8]]>([])
        let client = try TestClient {
            $0.addressFilter = { octets in
                seen.withLock { $0.append(octets) }
                return octets.count == 16 ? octets != [UInt8](repeating: 0, count: 15) + [1] : octets[0] != 127
            }
        }
        let outcome = await client.send("https://\(host):\(server.port)/")
        #expect(outcome?.summary.hasPrefix("not processed: addressRefused") == true, "\(outcome?.summary ?? "none")")
        #expect(seen.withLock { $0 }.contains([127, 0, 0, 1]))
        #expect(server.log.now.connections == 0)
    }

    @Test(
        "What the filter allows is connected to; of several addresses, the one that it allows",
        .timeLimit(.minutes(5))
    )
    func allowed() async throws {
        let server = try TestServer()
        let client = try TestClient { $0.addressFilter = { $0 == [127, 0, 0, 1] } }
        #expect(await client.send(server.url())?.summary == "200")
    }

    @Test("An allowed address where nobody listens is a failure to connect, not a refusal", .timeLimit(.minutes(5)))
    func allowedButDead() async throws {
        let client = try TestClient { $0.addressFilter = { $0.count == 4 } }
        let summary = await client.send("https://localhost:1/")?.summary ?? "none"
        #expect(summary.hasPrefix("not processed: connectFailed"), "\(summary)")
    }
}

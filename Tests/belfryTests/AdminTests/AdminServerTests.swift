import Glibc
import Logging
import Synchronization
import Testing

@testable import belfry

@Suite(.timeLimit(.minutes(5))) struct AdminServerTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("Port 0 is any free port, which is told; each endpoint answers there, by what the state is at that moment")
    func endpoints() async throws {
        let failures = Box<[String]>([])
        let notReady = Box(["stage users has no assignment yet"])
        let state = AdminState(
            failures: { failures.value },
            notReady: { notReady.value },
            metrics: { "belfry_build_info 1\n" }
        )
        let server = try await AdminServer.start(host: "127.0.0.1", port: 0, state: state, logger: logger)
        #expect(server.port > 0)

        var answer = try await ask(server.port, "/healthz")
        #expect(answer.status == 200)
        #expect(answer.body == "ok\n")

        answer = try await ask(server.port, "/readyz")
        #expect(answer.status == 503)
        #expect(answer.body == "stage users has no assignment yet\n")

        notReady.value = []
        answer = try await ask(server.port, "/readyz?format=json")
        #expect(answer.status == 200)
        #expect(answer.head.contains("content-type: application/json\r\n"))
        #expect(answer.body == "{\"status\":\"ready\",\"reasons\":[]}\n")

        answer = try await ask(server.port, "/readyz", header: "Accept: application/json")
        #expect(answer.head.contains("content-type: application/json\r\n"))

        failures.value = ["stage rules failed: kafka"]
        answer = try await ask(server.port, "/healthz")
        #expect(answer.status == 503)
        #expect(answer.body == "stage rules failed: kafka\n")

        answer = try await ask(server.port, "/metrics")
        #expect(answer.status == 200)
        #expect(answer.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(answer.body == "belfry_build_info 1\n")

        answer = try await ask(server.port, "/nowhere")
        #expect(answer.status == 404)
        #expect(answer.head.contains("content-type: text/plain"))

        answer = try await ask(server.port, "/metrics", method: "DELETE")
        #expect(answer.status == 405)
        #expect(answer.head.contains("allow: GET, HEAD\r\n"))

        answer = try await ask(server.port, "/metrics", method: "HEAD")
        #expect(answer.status == 200)
        #expect(answer.head.contains("content-length: 20\r\n"))
        #expect(answer.body.isEmpty)
        await server.stop()
    }

    @Test("A port in use is an error that names the place and says what to do")
    func portInUse() async throws {
        let first = try await AdminServer.start(host: "127.0.0.1", port: 0, state: .quiet, logger: logger)
        let error = await #expect(throws: AdminServerError.self) {
            try await AdminServer.start(host: "127.0.0.1", port: first.port, state: .quiet, logger: logger)
        }
        #expect(error?.kind == .portInUse)
        #expect(
            error?.description
                == "the admin server cannot listen on 127.0.0.1:\(first.port): another process has that port: stop it, or set "
                + "admin.port (BELFRY_ADMIN_PORT) to another one, 0 for any"
        )
        await first.stop()
    }

    @Test(
        "An address that is not this machine's is an error of its own kind",
        arguments: [("192.0.2.1", .notOurAddress), ("no-such-host.invalid", .unknownHost)]
            as [(String, AdminServerError.Kind)]
    )
    func wrongAddress(host: String, kind: AdminServerError.Kind) async throws {
        let error = await #expect(throws: AdminServerError.self) {
            try await AdminServer.start(host: host, port: 0, state: .quiet, logger: logger)
        }
        #expect(error?.kind == kind)
        #expect(error?.description.contains(host) == true)
    }

    @Test(
        "After stop the port is free at once, though a client keeps a silent connection open; a second stop does nothing"
    )
    func stop() async throws {
        let server = try await startWhereNobodyElseIs()
        let silent = try Connection(port: server.port)
        #expect(try await ask(server.port, "/healthz").status == 200)
        await server.stop()
        await server.stop()
        let next = try await startAgain(at: server.port)
        #expect(try await ask(next.port, "/healthz").status == 200)
        await next.stop()
        silent.close()
    }

    /// A port that the system gives to nobody who asks for any: what runs beside this test cannot get it when it is free again.
    private func startWhereNobodyElseIs() async throws -> AdminServer {
        for port in (20_000..<30_000).shuffled().prefix(100) {
            do {
                return try await AdminServer.start(host: "127.0.0.1", port: port, state: .quiet, logger: logger)
            } catch let error as AdminServerError where error.kind == .portInUse {
                continue
            }
        }
        throw Connection.Failure(call: "bind", code: EADDRINUSE)
    }

    /// Throws where anything still listens.
    ///
    /// A child process that another test is starting holds a copy of every socket until it becomes its own program: hence more than one try.
    private func startAgain(at port: Int) async throws -> AdminServer {
        for _ in 0..<100 {
            do {
                return try await AdminServer.start(host: "127.0.0.1", port: port, state: .quiet, logger: logger)
            } catch let error as AdminServerError where error.kind == .portInUse {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        return try await AdminServer.start(host: "127.0.0.1", port: port, state: .quiet, logger: logger)
    }

    private func ask(
        _ port: Int,
        _ target: String,
        method: String = "GET",
        header: String = "Accept: */*"
    ) async throws -> (status: Int, head: String, body: String) {
        let request = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n\(header)\r\nConnection: close\r\n\r\n"
        let text = try await Connection.exchange(request, port: port)
        let end = try #require(text.firstRange(of: "\r\n\r\n"))
        let head = text[..<end.lowerBound].lowercased() + "\r\n"
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        let allow = head.replacing("allow: get, head", with: "allow: GET, HEAD")
        return (try #require(status), allow, String(text[end.upperBound...]))
    }
}

extension AdminState {
    static let quiet = AdminState(failures: { [] }, notReady: { [] }, metrics: { "" })
}

/// A value that a test changes while others read it.
final class Box<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>

    init(_ value: Value) {
        storage = Mutex(value)
    }

    var value: Value {
        get { storage.withLock { $0 } }
        set { storage.withLock { $0 = newValue } }
    }
}

/// A plain blocking connection to this machine.
struct Connection {
    struct Failure: Error {
        let call: String
        let code: Int32
    }

    private let descriptor: Int32

    init(port: Int) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        self.descriptor = descriptor
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        // SAFETY: the structures have the sizes told, and outlive the calls.
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let result = unsafe withUnsafeBytes(of: &address) { bytes in
            unsafe connect(
                descriptor,
                bytes.bindMemory(to: sockaddr.self).baseAddress,
                socklen_t(MemoryLayout<sockaddr_in>.size)
            )
        }
        if result != 0 {
            let code = errno
            close()
            throw Failure(call: "connect", code: code)
        }
    }

    func close() {
        _ = Glibc.close(descriptor)
    }

    /// Sends a request and reads until the server closes, on a thread of its own: a blocked thread of the pool would be missing
    /// where the server works.
    static func exchange(_ request: String, port: Int) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DetachedThread.run {
                continuation.resume(with: Result { try Connection(port: port).exchange(request) })
            }
        }
    }

    private func exchange(_ request: String) throws -> String {
        defer { close() }
        let octets = Array(request.utf8)
        // SAFETY: the arrays outlive the calls, which are told their sizes.
        guard unsafe send(descriptor, octets, octets.count, Int32(MSG_NOSIGNAL)) == octets.count else {
            throw Failure(call: "send", code: errno)
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return String(decoding: answer, as: UTF8.self) }
            guard count > 0 else { throw Failure(call: "recv", code: errno) }
            answer += buffer[..<count]
        }
    }
}

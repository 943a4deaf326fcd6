import Foundation
import ProviderSimulator
import Yardstick

/// A sink on a thread of its own, and what a client must know of it.
final class RunningSink {
    let port: UInt16
    let caFile: String
    private let stage: Stage

    /// What both threads see.
    private final class Stage: @unchecked Sendable {
        // SAFETY: everything below is read and written with the condition's lock held.
        private let condition = NSCondition()
        private var port: Result<UInt16, any Error>?
        private var isStopping = false
        private var hasEnded = false

        func began(_ result: Result<UInt16, any Error>) { change { port = result } }
        func stop() { change { isStopping = true } }
        func ended() { change { hasEnded = true } }
        var goesOn: Bool { condition.withLock { !isStopping } }

        func waitForPort() throws -> UInt16 {
            try condition.withLock {
                while true {
                    if let port { return try port.get() }
                    condition.wait()
                }
            }
        }

        func waitForEnd() {
            condition.withLock { while !hasEnded { condition.wait() } }
        }

        private func change(_ body: () -> Void) {
            condition.withLock {
                body()
                condition.broadcast()
            }
        }
    }

    /// Runs one for the time of `body`, in a folder of its own.
    static func use(_ body: (RunningSink) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "belfry-sink-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let sink = try RunningSink(folder: folder.path(percentEncoded: false))
        defer { sink.stop() }
        try body(sink)
    }

    private init(folder: String) throws {
        let identity = try LocalServerIdentity(directory: folder)
        let stage = Stage()
        Thread {
            do {
                let sink = try Sink(certificate: identity.certificate, key: identity.key)
                stage.began(.success(sink.port))
                sink.run { stage.goesOn }
            } catch {
                stage.began(.failure(error))
            }
            stage.ended()
        }.start()
        self.stage = stage
        port = try stage.waitForPort()
        caFile = identity.caFile
    }

    private func stop() {
        stage.stop()
        stage.waitForEnd()
    }

    /// A plain client with requests of these bodies.
    func client(serverName: String = "localhost", bodies: [[UInt8]]) throws -> PlainClient {
        let requests = bodies.enumerated().map { index, body in
            PlainRequests.Request(
                fields: [
                    (":method", "POST", true), (":scheme", "https", true), (":authority", "localhost", true),
                    (":path", "/3/device/\(index)", false), ("apns-topic", "com.example.shop", true),
                ],
                body: body
            )
        }
        let all = PlainRequests(requests)
        return try PlainClient(port: port, caFile: caFile, serverName: serverName, requests: all)
    }
}

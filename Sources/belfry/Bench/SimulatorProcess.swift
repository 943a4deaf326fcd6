import Foundation
import PushCore

/// The simulator of one provider as a process, and where it is.
struct SimulatorProcess {
    let process: ChildProcess
    let port: UInt16
    let caFile: String
    /// What the app must have, as the simulator tells: a key that signs provider tokens, or a service account; nil for Web Push.
    let credentialFile: String?

    /// Starts it, and waits until it serves.
    ///
    /// - Parameters:
    ///   - provider: Whom it stands in for.
    ///   - folder: Gets its keys and what it prints. Paths are absolute when it is.
    /// - Returns: the simulator, which serves.
    /// - Throws: where it does not start.
    static func start(_ provider: Provider, in folder: URL) async throws -> SimulatorProcess {
        let tls = folder.appendingPathComponent("tls").path
        let arguments = ["--\(provider.rawValue)-port", "0", "--tls-dir", tls]
        let process = try ChildProcess("simulate", arguments, folder: folder)
        do {
            return try await SimulatorProcess(ready: process, provider)
        } catch {
            await process.stop()
            throw error
        }
    }

    private init(ready process: ChildProcess, _ provider: Provider) async throws {
        _ = try await process.line(after: "ready")
        let name = provider.rawValue
        // The host is a name or an IPv4 address.
        let address = try await process.line(after: "\(name): https://")
        let port = address.drop { $0 != ":" }.dropFirst().prefix { $0.isNumber }
        guard let port = UInt16(port), let caStart = address.range(of: ", CA ") else {
            throw ChildProcess.Failure(description: "the simulator does not say where it is: \(address)")
        }
        credentialFile =
            switch provider {
            case .apns: try await process.line(after: "\(name): accepts provider tokens signed by ")
            case .fcm: try await process.line(after: "\(name): service account ")
            case .webpush: nil
            }
        self.process = process
        self.port = port
        caFile = String(address[caStart.upperBound...])
    }
}

/// A folder of a run's own.
enum BenchFolder {
    /// Makes it, and removes it at the end with all that is in it.
    ///
    /// - Throws: what `body` throws, or where the folder cannot be made.
    static func use<Answer>(_ body: (URL) async throws -> Answer) async throws -> Answer {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("belfry-bench-\(ProcessInfo.processInfo.processIdentifier)")
        // Keys are made in it: nobody else may look.
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let answer: Answer
        do {
            answer = try await body(folder)
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
        try FileManager.default.removeItem(at: folder)
        return answer
    }
}

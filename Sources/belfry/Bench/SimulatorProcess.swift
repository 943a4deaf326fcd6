import Foundation

/// The provider simulator as a process, and where it is.
struct SimulatorProcess {
    let process: ChildProcess
    let port: UInt16
    let caFile: String
    /// Signs provider tokens that the simulator takes.
    let keyFile: String
    let keyID: String

    /// Starts it, and waits until it serves.
    ///
    /// - Parameter folder: Gets its keys and what it prints. Paths are absolute when it is.
    /// - Returns: the simulator, which serves.
    /// - Throws: where it does not start.
    static func start(in folder: URL) async throws -> SimulatorProcess {
        let tls = folder.appendingPathComponent("tls").path
        let process = try ChildProcess("simulate", ["--apns-port", "0", "--tls-dir", tls], folder: folder)
        do {
            return try await SimulatorProcess(ready: process)
        } catch {
            await process.stop()
            throw error
        }
    }

    private init(ready process: ChildProcess) async throws {
        _ = try await process.line(after: "ready")
        let address = try await process.line(after: "apns: https://localhost:")
        keyFile = try await process.line(after: "apns: accepts provider tokens signed by ")
        guard let port = UInt16(address.prefix { $0.isNumber }), let caStart = address.range(of: ", CA "),
            let name = keyFile.split(separator: "/").last, name.hasPrefix("AuthKey_"), name.hasSuffix(".p8")
        else {
            throw ChildProcess.Failure(description: "the simulator does not say where it is: \(address), \(keyFile)")
        }
        self.process = process
        self.port = port
        caFile = String(address[caStart.upperBound...])
        keyID = String(name.dropFirst("AuthKey_".count).dropLast(".p8".count))
    }

    /// Runs a simulator for the time of a measurement.
    ///
    /// - Throws: what `body` throws, or where the simulator does not start.
    static func use(
        _ body: (_ port: UInt16, _ caFile: String) async throws -> BenchReport
    ) async throws -> BenchReport {
        try await BenchFolder.use { folder in
            let simulator = try await start(in: folder)
            let result: Result<BenchReport, any Error>
            do {
                result = .success(try await body(simulator.port, simulator.caFile))
            } catch {
                result = .failure(error)
            }
            await simulator.process.stop()
            return try result.get()
        }
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

import Foundation

/// The sink as a process, and where it is.
struct SinkProcess {
    let process: ChildProcess
    let port: UInt16
    let caFile: String

    /// Starts it, and waits until it serves.
    ///
    /// - Parameter folder: Gets its keys and what it prints. Paths are absolute when it is.
    /// - Returns: the sink, which serves.
    /// - Throws: where it does not start.
    static func start(in folder: URL) async throws -> SinkProcess {
        let own = ProcessInfo.processInfo.processIdentifier
        let arguments = ["sink", "--tls-dir", folder.path, "--parent", "\(own)"]
        let process = try ChildProcess("bench", arguments, folder: folder)
        do {
            let address = try await process.line(after: announcement(port: ""))
            guard let port = UInt16(address.prefix { $0.isNumber }), let caStart = address.range(of: caSeparator) else {
                throw ChildProcess.Failure(description: "the sink does not say where it is: \(address)")
            }
            return SinkProcess(process: process, port: port, caFile: String(address[caStart.upperBound...]))
        } catch {
            await process.stop()
            throw error
        }
    }

    /// Runs a sink for the time of a measurement.
    ///
    /// - Throws: what `body` throws, or where the sink does not start.
    static func use(_ body: (SinkProcess) async throws -> BenchReport) async throws -> BenchReport {
        try await BenchFolder.use { folder in
            let sink = try await start(in: folder)
            let result: Result<BenchReport, any Error>
            do {
                result = .success(try await body(sink))
            } catch {
                result = .failure(error)
            }
            await sink.process.stop()
            return try result.get()
        }
    }

    private static let caSeparator = ", CA "

    /// What the process prints as soon as it serves.
    static func announcement(port: UInt16, caFile: String) -> String {
        announcement(port: "\(port)") + caSeparator + caFile
    }

    private static func announcement(port: String) -> String { "sink: https://127.0.0.1:\(port)" }
}

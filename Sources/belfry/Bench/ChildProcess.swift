import Foundation

/// This executable once more, with other arguments; what it prints goes to files in the run's folder.
final class ChildProcess {
    /// Why a run cannot go on, for a person.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process = Process()
    private let name: String
    private let output: URL
    private let errors: URL

    var id: Int32 { process.processIdentifier }

    /// Starts it.
    ///
    /// - Throws: where the system cannot.
    init(_ name: String, _ arguments: [String], folder: URL) throws {
        self.name = name
        output = folder.appendingPathComponent("\(name).out")
        errors = folder.appendingPathComponent("\(name).err")
        process.executableURL = URL(
            fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        )
        process.arguments = [name] + arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Self.writing(to: output)
        process.standardError = try Self.writing(to: errors)
        try process.run()
    }

    private static func writing(to file: URL) throws -> FileHandle {
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }

    /// What follows `prefix` in the first printed line that begins with it, as soon as there is one.
    ///
    /// - Throws: where the process ends before, or the time is up; with the last line that it printed.
    func line(after prefix: String, timeout: Duration = .seconds(60)) async throws -> String {
        let deadline = ContinuousClock.now + timeout
        while true {
            // Ended first, read after: what it printed last is not missed.
            let hasEnded = !process.isRunning
            for line in printed() where line.hasPrefix(prefix) { return String(line.dropFirst(prefix.count)) }
            if hasEnded || ContinuousClock.now > deadline {
                let last = printed().last ?? "nothing printed"
                throw Failure(description: "\(name) \(hasEnded ? "ended" : "is not ready after \(timeout)"): \(last)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// - Throws: where the process has ended.
    func checkAlive() throws {
        if !process.isRunning { throw Failure(description: "\(name) ended: \(printed().last ?? "nothing printed")") }
    }

    /// Whole lines of both outputs.
    private func printed() -> [Substring] {
        [output, errors].flatMap { file in
            let text = FileManager.default.contents(atPath: file.path).map { String(decoding: $0, as: UTF8.self) } ?? ""
            return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        }
    }

    /// Asks it to end, and waits for it; ends it at once when that takes too long.
    func stop(timeout: Duration = .seconds(20)) async {
        guard process.isRunning else { return }
        process.terminate()
        let deadline = ContinuousClock.now + timeout
        while process.isRunning, ContinuousClock.now < deadline {
            // Also after a cancellation the process is waited for: it must not outlive the run.
            if (try? await Task.sleep(for: .milliseconds(20))) == nil { await Task.yield() }
        }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }
}

import Foundation

/// The `belfry` executable as a process of its own, its output in files.
final class BelfryProcess {
    /// How it ended.
    enum Ending: Equatable {
        case exited(Int32)
        case killed(Int32)
    }

    let name: String
    private let process = Process()
    private let outputFile: URL
    private let errorFile: URL

    /// Beside the test bundle, where the build puts it, or where `BELFRY_BINARY` says.
    static let executable: URL = {
        if let path = ProcessInfo.processInfo.environment["BELFRY_BINARY"] { return URL(fileURLWithPath: path) }
        return URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("belfry")
    }()

    /// Starts it.
    ///
    /// - Parameters:
    ///   - name: of the output files; unique in the folder.
    ///   - arguments: the command and its options.
    ///   - folder: the working directory.
    ///   - environment: variables beside those of the test, of which it gets none that would configure it.
    ///   - input: the file that is its standard input; none for an empty one.
    /// - Throws: if it cannot be started.
    init(
        _ name: String,
        _ arguments: [String],
        in folder: URL,
        environment: [String: String] = [:],
        input: URL? = nil
    ) throws {
        self.name = name
        outputFile = folder.appendingPathComponent("\(name).out")
        errorFile = folder.appendingPathComponent("\(name).err")
        process.executableURL = Self.executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("BELFRY_") }
        process.environment = inherited.merging(environment) { $1 }
        process.standardInput = try input.map { try FileHandle(forReadingFrom: $0) } ?? FileHandle.nullDevice
        process.standardOutput = try Self.fileHandle(outputFile)
        process.standardError = try Self.fileHandle(errorFile)
        try process.run()
    }

    private static func fileHandle(_ file: URL) throws -> FileHandle {
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }

    /// Runs a command that ends by itself.
    static func run(
        _ name: String,
        _ arguments: [String],
        in folder: URL,
        environment: [String: String] = [:],
        input: URL? = nil
    ) async throws -> (ending: Ending, output: String, errors: String) {
        let process = try BelfryProcess(name, arguments, in: folder, environment: environment, input: input)
        defer { process.end() }
        return (try await process.ended(), process.output, process.errors)
    }

    var id: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    var output: String { text(of: outputFile) }
    var errors: String { text(of: errorFile) }

    private func text(of file: URL) -> String {
        String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self)
    }

    /// Waits for a line of either output.
    ///
    /// - Returns: what follows the beginning in the first such line.
    /// - Throws: ``TimedOut`` with the end of the log, also when the process has ended without such a line.
    @discardableResult
    func line(beginningWith start: String, within limit: Duration = .seconds(60)) async throws -> String {
        try await eventually("\"\(start)\" from \(name):\n\(errors.suffix(2000))", within: limit) {
            let isRunning = isRunning
            let lines = (output + "\n" + errors).split(separator: "\n")
            if let line = lines.first(where: { $0.hasPrefix(start) }) { return String(line.dropFirst(start.count)) }
            if !isRunning { throw TimedOut(description: "\(name) ended without \"\(start)\":\n\(errors.suffix(2000))") }
            return nil
        }
    }

    /// Waits until the text is in its log.
    func log(containing text: String, within limit: Duration = .seconds(30)) async throws {
        try await eventually("\"\(text)\" from \(name):\n\(errors.suffix(2000))", within: limit) {
            errors.contains(text)
        }
    }

    /// Waits until it has ended by itself or by a signal.
    func ended(within limit: Duration = .seconds(30)) async throws -> Ending {
        try await eventually("the end of \(name):\n\(errors.suffix(2000))", within: limit) {
            if process.isRunning { return nil }
            return process.terminationReason == .exit
                ? .exited(process.terminationStatus) : .killed(process.terminationStatus)
        }
    }

    /// Sends a signal to this process and no other.
    func signal(_ number: Int32) {
        if process.isRunning { kill(id, number) }
    }

    /// Ends it at once, whatever it is doing.
    func end() {
        guard process.isRunning else { return }
        kill(id, SIGKILL)
        process.waitUntilExit()
    }

    /// The most physical memory that it has held so far; nil when it is gone.
    var memoryPeakMiB: Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 / 1024 }
    }
}

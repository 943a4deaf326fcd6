import Foundation
import Logging
import Synchronization

/// The log of a demo: a file beside the configuration, since the screen belongs to the table.
final class DemoLog: Sendable {
    private struct State {
        var errors: [String] = []
    }

    private let file: FileHandle
    private let state = Mutex(State())

    /// - Throws: where the file cannot be written.
    init(path: String) throws {
        try Data().write(to: URL(fileURLWithPath: path))
        file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    /// What was logged as error or worse.
    var errors: [String] { state.withLock { $0.errors } }

    var logger: Logger {
        Logger(label: "belfry") { _ in Handler(log: self) }
    }

    private func write(_ line: String, level: Logger.Level) {
        state.withLock { state in
            if level >= .error { state.errors.append(line) }
            file.write(Data((line + "\n").utf8))
        }
    }

    private struct Handler: LogHandler {
        let log: DemoLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { _, own in own }
            let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            let time = Date().formatted(.iso8601.time(includingFractionalSeconds: true))
            log.write("\(time) \(event.level) \(event.message)\(pairs)", level: event.level)
        }
    }
}

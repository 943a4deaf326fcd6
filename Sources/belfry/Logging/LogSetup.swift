import Foundation
import Logging

/// How this process logs: one line for each event, on standard error.
package enum LogSetup {
    /// Makes all loggers of the process write in that form; call once, before the first is made.
    ///
    /// - Parameters:
    ///   - level: As in ``Configuration/Log/level``; what is less important is not written.
    ///   - format: Text for people, JSON for machines.
    package static func bootstrap(level: String, format: Configuration.Log.Format) {
        guard let level = Logger.Level(rawValue: level) else {
            preconditionFailure("the configuration admits the levels of the logging library only")
        }
        LoggingSystem.bootstrap { label in
            LineLogHandler(label: label, level: level, format: format, sink: .standardError, nowMs: wallMs)
        }
    }

    private static func wallMs() -> Int64 {
        Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))
    }
}

/// Writes each event as one line.
struct LineLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: Configuration.Log.Format
    private let sink: LogSink
    private let nowMs: @Sendable () -> Int64

    /// - Parameters:
    ///   - label: The logger's name.
    ///   - level: What is less important is not written.
    ///   - format: The form of a line.
    ///   - sink: Takes the lines.
    ///   - nowMs: Milliseconds since the Unix epoch.
    init(
        label: String,
        level: Logger.Level,
        format: Configuration.Log.Format,
        sink: LogSink,
        nowMs: @escaping @Sendable () -> Int64
    ) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.sink = sink
        self.nowMs = nowMs
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        // The nearer to the event, the stronger.
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let error = event.error { all["error"] = "\(error)" }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        let line = LogLine(
            timeMs: nowMs(),
            level: event.level,
            logger: label,
            message: event.message.description,
            metadata: all
        )
        switch format {
        case .text: sink.write(line.textOctets)
        case .json: sink.write(line.jsonOctets)
        }
    }
}

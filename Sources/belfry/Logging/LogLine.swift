import Logging
import PushCore

/// One log line before it has a form.
struct LogLine: Sendable {
    var timeMs: Int64
    var level: Logger.Level
    var logger: String
    var message: String
    /// Flat: the members of a dictionary as `key.member`, the elements of an array as `key.0`.
    var metadata: [String: String]

    /// Longer values are cut: an error that quotes a whole response must not make a line of megabytes.
    static let valueBytesMax = 8192

    init(timeMs: Int64, level: Logger.Level, logger: String, message: String, metadata: Logger.Metadata) {
        self.timeMs = timeMs
        self.level = level
        self.logger = logger
        self.message = Self.cut(message)
        self.metadata = [:]
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { flatten(value, as: key) }
    }

    private mutating func flatten(_ value: Logger.MetadataValue, as key: String) {
        switch value {
        case .string(let text): metadata[key] = Self.cut(text)
        case .stringConvertible(let value): metadata[key] = Self.cut(value.description)
        case .dictionary(let members):
            if members.isEmpty { metadata[key] = "{}" }
            for (name, member) in members.sorted(by: { $0.key < $1.key }) { flatten(member, as: "\(key).\(name)") }
        case .array(let elements):
            if elements.isEmpty { metadata[key] = "[]" }
            for (index, element) in elements.enumerated() { flatten(element, as: "\(key).\(index)") }
        }
    }

    private static func cut(_ text: String) -> String {
        if text.utf8.count <= valueBytesMax { return text }
        let end = text.utf8.index(text.startIndex, offsetBy: valueBytesMax)
        // The scalar view rounds an index inside a scalar down to its beginning.
        return String(text.unicodeScalars[..<end]) + "…"
    }

    // MARK: Forms

    /// `2026-01-02T03:04:05.678Z info message key=value`, with a line feed.
    var textOctets: [UInt8] {
        var line = "\(RFC3339.text(timeMs)) \(level.rawValue) \(LogText.singleLine(message))"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += " \(LogText.value(key))=\(LogText.value(value))"
        }
        return Array(line.utf8) + [UInt8(ascii: "\n")]
    }

    /// `{"time":…,"level":…,"logger":…,"message":…,"metadata":{…}}`, with a line feed.
    var jsonOctets: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("time")
        writer.time(timeMs)
        writer.key("level")
        writer.string(level.rawValue)
        writer.key("logger")
        writer.string(logger)
        writer.key("message")
        writer.string(message)
        writer.key("metadata")
        writer.beginObject()
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            writer.key(key)
            writer.string(value)
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}

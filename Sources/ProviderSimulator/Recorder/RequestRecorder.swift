internal import Foundation
internal import Synchronization

/// Appends one JSON line per request to a file, in batches.
final class RequestRecorder: Sendable {
    private struct State {
        var pending: [UInt8] = []
        var pendingLines = 0
        var lost = 0
    }

    /// Pending octets beyond this are written at once, by the thread that adds them.
    private static let pendingOctetsMax = 4 << 20

    private let file: FileHandle
    private let state = Mutex(State())
    /// Held while writing, so that batches reach the file in the order in which they were taken.
    private let writing = Mutex(())

    /// Opens the file for appending.
    ///
    /// - Throws: `SimulatorError` where it cannot be written.
    init(path: String) throws(SimulatorError) {
        file = try PrivateFile.open(path, .append)
    }

    /// Lines that could not be written.
    var lost: Int { state.withLock { $0.lost } }

    /// Adds a line; it is in the file after the next flush.
    func append(_ line: [UInt8]) {
        let isFull = state.withLock { state in
            state.pending.append(contentsOf: line)
            state.pendingLines += 1
            return state.pending.count > Self.pendingOctetsMax
        }
        if isFull { flush() }
    }

    /// Writes what is pending.
    func flush() {
        writing.withLock { _ in
            let (octets, lines) = state.withLock { state in
                defer {
                    state.pending = []
                    state.pendingLines = 0
                }
                return (state.pending, state.pendingLines)
            }
            guard !octets.isEmpty else { return }
            do {
                try file.write(contentsOf: Data(octets))
            } catch {
                // Nothing better can be done with a full disk than to say how much is missing.
                state.withLock { $0.lost += lines }
            }
        }
    }
}

extension ObservedRequest {
    /// The record line, with its line break; a payload that is not JSON stands in it as a string: text, or base64 where
    /// the body was encrypted.
    func recordLine(_ payload: RecordedPayload) -> [UInt8] {
        var line = JSONLine(capacity: 512 + self.payload.count + headers.count * 48)
        line.raw(#"{"at":"#)
        line.time(receivedAt)
        line.raw(#","provider":"#)
        line.string(provider)
        line.raw(#","token":"#)
        line.string(token)
        line.raw(#","headers":{"#)
        for (index, field) in uniqueHeaders.enumerated() {
            if index > 0 { line.raw(",") }
            line.string(field.name)
            line.raw(":")
            line.string(field.value)
        }
        line.raw(#"},"payload":"#)
        switch payload {
        case .json(let json):
            line.raw(json.onOneLine)
        case .text:
            line.string(String(decoding: self.payload, as: UTF8.self))
        case .decrypted:
            if let json = JSONText(self.payload) { line.raw(json.onOneLine) } else { line.string(base64) }
        case .sealed:
            line.string(base64)
        }
        line.raw(#","status":"#)
        line.number(status)
        line.raw(#","reason":"#)
        line.string(reason)
        line.raw("}\n")
        return line.octets
    }

    private var base64: String { Data(payload).base64EncodedString() }

    /// Repeated fields are joined by a comma (RFC 9110 section 5.2), since a JSON object must not repeat a name.
    private var uniqueHeaders: [HeaderField] {
        var unique: [HeaderField] = []
        unique.reserveCapacity(headers.count)
        for field in headers {
            if let index = unique.firstIndex(where: { $0.name == field.name }) {
                unique[index] = HeaderField(field.name, unique[index].value + ", " + field.value)
            } else {
                unique.append(field)
            }
        }
        return unique
    }
}

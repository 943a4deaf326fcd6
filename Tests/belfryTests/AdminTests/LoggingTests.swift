import Foundation
import Logging
import PushCore
import Testing

@testable import belfry

@Suite struct LogLineTests {
    @Test("A text line has time, level, message and the metadata in order, quoted where needed")
    func text() {
        let line = line(
            "stage failed",
            [
                "stage": "users", "error": "kafka: \"gone\"", "empty": "", "partitions": "\(3)", "a b": "x=y",
                "path": "C:\\x",
            ]
        )
        #expect(
            String(decoding: line.textOctets, as: UTF8.self)
                == #"2026-01-02T03:04:05.678Z error stage failed "a b"="x=y" empty="" error="kafka: \"gone\"" partitions=3 "#
                + #"path="C:\\x" stage=users"# + "\n"
        )
    }

    @Test("A JSON line is one object with everything in its place")
    func json() {
        let line = line("stage failed", ["b": "1", "a": ["y": "2", "x": ["3", "4"]], "none": [:], "list": []])
        #expect(
            String(decoding: line.jsonOctets, as: UTF8.self)
                == #"{"time":"2026-01-02T03:04:05.678Z","level":"error","logger":"belfry","message":"stage failed","#
                + #""metadata":{"a.x.0":"3","a.x.1":"4","a.y":"2","b":"1","list":"[]","none":"{}"}}"# + "\n"
        )
    }

    static let hostile = [
        "two\nlines", "carriage\r\nreturn", "\u{1B}[31mred", "nul\u{0}", "tab\t", "\u{85}next", "\u{2028}\u{2029}",
        "\u{202E}txt",
        "quote\"back\\slash", "\u{9B}31m", "ünï ✓ 👩‍👩‍👧", "\u{7F}", "", " ", "a=b", "{\"json\":1}",
    ]

    @Test(
        "Whatever message, key or value holds, a text line is one line without control characters",
        arguments: hostile
    )
    func textStaysOneLine(text: String) {
        let octets = line(text, [text: .string(text), "list": [.string(text)]]).textOctets
        #expect(octets.last == UInt8(ascii: "\n"))
        let scalars = String(decoding: octets.dropLast(), as: UTF8.self).unicodeScalars
        let ends: Set<Unicode.GeneralCategory> = [.control, .lineSeparator, .paragraphSeparator]
        #expect(!scalars.contains { ends.contains($0.properties.generalCategory) || $0.value == 0x202E })
    }

    @Test("Whatever message, key or value holds, a JSON line is one line and gives it back", arguments: hostile)
    func jsonGivesBack(text: String) throws {
        let octets = line(text, [text: .string(text)]).jsonOctets
        #expect(octets.count { $0 == UInt8(ascii: "\n") } == 1)
        #expect(octets.last == UInt8(ascii: "\n"))
        let parsed = try #require(JSONSerialization.jsonObject(with: Data(octets)) as? [String: Any])
        #expect(parsed["message"] as? String == text)
        #expect((parsed["metadata"] as? [String: String])?[text] == text)
    }

    @Test("Values tell apart where one ends: a quoted value read back is the value", arguments: hostile)
    func quoting(text: String) throws {
        let written = LogText.value(text)
        if !written.hasPrefix("\"") {
            #expect(written == text)
            return
        }
        // All escapes but that of other control characters are those of JSON.
        let json = written.replacing(/\\u\{([0-9a-f]+)\}/) { match in
            "\\u" + String(repeating: "0", count: 4 - match.1.count) + match.1
        }
        let document = JSONDocument()
        #expect(document.load(Array(json.utf8)) == nil)
        #expect(document.root.stringValue == text)
    }

    @Test("A value of any length makes a line of bounded length, cut between characters")
    func longValues() throws {
        let line = line(String(repeating: "m", count: 100_000), ["error": "x\(String(repeating: "é", count: 100_000))"])
        #expect(line.textOctets.count < 3 * LogLine.valueBytesMax)
        let text = String(decoding: line.textOctets, as: UTF8.self)
        #expect(text.contains("m… error=x"))
        #expect(text.hasSuffix("…\n"))
        #expect(!text.contains("\u{FFFD}"))
    }

    private func line(_ message: String, _ metadata: Logger.Metadata) -> LogLine {
        LogLine(timeMs: 1_767_323_045_678, level: .error, logger: "belfry", message: message, metadata: metadata)
    }
}

@Suite(.timeLimit(.minutes(5))) struct LogHandlerTests {
    @Test("The nearer to the event the stronger: the event's metadata over its error, the provider and the logger")
    func metadataOrder() throws {
        let pipe = try PacketPair()
        var logger = logger(pipe, .text)
        logger[metadataKey: "stage"] = "users"
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "b"] = "logger"
        logger.info("subscribed", metadata: ["b": "event"])
        #expect(
            pipe.receive() == "1970-01-01T00:00:00.000Z info subscribed a=provider b=event p=provider stage=users\n"
        )
        logger.warning("has trouble", error: Trouble())
        #expect(
            pipe.receive()
                == "1970-01-01T00:00:00.000Z warning has trouble a=provider b=logger error=\"bad luck\" p=provider stage=users\n"
        )
    }

    @Test("What is less important than the level is not written")
    func levels() throws {
        let pipe = try PacketPair()
        let logger = logger(pipe, .json)
        logger.debug("not this")
        logger.info("this")
        #expect(pipe.receive().contains(#""message":"this""#))
    }

    @Test("Each line is one write, also from many threads at once")
    func oneWrite() async throws {
        let pipe = try PacketPair()
        let logger = logger(pipe, .json)
        let writers = 4
        let lines = 100
        for writer in 0..<writers {
            DetachedThread.run {
                for number in 0..<lines {
                    logger.info("line", metadata: ["writer": "\(writer)", "number": "\(number)", "text": "a\nb"])
                }
            }
        }
        // A packet is what one write gave: each must be one whole line.
        let packets = await withCheckedContinuation { continuation in
            DetachedThread.run { continuation.resume(returning: (0..<writers * lines).map { _ in pipe.receive() }) }
        }
        var seen: Set<String> = []
        for packet in packets {
            let parsed = try #require(JSONSerialization.jsonObject(with: Data(packet.utf8)) as? [String: Any])
            let metadata = try #require(parsed["metadata"] as? [String: String])
            seen.insert("\(metadata["writer"] ?? "")/\(metadata["number"] ?? "")")
            #expect(packet.hasSuffix("}\n"))
        }
        #expect(seen.count == writers * lines)
    }

    @Test("A log that cannot be written stops nothing")
    func closedDescriptor() {
        LogSink(descriptor: -1).write(Array("lost\n".utf8))
    }

    private struct Trouble: Error, CustomStringConvertible {
        let description = "bad luck"
    }

    private func logger(_ pipe: PacketPair, _ format: Configuration.Log.Format) -> Logger {
        Logger(label: "belfry") { label in
            var handler = LineLogHandler(
                label: label,
                level: .info,
                format: format,
                sink: LogSink(descriptor: pipe.writing),
                nowMs: { 0 }
            )
            handler.metadataProvider = Logger.MetadataProvider { ["a": "provider", "p": "provider"] }
            return handler
        }
    }
}

/// Two connected sockets that keep the borders between writes.
final class PacketPair: Sendable {
    let writing: Int32
    private let reading: Int32

    init() throws {
        var descriptors: [Int32] = [-1, -1]
        // SAFETY: the array has room for the two.
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &descriptors) == 0 else {
            throw Connection.Failure(call: "socketpair", code: errno)
        }
        (writing, reading) = (descriptors[0], descriptors[1])
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        // SAFETY: the structure has the size told, and outlives the call.
        unsafe setsockopt(reading, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(writing)
        close(reading)
    }

    /// The next packet; empty when none comes in time.
    func receive() -> String {
        var buffer = [UInt8](repeating: 0, count: 65536)
        // SAFETY: the array has the size told.
        let count = unsafe recv(reading, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}

/// Runs blocking work where it blocks nobody else.
enum DetachedThread {
    static func run(_ body: @escaping @Sendable () -> Void) {
        Thread(block: body).start()
    }
}

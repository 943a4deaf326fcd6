import Foundation

/// Standard input, line by line, as it comes: whoever writes a line and waits for the answer has it read at once.
struct LineInput {
    enum Line {
        case whole([UInt8])
        /// The beginning of a line that is too long; the rest was dropped.
        case cut([UInt8])
    }

    /// What is kept of a line that is too long.
    private static let keptBytes = 4_096

    private let descriptor: Int32
    private let lineBytesMax: Int
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)
    private var line: [UInt8] = []
    private var isCut = false

    init(descriptor: Int32 = STDIN_FILENO, lineBytesMax: Int) {
        self.descriptor = descriptor
        self.lineBytesMax = lineBytesMax
    }

    /// The lines that have come, after waiting for some; nil at the end of the input.
    ///
    /// - Throws: where the input cannot be read.
    mutating func next() throws(FileSystem.Failure) -> [Line]? {
        // SAFETY: the buffer has the capacity that the call is told.
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 {
            if errno == EINTR { return [] }
            throw .other(unsafe String(cString: strerror(errno)))
        }
        if count == 0 {
            defer { line = [] }
            return line.isEmpty ? nil : [isCut ? .cut(line) : .whole(line)]
        }
        var lines: [Line] = []
        var rest = chunk[..<count]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<end])
            lines.append(isCut ? .cut(line) : .whole(line))
            line = []
            isCut = false
            rest = rest[(end + 1)...]
        }
        take(rest)
        return lines
    }

    private mutating func take(_ octets: ArraySlice<UInt8>) {
        if isCut { return }
        line += octets
        guard line.count > lineBytesMax else { return }
        line.removeLast(line.count - Self.keptBytes)
        isCut = true
    }
}

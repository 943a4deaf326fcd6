/// A place in the source of an expression.
package struct SourcePosition: Sendable, Hashable {
    /// Counted from 1.
    package let line: Int
    /// Code points from the start of the line, counted from 1.
    package let column: Int
    /// UTF-8 bytes from the start of the source, counted from 0.
    package let offset: Int

    package init(line: Int, column: Int, offset: Int) {
        self.line = line
        self.column = column
        self.offset = offset
    }
}

/// The text of an expression with its line starts, which turns byte offsets into places.
struct SourceText: Sendable {
    let text: String
    let bytes: [UInt8]
    private let lineStarts: [Int]
    /// The code points from the start of the line to each byte, and to the end: places are asked for by every node.
    private let columns: [Int32]

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
        var starts = [0]
        var columns: [Int32] = []
        columns.reserveCapacity(bytes.count + 1)
        var column: Int32 = -1
        for (offset, byte) in bytes.enumerated() {
            if byte & 0xC0 != 0x80 { column += 1 }
            columns.append(column)
            if byte == UInt8(ascii: "\n") {
                starts.append(offset + 1)
                column = -1
            }
        }
        columns.append(column + 1)
        lineStarts = starts
        self.columns = columns
    }

    /// The place of a byte, or of the end.
    func position(at offset: Int) -> SourcePosition {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return SourcePosition(line: low + 1, column: Int(columns[offset]) + 1, offset: offset)
    }

    /// The text of one line, counted from 1, without its line end.
    func line(_ line: Int) -> String {
        let start = lineStarts[line - 1]
        let rest = bytes[start...]
        let end = rest.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? bytes.endIndex
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// Where a byte of a string literal's value stands, when the value is written without escapes up to it; else where the
    /// literal begins.
    func offset(ofByte index: Int, of value: String, inLiteralAt start: Int) -> Int {
        let isPrefix = { (byte: UInt8) in byte == UInt8(ascii: "r") || byte == UInt8(ascii: "R") }
        var content = start
        if content < bytes.count, isPrefix(bytes[content]) { content += 1 }
        guard content < bytes.count else { return start }
        let quote = bytes[content]
        guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return start }
        let isTriple = bytes[content...].starts(with: [quote, quote, quote])
        content += isTriple ? 3 : 1
        return bytes[content...].starts(with: value.utf8.prefix(index)) ? content + index : start
    }
}

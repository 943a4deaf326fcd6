/// What is stored beside a committed offset: the finished records above it, and for dispatch where to look for receipts.
///
/// The form is text, since old brokers and clients damage anything else:
/// `1;<c or o>;<receipts floor>;<runs>`. A run is the length of a stretch of offsets, the first one unfinished, the second
/// finished, and so on from the committed offset; each length is written in base 32, least significant digit first, where a
/// digit that is followed by another one of the same number comes from the upper half of the alphabet.
package struct CommitMetadata: Sendable, Equatable {
    /// Brokers take 4,096 octets by default. Intake stops when the runs need three quarters of it.
    package static let octetsMax = 4096
    /// A run of 1,024 offsets or more needs three octets, so this many runs stay below three quarters of the limit.
    package static let runsMax = 500

    /// Finished records at or above the committed offset.
    package var finished: FinishedRanges
    /// True when the owner left in order: nothing was under way that the next owner does not know of.
    package var isClean: Bool
    /// The receipts partition must be read from here to know what was answered. 0 where it does not matter.
    package var receiptsFloor: Int64

    package init(finished: FinishedRanges = FinishedRanges(), isClean: Bool, receiptsFloor: Int64 = 0) {
        self.finished = finished
        self.isClean = isClean
        self.receiptsFloor = receiptsFloor
    }

    /// The text to commit with `offset`.
    ///
    /// Where the runs do not fit, the last ones are left out: that costs repeated work after a crash, and loses nothing.
    package func encoded(for offset: Int64) -> String {
        var text = Array("1;\(isClean ? "c" : "o");\(receiptsFloor);".utf8)
        var position = offset
        for range in finished.ranges {
            let before = text.count
            Self.append(UInt64(range.lowerBound - position), to: &text)
            Self.append(UInt64(range.upperBound - range.lowerBound), to: &text)
            if text.count > Self.octetsMax {
                text.removeSubrange(before...)
                break
            }
            position = range.upperBound
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads what ``encoded(for:)`` wrote.
    ///
    /// - Returns: nil for anything else: somebody else's metadata, another version, damage. That is never an error: the
    ///   work above the offset is repeated.
    package init?(decoding text: String, offset: Int64) {
        let fields = text.split(separator: ";", omittingEmptySubsequences: false)
        guard fields.count == 4, fields[0] == "1", let floor = Int64(fields[2]), floor >= 0 else { return nil }
        guard fields[1] == "c" || fields[1] == "o" else { return nil }
        guard let finished = Self.ranges(fields[3].utf8, from: offset) else { return nil }
        self.init(finished: finished, isClean: fields[1] == "c", receiptsFloor: floor)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static let digits: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    private static func append(_ number: UInt64, to text: inout [UInt8]) {
        var rest = number
        while rest >= 32 {
            text.append(alphabet[Int(rest & 31) + 32])
            rest >>= 5
        }
        text.append(alphabet[Int(rest)])
    }

    private static func ranges(_ text: Substring.UTF8View, from offset: Int64) -> FinishedRanges? {
        var result = FinishedRanges()
        var position = offset
        var number: Int64 = 0
        var shift = 0
        var isFinishedRun = false
        for character in text {
            let digit = digits[Int(character)]
            guard digit < 64, shift <= 50 else { return nil }
            number |= Int64(digit & 31) << Int64(shift)
            if digit >= 32 {
                shift += 5
                continue
            }
            let (end, overflow) = position.addingReportingOverflow(number)
            // Only the very first stretch may be empty: the record at the committed offset is unfinished, or a gap.
            guard !overflow, number > 0 || position == offset else { return nil }
            if isFinishedRun { result.append(position..<end) }
            position = end
            isFinishedRun.toggle()
            number = 0
            shift = 0
        }
        return shift == 0 && !isFinishedRun ? result : nil
    }
}

/// A UUID (RFC 9562): the id of a notification, a delivery or a receipt.
///
/// Two words instead of sixteen octets: it is compared and hashed on every record, and never taken apart.
package struct Identifier: Hashable, Sendable, CustomStringConvertible {
    /// The first eight octets, most significant first.
    package let high: UInt64
    /// The last eight octets, most significant first.
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the canonical form; nil for all else. Upper-case digits are taken too.
    package init?(text: UnsafeRawBufferPointer) {
        guard text.count == 36 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for position in 0..<36 {
            // SAFETY: the position is below the count, which was just checked.
            let character = unsafe text[position]
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let value = Character(Unicode.Scalar(character)).hexDigitValue else { return nil }
            if digits < 16 { words.0 = words.0 << 4 | UInt64(value) } else { words.1 = words.1 << 4 | UInt64(value) }
            digits += 1
        }
        self.init(high: words.0, low: words.1)
    }

    /// The canonical form: 36 lower-case characters, 8-4-4-4-12.
    package var description: String {
        // SAFETY: the buffer has room for the 36 octets asked for, of which each is written.
        unsafe String(unsafeUninitializedCapacity: Self.textCount) { unsafe write(to: $0) }
    }

    /// The octets of ``description``.
    var octets: [UInt8] {
        // SAFETY: as above.
        unsafe [UInt8](unsafeUninitializedCapacity: Self.textCount) { text, count in count = unsafe write(to: text) }
    }

    /// Octets of the canonical form.
    static let textCount = 36

    /// Writes the canonical form into memory for ``textCount`` octets, and gives that number.
    func write(to text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var position = 0
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 {
                unsafe text[position] = UInt8(ascii: "-")
                position += 1
            }
            let word = index < 8 ? high : low
            let octet = UInt8(truncatingIfNeeded: word >> UInt64(56 - (index % 8) * 8))
            unsafe text[position] = Self.hexadecimalDigit(octet >> 4)
            unsafe text[position + 1] = Self.hexadecimalDigit(octet & 0x0F)
            position += 2
        }
        return position
    }

    /// The lower-case digit of a value below 16.
    static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

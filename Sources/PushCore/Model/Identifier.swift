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

    /// Half of it is enough: ids are digests, or random.
    package func hash(into hasher: inout Hasher) { hasher.combine(low) }

    /// What sets and dictionaries ask for. Its octets are spread evenly as they are: they need no more than a key.
    package func _rawHashValue(seed: Int) -> Int { KeyedHash.of(low, seed: seed) }

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
    package static let textCount = 36

    /// Writes the canonical form into memory for ``textCount`` octets, and gives that number.
    package func write(to text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        precondition(text.count >= Self.textCount, "an identifier has 36 characters")
        // SAFETY: room for all characters was just checked.
        var word = high
        for position in 0..<Self.textCount {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                unsafe text[position] = UInt8(ascii: "-")
                if position == 18 { word = low }
                continue
            }
            unsafe text[position] = Self.hexadecimalDigit(UInt8(truncatingIfNeeded: word >> 60))
            word <<= 4
        }
        return Self.textCount
    }

    /// The lower-case digit of a value below 16.
    static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

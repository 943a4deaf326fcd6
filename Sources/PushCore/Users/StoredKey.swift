/// A record's key as it stands in front of it in a block (``RecordTable``): shorter, where it is mostly hexadecimal.
///
/// Whoever has it has the key that it was made of, and no longer than that.
@safe
struct StoredKey {
    enum Form: UInt32 {
        case plain
        /// `a:` and 16 hexadecimal digits: eight octets.
        case address
        /// `u:` and a UUID: 16 octets.
        case uuid
    }

    let form: Form
    /// Of a plain one, the key itself.
    private let plain: UnsafeRawBufferPointer
    /// Of any other, its octets: as many as the form has.
    private let words: (UInt64, UInt64)

    /// `key`: Lent for as long as this is used.
    init(_ key: UnsafeRawBufferPointer) {
        unsafe plain = unsafe key
        if let octets = unsafe Self.addressOctets(of: key) {
            form = .address
            words = (octets.littleEndian, 0)
        } else if let octets = unsafe Self.uuidOctets(of: key) {
            form = .uuid
            words = (octets.0.littleEndian, octets.1.littleEndian)
        } else {
            form = .plain
            words = (0, 0)
        }
    }

    private static func addressOctets(of key: UnsafeRawBufferPointer) -> UInt64? {
        guard key.count == 18, unsafe key[0] == UInt8(ascii: "a"), unsafe key[1] == UInt8(ascii: ":") else {
            return nil
        }
        // SAFETY: 16 octets follow the two.
        let first = unsafe UInt64(littleEndian: key.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
        let second = unsafe UInt64(littleEndian: key.loadUnaligned(fromByteOffset: 10, as: UInt64.self))
        guard let first = HexWords.octets(of: first), let second = HexWords.octets(of: second) else { return nil }
        return UInt64(first) | UInt64(second) << 32
    }

    private static func uuidOctets(of key: UnsafeRawBufferPointer) -> (UInt64, UInt64)? {
        guard key.count == 2 + UUIDText.count, unsafe key[0] == UInt8(ascii: "u"), unsafe key[1] == UInt8(ascii: ":")
        else { return nil }
        return unsafe UUIDText.octets(of: UnsafeRawBufferPointer(rebasing: key[2...]))
    }

    /// Octets that it takes.
    var count: Int {
        switch form {
        case .plain: unsafe plain.count
        case .address: 8
        case .uuid: 16
        }
    }

    var hash: UInt64 {
        unsafe withOctets { unsafe Self.hash($0, form.rawValue) }
    }

    /// The hash of a key that stands in a block.
    static func hash(_ stored: UnsafeRawBufferPointer, _ form: UInt32) -> UInt64 {
        unsafe KeyedHash.of(stored, seed: form)
    }

    /// Both of the same key.
    static func == (first: Self, second: Self) -> Bool {
        unsafe first.form == second.form
            && first.withOctets { first in
                unsafe second.withOctets { unsafe ByteScanning.equal(first, $0) }
            }
    }

    /// Whether a block begins with it.
    func isPrefix(of block: UnsafeRawBufferPointer) -> Bool {
        unsafe withOctets { octets in
            unsafe block.count >= octets.count
                && ByteScanning.equal(UnsafeRawBufferPointer(rebasing: block[..<octets.count]), octets)
        }
    }

    /// Writes it where a block begins, which has room for it.
    func write(to block: UnsafeMutableRawBufferPointer) {
        unsafe withOctets { unsafe block.copyMemory(from: $0) }
    }

    private func withOctets<Answer>(_ body: (UnsafeRawBufferPointer) -> Answer) -> Answer {
        if form == .plain { return unsafe body(plain) }
        // SAFETY: the words are lent for the call; a form has no more octets than they have.
        return unsafe withUnsafeBytes(of: words) { unsafe body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    /// The key as it stands in the log.
    static func key(_ stored: UnsafeRawBufferPointer, form: UInt32) -> [UInt8] {
        switch form {
        case Form.address.rawValue:
            let octets = (0..<2).map { unsafe stored.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }
            var key = Array("a:".utf8)
            for word in octets {
                unsafe withUnsafeBytes(of: HexWords.digits(of: UInt32(littleEndian: word)).littleEndian) {
                    unsafe key.append(contentsOf: $0)
                }
            }
            return key
        case Form.uuid.rawValue:
            let words = (0..<2).map { unsafe stored.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
            var text = [UInt8](repeating: 0, count: UUIDText.count)
            unsafe text.withUnsafeMutableBytes {
                unsafe UUIDText.write((UInt64(littleEndian: words[0]), UInt64(littleEndian: words[1])), to: $0)
            }
            return Array("u:".utf8) + text
        default: return unsafe Array(stored)
        }
    }
}

/// HMAC with SHA-256 (RFC 2104), in parts or at once, with no allocation and no look-up of an algorithm.
///
/// OpenSSL's one-shot `HMAC` looks its algorithm up and allocates a context each time: ten times the cost of hashing the
/// short texts that keys are derived from.
package struct HMACSHA256: ~Copyable {
    /// Octets that SHA-256 takes at a time.
    private static let blockOctetCount = 64

    private var inner = SHA256()
    private var outer = SHA256()

    /// With a key of any length; one of more than 64 octets is hashed first.
    package init(key: Span<UInt8>) {
        var innerPad = InlineArray<64, UInt8>(repeating: 0x36)
        var outerPad = InlineArray<64, UInt8>(repeating: 0x5C)
        let digest = key.count > Self.blockOctetCount ? SHA256.digest(of: key) : nil
        for index in 0..<(digest?.count ?? key.count) {
            let octet = digest?[index] ?? key[index]
            innerPad[index] ^= octet
            outerPad[index] ^= octet
        }
        inner.update(innerPad.span)
        outer.update(outerPad.span)
    }

    /// Adds octets to the message.
    package mutating func update(_ octets: Span<UInt8>) {
        inner.update(octets)
    }

    /// The code of all that was added: 32 octets.
    package consuming func finalize() -> InlineArray<32, UInt8> {
        let digest = inner.finalize()
        outer.update(digest.span)
        return outer.finalize()
    }

    /// The code of one message: 32 octets.
    package static func code(of message: Span<UInt8>, key: Span<UInt8>) -> InlineArray<32, UInt8> {
        var code = HMACSHA256(key: key)
        code.update(message)
        return code.finalize()
    }
}

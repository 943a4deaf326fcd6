/// A SHA-1 digest (RFC 3174): five words, the most significant octet first.
package struct SHA1Digest: Sendable, Equatable {
    /// Octets 0 to 7, 8 to 15, and 16 to 19 in the upper half of a word with zeros below.
    package let words: (UInt64, UInt64, UInt32)

    package init(_ first: UInt64, _ second: UInt64, _ third: UInt32) {
        words = (first, second, third)
    }

    package static func == (left: SHA1Digest, right: SHA1Digest) -> Bool { left.words == right.words }
}

/// A SHA-256 digest (FIPS 180-4): 32 octets as four words, the most significant octet first.
package struct SHA256Digest: Sendable, Equatable {
    package let words: (UInt64, UInt64, UInt64, UInt64)

    package init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        words = (first, second, third, fourth)
    }

    package static func == (left: SHA256Digest, right: SHA256Digest) -> Bool { left.words == right.words }
}

/// The two hash functions that the core needs, given from outside: it contains no cryptography.
@safe
package struct Digests: Sendable {
    package typealias SHA1 = @Sendable (UnsafeRawBufferPointer) -> SHA1Digest
    package typealias SHA256 = @Sendable (UnsafeRawBufferPointer) -> SHA256Digest

    private let sha1: SHA1
    private let sha256: SHA256

    /// - Parameters:
    ///   - sha1: Is given octets for the time of the call.
    ///   - sha256: Likewise.
    package init(sha1: @escaping SHA1, sha256: @escaping SHA256) {
        unsafe self.sha1 = sha1
        unsafe self.sha256 = sha256
    }

    /// What stands for an address wherever the address itself must not: the first 16 hexadecimal digits of the SHA-256 of its
    /// UTF-8 octets, in lower case.
    ///
    /// - Parameter address: The token (of APNs in lower case), the installation id, or the endpoint of the subscription.
    /// - Returns: 16 characters.
    package func fingerprint(of address: String) -> String {
        var address = address
        // SAFETY: the octets of the string are lent for the call.
        let digest = address.withUTF8 { unsafe sha256(UnsafeRawBufferPointer($0)) }
        // SAFETY: the buffer has room for the 16 octets asked for, of which each is written.
        return unsafe String(unsafeUninitializedCapacity: 16) { text in
            for position in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: digest.words.0 >> UInt64(60 - position * 4)) & 0x0F
                unsafe text[position] = Identifier.hexadecimalDigit(digit)
            }
            return 16
        }
    }

    /// A version 5 UUID (RFC 9562 section 5.5) of a list of texts.
    ///
    /// The name that is hashed is the parts one after another, each as the number of its UTF-8 octets (four octets, the most
    /// significant first) and then those octets; so no two lists give the same name. In Python:
    ///
    /// ```python
    /// name = b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)
    /// uuid.UUID(bytes=hashlib.sha1(namespace.bytes + name).digest()[:16], version=5)
    /// ```
    ///
    /// - Parameters:
    ///   - namespace: Its 16 octets go first.
    ///   - parts: In an order that is part of the identity.
    /// - Returns: The UUID.
    package func uuidV5(namespace: Identifier, parts: some Collection<String>) -> Identifier {
        let count = parts.reduce(0) { $0 + 4 + $1.utf8.count }
        return unsafe uuidV5(namespace: namespace, count: count) { name in
            var position = 0
            for var part in parts {
                part.withUTF8 { position = unsafe Self.append(UnsafeRawBufferPointer($0), to: name, at: position) }
            }
        }
    }

    /// Writes one part of a name.
    ///
    /// - Returns: Where the next one follows.
    static func append(_ part: UnsafeRawBufferPointer, to name: UnsafeMutableRawBufferPointer, at position: Int) -> Int
    {
        // SAFETY: the name has room for every part behind its number of octets.
        unsafe name.storeBytes(of: UInt32(part.count).bigEndian, toByteOffset: position, as: UInt32.self)
        unsafe UnsafeMutableRawBufferPointer(rebasing: name[(position + 4)...]).copyMemory(from: part)
        return position + 4 + part.count
    }

    /// As above, of a name of so many octets, which the closure writes.
    func uuidV5(
        namespace: Identifier,
        count: Int,
        _ write: (UnsafeMutableRawBufferPointer) -> Void
    ) -> Identifier {
        // SAFETY: there is room for the namespace and for the name; what is lent to the digest is all written.
        let digest = unsafe withUnsafeTemporaryAllocation(byteCount: 16 + count, alignment: 1) { octets in
            unsafe octets.storeBytes(of: namespace.high.bigEndian, as: UInt64.self)
            unsafe octets.storeBytes(of: namespace.low.bigEndian, toByteOffset: 8, as: UInt64.self)
            unsafe write(UnsafeMutableRawBufferPointer(rebasing: octets[16...]))
            return unsafe sha1(UnsafeRawBufferPointer(octets))
        }
        let version: UInt64 = 5 << 12
        let variant: UInt64 = 0b10 << 62
        return Identifier(
            high: digest.words.0 & ~0xF000 | version,
            low: digest.words.1 & ~(0b11 << 62) | variant
        )
    }
}

private import COpenSSL

/// SHA-1 (FIPS 180-4), in parts or at once, with no allocation: for name-based UUIDs (RFC 9562 5.5), not for security.
package struct SHA1: ~Copyable {
    private var context = SHA_CTX()

    package init() {
        // SAFETY: the context is this value's own, for the length of the call.
        let result = unsafe belfry_sha1_init(&context)
        precondition(result == 1, "SHA-1 cannot be started")
    }

    /// Adds octets to the message.
    package mutating func update(_ octets: Span<UInt8>) {
        // SAFETY: OpenSSL reads exactly the octets of the span, within the call.
        let result = unsafe octets.withUnsafeBufferPointer { buffer in
            unsafe belfry_sha1_update(&context, buffer.baseAddress, buffer.count)
        }
        precondition(result == 1, "SHA-1 cannot be continued")
    }

    /// The digest of all that was added: 20 octets.
    package consuming func finalize() -> InlineArray<20, UInt8> {
        var digest = InlineArray<20, UInt8>(repeating: 0)
        var span = digest.mutableSpan
        // SAFETY: the digest has the 20 octets that are written (SHA_DIGEST_LENGTH).
        let result = unsafe span.withUnsafeMutableBufferPointer { buffer in
            unsafe belfry_sha1_final(buffer.baseAddress, &context)
        }
        precondition(result == 1, "SHA-1 cannot be finished")
        return digest
    }

    /// The digest of one message: 20 octets.
    package static func digest(of octets: Span<UInt8>) -> InlineArray<20, UInt8> {
        var hash = SHA1()
        hash.update(octets)
        return hash.finalize()
    }
}

private import COpenSSL

/// SHA-256 (FIPS 180-4), in parts or at once, with no allocation.
package struct SHA256: ~Copyable {
    private var context = SHA256_CTX()

    package init() {
        // SAFETY: the context is this value's own, for the length of the call.
        let result = unsafe belfry_sha256_init(&context)
        precondition(result == 1, "SHA-256 cannot be started")
    }

    /// Adds octets to the message.
    package mutating func update(_ octets: Span<UInt8>) {
        // SAFETY: OpenSSL reads exactly the octets of the span, within the call.
        let result = unsafe octets.withUnsafeBufferPointer { buffer in
            unsafe belfry_sha256_update(&context, buffer.baseAddress, buffer.count)
        }
        precondition(result == 1, "SHA-256 cannot be continued")
    }

    /// The digest of all that was added: 32 octets.
    package consuming func finalize() -> InlineArray<32, UInt8> {
        var digest = InlineArray<32, UInt8>(repeating: 0)
        var span = digest.mutableSpan
        // SAFETY: the digest has the 32 octets that are written (SHA256_DIGEST_LENGTH).
        let result = unsafe span.withUnsafeMutableBufferPointer { buffer in
            unsafe belfry_sha256_final(buffer.baseAddress, &context)
        }
        precondition(result == 1, "SHA-256 cannot be finished")
        return digest
    }

    /// The digest of one message: 32 octets.
    package static func digest(of octets: Span<UInt8>) -> InlineArray<32, UInt8> {
        var hash = SHA256()
        hash.update(octets)
        return hash.finalize()
    }
}

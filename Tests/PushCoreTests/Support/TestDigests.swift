import COpenSSL
import PushCore

extension Digests {
    /// OpenSSL's.
    // SAFETY: the octets are lent for the calls.
    static let openSSL = unsafe Digests(
        sha1: { octets in
            let digest = unsafe hash(octets, EVP_sha1(), count: 20)
            return SHA1Digest(word(digest, 0), word(digest, 8), UInt32(truncatingIfNeeded: word(digest, 16) >> 32))
        },
        sha256: { octets in
            let digest = unsafe hash(octets, EVP_sha256(), count: 32)
            return SHA256Digest(word(digest, 0), word(digest, 8), word(digest, 16), word(digest, 24))
        }
    )

    private static func hash(_ octets: UnsafeRawBufferPointer, _ function: OpaquePointer?, count: Int) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: count + 4)
        // SAFETY: the digest has room for what the function writes; the octets are lent for the call.
        let status = unsafe EVP_Digest(octets.baseAddress, octets.count, &digest, nil, function, nil)
        precondition(status == 1, "OpenSSL hashes")
        return digest
    }

    private static func word(_ digest: [UInt8], _ start: Int) -> UInt64 {
        digest[start..<(start + 8)].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

package import PushCore
import PushCrypto

extension Digests {
    /// The digests of OpenSSL.
    package static let openSSL = unsafe Digests(
        sha1: { octets in
            // SAFETY: the octets are lent for the call.
            let digest = PushCrypto.SHA1.digest(of: unsafe octets.bindMemory(to: UInt8.self).span)
            return SHA1Digest(
                word(8) { digest[$0] },
                word(8) { digest[8 + $0] },
                UInt32(truncatingIfNeeded: word(4) { digest[16 + $0] })
            )
        },
        sha256: { octets in
            // SAFETY: as above.
            let digest = PushCrypto.SHA256.digest(of: unsafe octets.bindMemory(to: UInt8.self).span)
            return SHA256Digest(
                word(8) { digest[$0] },
                word(8) { digest[8 + $0] },
                word(8) { digest[16 + $0] },
                word(8) { digest[24 + $0] }
            )
        }
    )

    /// So many octets as a number, the most significant first.
    private static func word(_ count: Int, _ octet: (Int) -> UInt8) -> UInt64 {
        (0..<count).reduce(0) { $0 << 8 | UInt64(octet($1)) }
    }
}

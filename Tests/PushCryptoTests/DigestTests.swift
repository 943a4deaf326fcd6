import PushCrypto
import Testing

@Suite("Digests")
struct DigestTests {
    /// FIPS 180-4 examples, as RFC 6234 section 8.5 repeats them: text, times repeated, SHA-1, SHA-256.
    static let vectors: [(text: String, count: Int, sha1: String, sha256: String)] = [
        (
            "", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        ),
        (
            "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
        (
            "0123456701234567012345670123456701234567012345670123456701234567", 10,
            "dea356a2cddd90c7a7ecedc5ebb563934f460452",
            "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5"
        ),
    ]

    @Test("the vectors of FIPS 180-4 hold", arguments: vectors)
    func standard(text: String, count: Int, sha1: String, sha256: String) {
        let message = Array(String(repeating: text, count: count).utf8)
        #expect(hexadecimal(SHA1.digest(of: message.span).span) == sha1)
        #expect(hexadecimal(SHA256.digest(of: message.span).span) == sha256)
    }

    @Test(
        "a message in parts has the digest of the whole, wherever it is cut",
        arguments: [0, 1, 55, 56, 63, 64, 65, 127, 200]
    )
    func parts(cut: Int) {
        let message = (0..<200).map { UInt8($0) }
        var sha1 = SHA1()
        sha1.update(message.span.extracting(first: cut))
        sha1.update(message.span.extracting(droppingFirst: cut))
        #expect(hexadecimal(sha1.finalize().span) == hexadecimal(SHA1.digest(of: message.span).span))
        var sha256 = SHA256()
        sha256.update(message.span.extracting(first: cut))
        sha256.update(message.span.extracting(droppingFirst: cut))
        #expect(hexadecimal(sha256.finalize().span) == hexadecimal(SHA256.digest(of: message.span).span))
    }
}

/// Lower-case hexadecimal digits.
func hexadecimal(_ octets: Span<UInt8>) -> String {
    var text = ""
    for index in octets.indices {
        text += String(octets[index] >> 4, radix: 16) + String(octets[index] & 0x0F, radix: 16)
    }
    return text
}

import PushCrypto
import Testing

@Suite("Base64url")
struct Base64URLTests {
    @Test(
        "the vectors of RFC 4648 section 10 and RFC 7515 appendix C hold, without padding",
        arguments: [
            ([], ""), (Array("f".utf8), "Zg"), (Array("fo".utf8), "Zm8"), (Array("foo".utf8), "Zm9v"),
            (Array("foob".utf8), "Zm9vYg"), (Array("fooba".utf8), "Zm9vYmE"), (Array("foobar".utf8), "Zm9vYmFy"),
            ([3, 236, 255, 224, 193], "A-z_4ME"), ([0xFB, 0xFF, 0xFE], "-__-"),
        ] as [([UInt8], String)]
    )
    func vectors(octets: [UInt8], text: String) {
        #expect(Base64URL.encode(octets.span) == text)
        #expect(Base64URL.decode(text) == octets)
    }

    @Test("complete padding is taken", arguments: [("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo")])
    func padding(text: String, plain: String) {
        #expect(Base64URL.decode(text) == Array(plain.utf8))
    }

    @Test(
        "what is not base64url is refused",
        arguments: [
            "Z", "Zm9vY", "Zg=", "Zg===", "=", "==", "====", "Zm9v====", "Z=g=", "Zm9v=", "+w", "/w", "Zm 8", "Zm8\n",
            "Zé", "Zh",
            "Zm9",
        ]
    )
    func refused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test("decoding undoes encoding for any octets", arguments: [1, 2, 3] as [UInt64])
    func roundTrip(seed: UInt64) {
        var random = SplitMix64(state: seed)
        for count in 0..<200 {
            let octets = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let text = Base64URL.encode(octets.span)
            #expect(Base64URL.decode(text) == octets, "seed \(seed), \(count) octets")
            #expect(!text.contains("="), "seed \(seed), \(count) octets")
        }
    }
}

/// A generator that repeats from its seed (Steele, Lea and Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

import PushCore
import Testing

@Suite("Derived ids and fingerprints")
struct DigestsTests {
    @Test(
        "a fingerprint is the first 16 digits of SHA-256",
        arguments: [
            ("", "e3b0c44298fc1c14"), ("abc", "ba7816bf8f01cfea"),
            // printf '%s' 39 | sha256sum begins with a zero digit.
            ("39", "0b918943df0962bc"),
        ]
    )
    func fingerprint(_ address: String, _ fingerprint: String) {
        #expect(Digests.openSSL.fingerprint(of: address) == fingerprint)
    }

    /// Expected values: the Python of the documentation comment.
    @Test(
        "an id is what the documented Python gives",
        arguments: [
            ([], "0f9e8290-bdc9-5125-b12e-e3ce4e532a71"),
            (["a"], "885822f9-6054-5ef0-b6d9-33572443b0f6"),
            (["/shop", "order-1", "order-shipped", "user-1"], "939faf25-00b2-5068-b8f4-911b710b459d"),
            (["é€😀", ""], "1a1ad599-be90-5a05-8ae4-e73feeb452fc"),
        ] as [([String], String)]
    )
    func uuid(_ parts: [String], _ expected: String) {
        let namespace = Identifier(high: 0x7c1f_6f5e_9d0b_4c8a, low: 0x9f3e_2b64_d1a7_5e90)
        #expect(Digests.openSSL.uuidV5(namespace: namespace, parts: parts).description == expected)
    }

    @Test("parts do not run into one another")
    func separation() {
        let namespace = Identifier(high: 1, low: 2)
        let ids = [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"]].map {
            Digests.openSSL.uuidV5(namespace: namespace, parts: $0)
        }
        #expect(Set(ids).count == ids.count)
    }
}

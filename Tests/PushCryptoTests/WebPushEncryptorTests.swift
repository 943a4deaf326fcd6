import PushCrypto
import Testing

@Suite("Web Push encryption")
struct WebPushEncryptorTests {
    private static let plaintextMax = 3_993

    private static func browser() throws -> (browser: TestBrowser, keys: WebPushSubscriptionKeys) {
        let browser = try TestBrowser(authenticationSecret: Array(1...16))
        let keys = try WebPushSubscriptionKeys(
            publicKey: browser.publicKey,
            authenticationSecret: browser.authenticationSecret
        )
        return (browser, keys)
    }

    private static func text(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x61, count: count) }

    @Test("a browser reads what was encrypted, whatever its length and padding", arguments: [0x5EED_0001, 0x5EED_0002])
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (browser, keys) = try Self.browser()
        var encryptor = try WebPushEncryptor()
        let edges = [0, 1, 15, 16, 17, 300, Self.plaintextMax - 1, Self.plaintextMax]
        let sizes = edges + (0..<60).map { _ in Int.random(in: 0...Self.plaintextMax, using: &random) }
        for size in sizes {
            // Zeros at the end must not be taken for padding.
            let plaintext = Bool.random(using: &random) ? random.octets(size) : [UInt8](repeating: 0, count: size)
            let multiple = Int.random(in: 1...5_000, using: &random)
            let fixed = Int.random(in: 0...Self.plaintextMax, using: &random)
            for padding in [.none, .multiple(of: multiple), .fixed(fixed)] as [WebPushEncryptor.Padding] {
                let body = try encryptor.encrypt(plaintext.span, for: keys, padding: padding)
                let message = try browser.receive(body)
                let name = "seed \(seed), \(size) octets, \(padding)"
                #expect(message.plaintext == plaintext, "\(name)")
                #expect(message.recordSize == 4_096)
                #expect(body.count == 103 + size + message.paddingCount && body.count <= 4_096, "\(name)")
            }
        }
    }

    @Test(
        "padding makes lengths alike",
        arguments: [
            (.none, 0, 0), (.none, 5, 5), (.none, 3_993, 3_993),
            (.multiple(of: 1), 5, 5), (.multiple(of: 128), 0, 0), (.multiple(of: 128), 1, 128),
            (.multiple(of: 128), 128, 128), (.multiple(of: 128), 129, 256),
            (.multiple(of: 128), 3_969, 3_993), (.multiple(of: 128), 3_993, 3_993),
            (.multiple(of: 10_000), 1, 3_993), (.multiple(of: .max), 1, 3_993),
            (.fixed(0), 0, 0), (.fixed(0), 1, 3_993), (.fixed(1_000), 0, 1_000), (.fixed(1_000), 1_000, 1_000),
            (.fixed(1_000), 1_001, 3_993), (.fixed(3_993), 7, 3_993),
        ] as [(WebPushEncryptor.Padding, Int, Int)]
    )
    func padding(padding: WebPushEncryptor.Padding, count: Int, padded: Int) throws {
        let (browser, keys) = try Self.browser()
        var encryptor = try WebPushEncryptor()
        let body = try encryptor.encrypt(Self.text(count).span, for: keys, padding: padding)
        #expect(body.count == 103 + padded)
        #expect(try browser.receive(body).plaintext == Self.text(count))
    }

    @Test(
        "the longest plaintext fills the 4096 octets that every push service takes; one octet more is refused",
        arguments: [.none, .multiple(of: 128), .fixed(100)] as [WebPushEncryptor.Padding]
    )
    func limit(padding: WebPushEncryptor.Padding) throws {
        #expect(WebPushEncryptor.plaintextOctetsMax == 3_993)
        let (_, keys) = try Self.browser()
        var encryptor = try WebPushEncryptor()
        #expect(try encryptor.encrypt(Self.text(3_993).span, for: keys, padding: padding).count == 4_096)
        #expect(throws: CryptoError.plaintextTooLong(octets: 3_994, octetsMax: 3_993)) {
            try encryptor.encrypt(Self.text(3_994).span, for: keys, padding: padding)
        }
    }

    @Test("a body with any octet changed is not read, but for the record size")
    func tampering() throws {
        let (browser, keys) = try Self.browser()
        var encryptor = try WebPushEncryptor()
        let body = try encryptor.encrypt(Self.text(10).span, for: keys)
        // Octets 16 to 19 are the record size: it bounds the record, and nothing is derived from it.
        for index in body.indices where !(16..<20).contains(index) {
            var changed = body
            changed[index] ^= 0x01
            #expect(throws: TestBrowser.Refusal.self, "octet \(index)") { try browser.receive(changed) }
        }
        #expect(throws: TestBrowser.Refusal.self) { try browser.receive(body.dropLast()) }
        #expect(throws: TestBrowser.Refusal.self) { try browser.receive(body + [0]) }
    }

    @Test("another browser, or one with another secret, does not read it")
    func wrongReceiver() throws {
        let (_, keys) = try Self.browser()
        let (other, _) = try Self.browser()
        var encryptor = try WebPushEncryptor()
        let forOne = try encryptor.encrypt(Self.text(10).span, for: keys)
        #expect(throws: TestBrowser.Refusal.self) { try other.receive(forOne) }
        let wrongSecret = try WebPushSubscriptionKeys(
            publicKey: other.publicKey,
            authenticationSecret: Array(2...17)
        )
        let body = try encryptor.encrypt(Self.text(10).span, for: wrongSecret)
        #expect(throws: TestBrowser.Refusal.self) { try other.receive(body) }
    }

    @Test("one encryptor serves many subscriptions in turn, each reading its own")
    func manySubscriptions() throws {
        let receivers = try (0..<8).map { _ in try Self.browser() }
        var encryptor = try WebPushEncryptor()
        for round in 0..<3 {
            for (index, receiver) in receivers.enumerated() {
                let plaintext = Array("round \(round), number \(index)".utf8)
                let body = try encryptor.encrypt(plaintext.span, for: receiver.keys)
                #expect(try receiver.browser.receive(body).plaintext == plaintext)
            }
        }
    }
}

@Suite("Sender keys of Web Push encryption")
struct WebPushSenderKeyTests {
    /// The sender keys and salts of so many messages.
    private static func messages(
        _ count: Int,
        from encryptor: inout WebPushEncryptor,
        at now: ContinuousClock.Instant = .now
    ) throws -> [TestBrowser.Message] {
        let browser = try TestBrowser(authenticationSecret: Array(1...16))
        let keys = try WebPushSubscriptionKeys(
            publicKey: browser.publicKey,
            authenticationSecret: browser.authenticationSecret
        )
        return try (0..<count).map { _ in
            try browser.receive(encryptor.encrypt(Array("event".utf8).span, for: keys, now: now))
        }
    }

    @Test("each message has a sender key and a salt of its own, prepared or not", arguments: [0, 5, 40])
    func freshKeys(prepared: Int) throws {
        var encryptor = try WebPushEncryptor()
        try encryptor.prepare(count: prepared)
        let messages = try Self.messages(40, from: &encryptor)
        #expect(Set(messages.map(\.senderKey)).count == 40)
        #expect(Set(messages.map(\.salt)).count == 40)
        for message in messages { _ = try ES256PublicKey(octets: message.senderKey) }
    }

    @Test("prepared keys are used, one per message, and never more are kept than allowed")
    func pool() throws {
        var encryptor = try WebPushEncryptor(preparedMax: 10)
        #expect(encryptor.preparedCount == 0)
        #expect(try encryptor.prepare(count: 4) == 4)
        #expect(try encryptor.prepare(count: 100) == 6)
        #expect(try encryptor.prepare(count: 1) == 0)
        #expect(try encryptor.prepare(count: -1) == 0)
        #expect(encryptor.preparedCount == 10)
        _ = try Self.messages(3, from: &encryptor)
        #expect(encryptor.preparedCount == 7)
        _ = try Self.messages(8, from: &encryptor)
        #expect(encryptor.preparedCount == 0)
        #expect(try encryptor.prepare(count: 100) == 10)
    }

    @Test("a message that is refused uses no key")
    func refusalUsesNoKey() throws {
        let browser = try TestBrowser(authenticationSecret: Array(1...16))
        let keys = try WebPushSubscriptionKeys(
            publicKey: browser.publicKey,
            authenticationSecret: browser.authenticationSecret
        )
        var encryptor = try WebPushEncryptor()
        try encryptor.prepare(count: 1)
        #expect(throws: CryptoError.self) {
            try encryptor.encrypt([UInt8](repeating: 0, count: 4_000).span, for: keys)
        }
        #expect(encryptor.preparedCount == 1)
    }

    @Test("a key that is reused serves so many messages and no more, each with a salt of its own")
    func reuseByCount() throws {
        var encryptor = try WebPushEncryptor(senderKeys: .reused(messagesMax: 3, lifetime: .seconds(60)))
        let messages = try Self.messages(9, from: &encryptor, at: .now)
        #expect(Set(messages.map(\.salt)).count == 9)
        for start in [0, 3, 6] { #expect(Set(messages[start..<start + 3].map(\.senderKey)).count == 1) }
        #expect(Set(messages.map(\.senderKey)).count == 3)
    }

    @Test("a key that is reused ends with its lifetime, counted from its first message")
    func reuseByTime() throws {
        var encryptor = try WebPushEncryptor(senderKeys: .reused(messagesMax: 1_000, lifetime: .seconds(60)))
        let start = ContinuousClock.Instant.now
        var keys: [[UInt8]] = []
        for second in [0, 59, 60, 61, 119, 120] {
            let messages = try Self.messages(1, from: &encryptor, at: start.advanced(by: .seconds(second)))
            keys.append(messages[0].senderKey)
        }
        #expect(keys[0] == keys[1])
        #expect(keys[1] != keys[2])
        #expect(keys[2] == keys[3] && keys[3] == keys[4])
        #expect(keys[4] != keys[5])
    }
}

private import COpenSSL

/// Encrypts what browsers receive: Message Encryption for Web Push (RFC 8291), content coding `aes128gcm`.
///
/// One encryptor serves one thread. A push service accepts a wrongly encrypted message as it accepts any other, and the
/// browser drops it: nothing but tests shows that this is right.
package struct WebPushEncryptor: ~Copyable {
    /// How long a message is made, so that its length tells less of its content.
    package enum Padding: Hashable, Sendable {
        /// As it is.
        case none
        /// To the next multiple of so many octets, 1 or more; where that does not fit, to the longest.
        case multiple(of: Int)
        /// To so many octets, at most ``plaintextOctetsMax``; what is longer, to the longest: there are two lengths only.
        case fixed(Int)
    }

    /// How many messages share one key pair of the sender.
    package enum SenderKeys: Hashable, Sendable {
        /// None: a new pair for each, as RFC 8291 section 3.1 has it.
        case fresh
        /// Up to so many messages, 1 or more, within so long from the first, to whatever subscriptions.
        ///
        /// It saves a part of the work. The salt is still new for each message; but who learns the key from this
        /// process's memory, and knows the subscriptions' secrets, reads all messages of its time.
        case reused(messagesMax: Int, lifetime: Duration)
    }

    /// Octets of a body that every push service takes (RFC 8030 section 7.2).
    package static let bodyOctetsMax = 4_096
    /// Octets of the longest plaintext that such a body holds: 3993.
    package static let plaintextOctetsMax =
        bodyOctetsMax - AES128GCMEncoder.headerOctetCount - ES256PublicKey.octetCount - AES128GCMEncoder.recordOverhead

    private let senderKeys: SenderKeys
    /// How many sender keys are kept ahead at most.
    private let preparedMax: Int
    private let curve: CurveP256
    private var encoder: AES128GCMEncoder
    private var prepared: [WebPushSenderKey] = []
    private var shared: SharedKey?

    /// A sender key in use for several messages.
    ///
    /// Not private: the compiler (6.3) fails on other modules' optimised code that frees a noncopyable value with a
    /// private type in it.
    struct SharedKey {
        var key: WebPushSenderKey
        /// Messages that it may still serve.
        var messagesLeft: Int
        var end: ContinuousClock.Instant
    }

    /// Without keys prepared.
    ///
    /// - Precondition: limits of reuse are positive, `preparedMax` is not negative.
    /// - Throws: `CryptoError.openSSL`.
    package init(senderKeys: SenderKeys = .fresh, preparedMax: Int = 256) throws(CryptoError) {
        if case .reused(let messagesMax, let lifetime) = senderKeys {
            precondition(messagesMax > 0 && lifetime > .zero, "a key that serves nothing")
        }
        precondition(preparedMax >= 0, "fewer keys than none")
        self.senderKeys = senderKeys
        self.preparedMax = preparedMax
        let curve = try CurveP256()
        encoder = try AES128GCMEncoder()
        self.curve = curve
    }

    /// Sender keys that are ready.
    package var preparedCount: Int { prepared.count }

    /// Makes up to `count` sender keys for messages to come, in time that nothing else needs; each serves once.
    ///
    /// - Returns: how many were made: fewer than `count` where as many are ready as are kept.
    /// - Throws: `CryptoError.openSSL`; keys made before stay.
    @discardableResult
    package mutating func prepare(count: Int) throws(CryptoError) -> Int {
        let wanted = max(0, min(count, preparedMax - prepared.count))
        for _ in 0..<wanted { prepared.append(try WebPushSenderKey(on: curve)) }
        return wanted
    }

    /// Encrypts a message for a subscription.
    ///
    /// - Parameters:
    ///   - plaintext: at most ``plaintextOctetsMax`` octets. Chromium shows a page only what is UTF-8.
    ///   - subscription: whom it is for.
    ///   - padding: how long it is made.
    ///   - now: judges the age of a sender key that is reused.
    /// - Returns: the body of the push request, at most 4096 octets.
    /// - Throws: `CryptoError.plaintextTooLong`, `CryptoError.openSSL`.
    package mutating func encrypt(
        _ plaintext: Span<UInt8>,
        for subscription: WebPushSubscriptionKeys,
        padding: Padding = .none,
        now: ContinuousClock.Instant = .now
    ) throws(CryptoError) -> [UInt8] {
        let count = try Self.paddedCount(of: plaintext.count, padding)
        let senderKey = try senderKey(at: now)
        let key = AES128GCMEncoder.Key(
            material: try senderKey.keyMaterial(for: subscription, on: curve),
            salt: try Self.randomSalt(),
            keyID: senderKey.publicKey
        )
        return try encoder.encode(plaintext, paddedTo: count, with: key)
    }

    /// What a test vector fixes: the salt, 16 octets, and the sender's private key, 32 octets.
    package struct FixedSecrets: Sendable {
        package var salt: [UInt8]
        package var senderPrivateKey: [UInt8]

        /// Takes both as they are.
        package init(salt: [UInt8], senderPrivateKey: [UInt8]) {
            self.salt = salt
            self.senderPrivateKey = senderPrivateKey
        }
    }

    /// The same with given secrets, for test vectors: two messages with the same secrets reveal each other.
    ///
    /// - Throws: as with secrets of its own.
    package mutating func encrypt(
        _ plaintext: Span<UInt8>,
        for subscription: WebPushSubscriptionKeys,
        padding: Padding = .none,
        fixed secrets: FixedSecrets
    ) throws(CryptoError) -> [UInt8] {
        let count = try Self.paddedCount(of: plaintext.count, padding)
        let senderKey = try WebPushSenderKey(privateKey: secrets.senderPrivateKey, on: curve)
        let key = AES128GCMEncoder.Key(
            material: try senderKey.keyMaterial(for: subscription, on: curve),
            salt: secrets.salt,
            keyID: senderKey.publicKey
        )
        return try encoder.encode(plaintext, paddedTo: count, with: key)
    }

    /// Octets of plaintext and padding together.
    private static func paddedCount(of count: Int, _ padding: Padding) throws(CryptoError) -> Int {
        guard count <= plaintextOctetsMax else {
            throw .plaintextTooLong(octets: count, octetsMax: plaintextOctetsMax)
        }
        switch padding {
        case .none:
            return count
        case .multiple(let size):
            precondition(size > 0, "a multiple of nothing")
            let missing = (size - count % size) % size
            return min(count + min(missing, plaintextOctetsMax), plaintextOctetsMax)
        case .fixed(let size):
            precondition((0...plaintextOctetsMax).contains(size), "padding to a length that no message has")
            return count <= size ? size : plaintextOctetsMax
        }
    }

    /// The sender key of the next message.
    private mutating func senderKey(at now: ContinuousClock.Instant) throws(CryptoError) -> WebPushSenderKey {
        switch senderKeys {
        case .fresh:
            return try newSenderKey()
        case .reused(let messagesMax, let lifetime):
            if let shared, shared.messagesLeft > 0, now < shared.end {
                self.shared?.messagesLeft -= 1
                return shared.key
            }
            let key = try newSenderKey()
            shared = SharedKey(key: key, messagesLeft: messagesMax - 1, end: now.advanced(by: lifetime))
            return key
        }
    }

    /// A prepared key where there is one: it serves no second message as a fresh key.
    private mutating func newSenderKey() throws(CryptoError) -> WebPushSenderKey {
        if let key = prepared.popLast() { return key }
        return try WebPushSenderKey(on: curve)
    }

    private static func randomSalt() throws(CryptoError) -> [UInt8] {
        var salt = [UInt8](repeating: 0, count: AES128GCMEncoder.saltOctetCount)
        // SAFETY: OpenSSL writes the 16 octets that the array has.
        guard unsafe RAND_bytes(&salt, Int32(salt.count)) == 1 else {
            throw .openSSL(function: "RAND_bytes", detail: ErrorQueue.drain())
        }
        return salt
    }
}

import PushCrypto
import Yardstick

/// Web Push encryption with a fresh key for each message, on one thread, beside OpenSSL's own calls.
struct EncryptionBench {
    /// The longest message.
    static let bytesMax = WebPushEncryptor.plaintextOctetsMax
    /// Subscriptions; they are used again and again.
    private static let distinct = 256

    let messages: Int
    let rounds: Int
    let bytes: Int

    /// Measures both in turn, and reports medians.
    ///
    /// - Throws: where OpenSSL fails.
    func run() throws -> BenchReport {
        let plaintext = [UInt8](repeating: UInt8(ascii: "x"), count: bytes)
        let subscriptions = try (0..<Self.distinct).map { _ in try BenchScenario.subscriptionKeys() }
        let plain = try PlainEncryption()
        // Without keys made ahead: in a pipeline those cost the same, at another time.
        var encryptor = try WebPushEncryptor(senderKeys: .fresh, preparedMax: 0)
        var plainCosts: [Double] = []
        var costs: [Double] = []
        for round in 0...rounds {
            try Task.checkCancellation()
            let plainCost = try BenchClock.measure {
                for index in 0..<messages {
                    let subscription = subscriptions[index % subscriptions.count]
                    _ = try plain.encrypt(
                        plaintext,
                        publicKey: subscription.publicKey,
                        secret: subscription.authenticationSecret
                    )
                }
            }
            let cost = try BenchClock.measure {
                for index in 0..<messages {
                    let subscription = subscriptions[index % subscriptions.count]
                    let keys = try WebPushSubscriptionKeys(
                        publicKey: subscription.publicKey,
                        authenticationSecret: subscription.authenticationSecret
                    )
                    _ = try encryptor.encrypt(plaintext.span, for: keys)
                }
            }
            // The first round warms up.
            if round == 0 { continue }
            plainCosts.append(plainCost.microseconds(each: messages))
            costs.append(cost.microseconds(each: messages))
        }
        let (plainMedian, median) = (plainCosts.sorted()[rounds / 2], costs.sorted()[rounds / 2])
        var report = BenchReport("Web Push encryption, one thread")
        report.add("messages", "messages of each, in each round", messages)
        report.add("rounds", "rounds; figures are medians", rounds)
        report.add("message_bytes", "message", bytes, "bytes")
        report.add("plain_cpu_microseconds", "OpenSSL's calls", plainMedian, "µs per message", decimals: 1)
        report.add(
            "cpu_microseconds",
            "Belfry, subscription's keys read and checked",
            median,
            "µs per message",
            decimals: 1
        )
        report.add("to_plain", "  beside OpenSSL's calls", median / plainMedian, "times", decimals: 2)
        return report
    }
}

package import PushCore

/// Whom a message goes to: exactly one of these.
package enum FCMTarget: Hashable, Sendable {
    /// A registration token.
    ///
    /// Google calls it deprecated in favour of the installation id.
    case token(String)
    /// A Firebase installation id.
    case fid(String)
    /// All subscribers of a topic; its name without `/topics/`.
    case topic(String)
    /// Those whose topics fulfil it, such as `'a' in topics && !('b' in topics)`.
    case condition(String)

    /// The address of a device, or what stands in its place; nil where that is none of FCM's.
    package init?(_ device: Device) {
        switch (device.address, device.target.kind) {
        case (.token(let token), _): self = .token(token)
        case (.fid(let fid), _): self = .fid(fid)
        case (nil, .topic(let topic)): self = .topic(topic)
        case (nil, .condition(let condition)): self = .condition(condition)
        case (.subscription, _), (nil, .channel), (nil, nil): return nil
        }
    }

    /// The member of `Message`, and its value.
    var member: (name: String, value: String) {
        switch self {
        case .token(let value): ("token", value)
        case .fid(let value): ("fid", value)
        case .topic(let value): ("topic", value)
        case .condition(let value): ("condition", value)
        }
    }

    /// Octets of payload that FCM takes for it.
    package var payloadBytesMax: Int {
        switch self {
        case .token, .fid: 4_096
        case .topic, .condition: 2_048
        }
    }

    /// Far above any address seen (registration tokens have about 160 characters).
    private static let addressBytesMax = 4_096

    /// What FCM would say to an address or expression that cannot be one; nil for all others.
    package var verdict: Verdict? {
        switch self {
        case .token(let address), .fid(let address):
            if address.isEmpty { return .badRequest(.missingDeviceToken) }
            let isSafe =
                address.utf8.count <= Self.addressBytesMax && address.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            return isSafe ? nil : .addressDead(.badDeviceToken, invalidSinceMs: nil)
        case .topic(let name):
            return FCMTopicName.isWellFormed(name) ? nil : .badRequest(.badTarget)
        case .condition(let text):
            return FCMCondition.problem(with: text) == nil ? nil : .badRequest(.badTarget)
        }
    }
}

/// Names of topics.
package enum FCMTopicName {
    package static let allowed = "1 to 900 of a-z, A-Z, 0-9 and -_.~%, without /topics/"

    /// Source: Google, "Send messages to topics".
    package static func isWellFormed(_ name: String) -> Bool {
        (1...900).contains(name.utf8.count) && name.utf8.allSatisfy { FCMValueForm.isNameCharacter($0) }
    }
}

/// Conditions on topics: `'a' in topics && ('b' in topics || !('c' in topics))`.
package enum FCMCondition {
    /// FCM takes five at most.
    package static let topicsMax = 5
    private static let bytesMax = 8_192
    private static let depthMax = 32

    /// What is wrong with a condition, and where (in octets, from 1); nil for a good one.
    package static func problem(with text: String) -> String? {
        if text.utf8.count > bytesMax { return "longer than \(bytesMax) bytes" }
        var parser = FCMConditionParser(octets: Array(text.utf8), depthMax: depthMax)
        do throws(FCMConditionParser.Failure) {
            try parser.parse()
        } catch {
            return "\(error.message) at position \(error.offset + 1)"
        }
        return parser.topics > topicsMax ? "\(parser.topics) topics, at most \(topicsMax) are allowed" : nil
    }
}

/// `||` binds less than `&&`, and that less than `!`.
private struct FCMConditionParser {
    struct Failure: Error {
        let offset: Int
        let message: String
    }

    let octets: [UInt8]
    let depthMax: Int
    var position = 0
    var topics = 0

    mutating func parse() throws(Failure) {
        try disjunction(depth: 0)
        skipSpace()
        if position < octets.count { throw failure("unexpected text") }
    }

    private mutating func disjunction(depth: Int) throws(Failure) {
        try conjunction(depth: depth)
        while take("||") { try conjunction(depth: depth) }
    }

    private mutating func conjunction(depth: Int) throws(Failure) {
        try term(depth: depth)
        while take("&&") { try term(depth: depth) }
    }

    private mutating func term(depth: Int) throws(Failure) {
        if depth == depthMax { throw failure("nested deeper than \(depthMax)") }
        if take("!") { return try term(depth: depth + 1) }
        guard take("(") else { return try membership() }
        try disjunction(depth: depth + 1)
        guard take(")") else { throw failure("expected )") }
    }

    private mutating func membership() throws(Failure) {
        skipSpace()
        let start = position
        guard position < octets.count, "'\"".utf8.contains(octets[position]) else {
            throw failure("expected a topic in quotation marks")
        }
        let quote = octets[position]
        guard let end = octets[(start + 1)...].firstIndex(of: quote) else { throw failure("the topic has no end") }
        guard FCMTopicName.isWellFormed(String(decoding: octets[(start + 1)..<end], as: UTF8.self)) else {
            throw failure("not the name of a topic")
        }
        position = end + 1
        guard word("in"), word("topics") else { throw failure("expected: in topics") }
        topics += 1
    }

    /// A word that is not the beginning of a longer one.
    private mutating func word(_ word: StaticString) -> Bool {
        let start = position
        guard take(word), position == octets.count || !FCMValueForm.isAlphanumeric(octets[position]) else {
            position = start
            return false
        }
        return true
    }

    private mutating func take(_ text: StaticString) -> Bool {
        skipSpace()
        let wanted = Array("\(text)".utf8)
        guard octets[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func skipSpace() {
        while position < octets.count, octets[position] == 0x20 || octets[position] == 0x09 { position += 1 }
    }

    private func failure(_ message: String) -> Failure {
        Failure(offset: position, message: message)
    }
}

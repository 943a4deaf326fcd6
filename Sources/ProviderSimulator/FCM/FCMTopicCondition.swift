/// A condition on topics, such as `'a' in topics && ('b' in topics || !('c' in topics))`.
///
/// Source: Google, "Send messages to topics": at most five topics.
struct FCMTopicCondition {
    private(set) var topics: [String] = []
    private var rest: Substring
    private var depth = 0

    /// Deeper nesting is refused, so that no client can exhaust the stack.
    private static let depthMax = 100

    /// Nil where the text is not a condition.
    init?(_ text: String) {
        rest = text[...]
        guard disjunction() else { return nil }
        skipBlanks()
        guard rest.isEmpty else { return nil }
    }

    private mutating func disjunction() -> Bool {
        repeat { guard conjunction() else { return false } } while take("||")
        return true
    }

    private mutating func conjunction() -> Bool {
        repeat { guard term() else { return false } } while take("&&")
        return true
    }

    private mutating func term() -> Bool {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { return false }
        if take("!") { return term() }
        if take("(") { return disjunction() && take(")") }
        guard take("'"), let end = rest.firstIndex(of: "'") else { return false }
        let topic = String(rest[..<end])
        rest = rest[rest.index(after: end)...]
        guard FCMMessageRules.isTopic(topic), take("in"), take("topics") else { return false }
        topics.append(topic)
        return true
    }

    private mutating func take(_ word: String) -> Bool {
        skipBlanks()
        guard rest.hasPrefix(word) else { return false }
        rest = rest.dropFirst(word.count)
        return true
    }

    private mutating func skipBlanks() {
        rest = rest.drop { $0 == " " }
    }
}

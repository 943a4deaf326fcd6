private import PushCore

/// What a push service says in the body of its answer, read from whatever arrived.
///
/// What cannot be read is nil. Looks at the first 4,096 octets only.
struct WebPushErrorBody: Hashable, Sendable {
    /// Apple: `{"reason": "…"}`, as worded, cut to 64 octets.
    let reason: String?
    /// Mozilla: `{"errno": n, "message": "…", …}`.
    let errorNumber: Int64?
    /// Mozilla's words about ``errorNumber``, cut to 64 octets.
    let message: String?
    /// Google: the first line of a text that is neither JSON nor HTML, cut to 128 octets.
    let text: String?

    private static let bytesMax = 4_096
    private static let wordBytesMax = 64
    private static let textBytesMax = 128
    private static let limits = JSONLimits(bytesMax: bytesMax, depthMax: 8)

    init(_ body: [UInt8]) {
        let document = JSONDocument()
        let body = Array(body.prefix(Self.bytesMax))
        if !body.isEmpty, document.load(body, limits: Self.limits) == nil {
            let root = document.root
            reason = Self.word(root.member("reason"))
            errorNumber = root.member("errno")?.intValue
            message = Self.word(root.member("message"))
            text = nil
        } else {
            reason = nil
            errorNumber = nil
            message = nil
            text = Self.line(body)
        }
    }

    private static func word(_ node: JSONNode?) -> String? {
        guard let word = node?.stringValue, !word.isEmpty else { return nil }
        return String(decoding: word.utf8.prefix(wordBytesMax), as: UTF8.self)
    }

    /// The first line that is not blank; nil for HTML, for JSON that breaks off, and for what is no text.
    private static func line(_ body: [UInt8]) -> String? {
        let start = body.drop { $0 <= 0x20 }
        guard let first = start.first, !"<{[".utf8.contains(first) else { return nil }
        let line = start.prefix { $0 != 0x0A && $0 != 0x0D }.prefix(textBytesMax)
        guard line.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        return String(decoding: line, as: UTF8.self)
    }
}

import PushCore

/// The value of a record that Belfry publishes: one flat JSON object, read without the writer's code.
struct PublicRecord {
    private var fields: [String: String] = [:]

    /// - Parameter octets: An object of texts, numbers and booleans, the texts without escapes.
    init(_ octets: [UInt8]) {
        var isText = false
        var token: [UInt8] = []
        var name: String?
        for octet in octets {
            switch octet {
            case UInt8(ascii: "\""): isText.toggle()
            case UInt8(ascii: ":") where !isText:
                name = String(decoding: token, as: UTF8.self)
                token.removeAll(keepingCapacity: true)
            case UInt8(ascii: ",") where !isText, UInt8(ascii: "}") where !isText:
                if let name { fields[name] = String(decoding: token, as: UTF8.self) }
                name = nil
                token.removeAll(keepingCapacity: true)
            case UInt8(ascii: "{") where !isText: break
            default: token.append(octet)
            }
        }
    }

    subscript(name: String) -> String? { fields[name] }

    func identifier(_ name: String) -> Identifier? {
        // SAFETY: the octets are lent for the call.
        fields[name].flatMap { text in unsafe Array(text.utf8).withUnsafeBytes { unsafe Identifier(text: $0) } }
    }
}

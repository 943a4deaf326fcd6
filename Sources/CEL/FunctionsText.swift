/// The standard string functions.
extension Function {
    static let text: [Function] = [
        ofText("contains") { text, part, frame in
            if !frame.spend(bytes: text.utf8.count + part.utf8.count) { return .error(frame.exhaustion) }
            return .bool(Text.contains(text, part))
        },
        ofText("startsWith") { text, prefix, _ in .bool(Text.hasPrefix(text, prefix)) },
        ofText("endsWith") { text, suffix, _ in .bool(Text.hasSuffix(text, suffix)) },
    ]

    /// A member function of a string with a string argument.
    private static func ofText(
        _ name: String,
        _ body: @escaping @Sendable (String, String, inout Frame) -> Value
    ) -> Function {
        .binary(name, .member) { text, argument, frame in
            guard case .string(let text) = text, case .string(let argument) = argument else {
                return .noSuchOverload(name, text, argument)
            }
            return body(text, argument, &frame)
        }
    }
}

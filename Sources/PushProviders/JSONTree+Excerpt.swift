import PushCore

extension JSONTree {
    /// A scalar as a message about it shows it, cut to 64 characters; nil for null, arrays and objects.
    var excerpt: String? {
        switch self {
        case .null, .array, .object: nil
        case .boolean(let value): value.description
        case .integer(let value): value.description
        case .number(let value): value.description
        case .string(let value): String(value.prefix(64))
        }
    }
}

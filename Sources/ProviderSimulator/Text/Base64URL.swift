internal import Foundation

/// Base64 in its URL form, without padding (RFC 7515 section 2).
enum Base64URL {
    /// Nil for an empty text, for padding and for anything that is not base64url.
    static func decode(_ text: some StringProtocol) -> Data? {
        guard !text.isEmpty, text.utf8.allSatisfy(\.isBase64URLCharacter) else { return nil }
        let standard = String(text).replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4))
    }

    static func encode(_ octets: Data) -> String {
        octets.base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

extension UInt8 {
    /// Whether the octet is one of A-Z, a-z, 0-9, `-`, `_`.
    var isBase64URLCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: isUppercaseLetterOrDigit
        }
    }
}

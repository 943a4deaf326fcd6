/// Addresses of pictures that devices fetch and show beside a notification's words.
///
/// Apple's devices refuse plain HTTP (App Transport Security), and so do browsers on pages of https.
package enum ImageAddress {
    package static let allowed = "https:// and at most 2048 printable ASCII characters without spaces"

    private static let bytesMax = 2_048
    private static let scheme = "https://"

    package static func isUsable(_ text: String) -> Bool {
        let octets = text.utf8
        return octets.count > scheme.utf8.count && octets.count <= bytesMax && hasScheme(text[...])
            && octets.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Whether a template may give an address that is usable: what stands before its first tag, if anything, begins as one.
    package static func mayBeUsable(template: String) -> Bool {
        guard let tag = template.firstRange(of: "{{") else { return isUsable(template) }
        let start = template[..<tag.lowerBound]
        return start.isEmpty || hasScheme(start)
    }

    private static func hasScheme(_ text: Substring) -> Bool {
        text.prefix(scheme.count).lowercased() == scheme
    }
}

/// The form of a text, and how to say it to a person.
package struct TextForm: Sendable {
    /// Completes "must be …".
    package let allowed: String
    package let accepts: @Sendable (String) -> Bool

    // MARK: Names

    /// Of users, devices and topics: opaque to us.
    package static let identifier = TextForm(allowed: "a string of 1 to 256 bytes without control characters") {
        (1...256).contains($0.utf8.count) && $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    /// Of a category of notifications.
    package static let category = TextForm(allowed: "a string of 1 to 128 bytes without control characters") {
        identifier.accepts($0) && $0.utf8.count <= 128
    }

    /// A UUID as receipts have it.
    static let notificationID = TextForm(allowed: "a UUID in canonical form") { text in
        text.utf8.count == 36
            && text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || ByteScanning.hexadecimalValue($0) != nil }
    }

    static let collapseKey = TextForm(allowed: "a string of 1 to 1024 bytes") { (1...1024).contains($0.utf8.count) }

    static let provider = TextForm(allowed: "one of apns, fcm, webpush") { Provider(rawValue: $0) != nil }

    static let environment = TextForm(allowed: "one of production, sandbox") { $0 == "production" || $0 == "sandbox" }

    /// Of an APNs token.
    static let pushType: TextForm = {
        let names = ["alert"] + TokenKind.pushTypes
        return TextForm(allowed: "one of \(names.joined(separator: ", "))") { names.contains($0) }
    }()

    /// A bundle id or a Firebase project.
    static let app = TextForm(allowed: "1 to 155 of the characters A-Z a-z 0-9 . - _ :") {
        isMade($0, 1...155) { isAlphanumeric($0) || ".-_:".utf8.contains($0) }
    }

    /// RFC 6454 section 6.2, for the one scheme that service workers run on.
    static let webOrigin = TextForm(allowed: "an origin such as https://shop.example.com, without a path") { text in
        WebAddress.isEndpoint("\(text)/", bytesMax: 512)
            && !text.dropFirst("https://".count).contains { "/?".contains($0) }
    }

    // MARK: Addresses

    /// Apple says to expect no particular length ("Registering your app with APNs").
    static let apnsToken = TextForm(allowed: "1 to 512 hexadecimal digits") {
        isMade($0, 1...512) { ByteScanning.hexadecimalValue($0) != nil }
    }

    /// Opaque, but it stands in JSON and in URLs.
    static let fcmToken = TextForm(allowed: "1 to 4096 printable ASCII characters without spaces") {
        isMade($0, 1...4096) { $0 > 0x20 && $0 < 0x7F }
    }

    static let installationID = TextForm(allowed: "1 to 256 of the characters A-Z a-z 0-9 - _") {
        isMade($0, 1...256) { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    static let endpoint = TextForm(allowed: "an https URL of at most 2048 bytes, without user, password and fragment") {
        WebAddress.isEndpoint($0, bytesMax: 2048)
    }

    // MARK: Places and times

    /// The shape of RFC 5646 section 2.1: `de`, `de-AT`, `zh-Hant-TW`.
    ///
    /// Whether the subtags exist is not looked at.
    static let locale = TextForm(allowed: "a BCP 47 language tag such as de or de-AT, at most 35 characters") { text in
        let subtags = text.split(separator: "-", omittingEmptySubsequences: false)
        return text.utf8.count <= 35 && isMade(String(subtags[0]), 2...8) { isLetter($0) }
            && subtags.dropFirst().allSatisfy { isMade(String($0), 1...8) { isAlphanumeric($0) } }
            && subtags.last?.utf8.count != 1
    }

    /// The shape of a name in the time zone database.
    ///
    /// Whether it exists is looked up where that database is.
    package static let timezone = TextForm(allowed: "UTC or an IANA time zone such as Europe/Berlin") { text in
        if text == "UTC" { return true }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.count <= 64 && (2...3).contains(parts.count)
            && parts.allSatisfy { part in
                guard let first = part.utf8.first, isLetter(first) else { return false }
                return part.utf8.allSatisfy { isAlphanumeric($0) || "_+-".utf8.contains($0) }
            }
    }

    /// `00:00` to `23:59`.
    static let timeOfDay = TextForm(allowed: "a time of day from 00:00 to 23:59") { text in
        let digits = Array(text.utf8)
        guard digits.count == 5, digits[2] == UInt8(ascii: ":") else { return false }
        guard [0, 1, 3, 4].allSatisfy({ isDigit(digits[$0]) }) else { return false }
        return text < "24:00" && digits[3] < UInt8(ascii: "6")
    }

    // MARK: Characters

    static func isMade(_ text: String, _ lengths: ClosedRange<Int>, of isAllowed: (UInt8) -> Bool) -> Bool {
        lengths.contains(text.utf8.count) && text.utf8.allSatisfy(isAllowed)
    }

    static func isDigit(_ octet: UInt8) -> Bool { octet &- UInt8(ascii: "0") < 10 }

    static func isLetter(_ octet: UInt8) -> Bool { (octet | 0x20) &- UInt8(ascii: "a") < 26 }

    static func isAlphanumeric(_ octet: UInt8) -> Bool { isDigit(octet) || isLetter(octet) }
}

/// The syntax of web addresses (RFC 3986), as far as a push endpoint needs it.
enum WebAddress {
    /// Whether the text is `https`, a host, perhaps a port, and a path.
    ///
    /// Whether the host may be asked is decided elsewhere.
    static func isEndpoint(_ text: String, bytesMax: Int) -> Bool {
        let scheme = "https://"
        guard text.utf8.count <= bytesMax, text.prefix(scheme.count).lowercased() == scheme,
            text.utf8.allSatisfy(isURLCharacter), hasWholeEscapes(text)
        else { return false }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard rest.dropFirst(authority.count).first == "/" else { return false }
        return isAuthority(authority)
    }

    private static func isAuthority(_ authority: Substring) -> Bool {
        let end: Substring.Index
        if authority.first == "[" {
            guard let bracket = authority.firstIndex(of: "]") else { return false }
            let address = authority[authority.index(after: authority.startIndex)..<bracket]
            let isAddress = address.utf8.allSatisfy {
                ByteScanning.hexadecimalValue($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
            guard isAddress, address.utf8.count(where: { $0 == UInt8(ascii: ":") }) >= 2 else { return false }
            end = authority.index(after: bracket)
        } else {
            end = authority.firstIndex(of: ":") ?? authority.endIndex
            guard isHostName(authority[..<end]) else { return false }
        }
        let port = authority[end...]
        if port.isEmpty { return true }
        guard port.first == ":", port.utf8.dropFirst().allSatisfy(TextForm.isDigit) else { return false }
        return Int(port.dropFirst()).map { (1...65_535).contains($0) } ?? false
    }

    /// Labels of letters, digits and hyphens (RFC 1123 section 2.1), and underscores, which occur.
    private static func isHostName(_ host: Substring) -> Bool {
        guard (1...253).contains(host.utf8.count) else { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy {
                    TextForm.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
    }

    /// What RFC 3986 allows in a URL, but for `#`: a fragment is never sent.
    ///
    /// `@` is looked for in the authority.
    private static func isURLCharacter(_ octet: UInt8) -> Bool {
        TextForm.isAlphanumeric(octet) || "-._~:/?[]@!$&'()*+,;=%".utf8.contains(octet)
    }

    private static func hasWholeEscapes(_ text: String) -> Bool {
        text.split(separator: "%", omittingEmptySubsequences: false).dropFirst().allSatisfy { part in
            part.utf8.count >= 2 && part.utf8.prefix(2).allSatisfy { ByteScanning.hexadecimalValue($0) != nil }
        }
    }
}

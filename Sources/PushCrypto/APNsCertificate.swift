private import COpenSSL

/// The certificate of an app at APNs, with the chain that it comes with and its key: what a TLS connection shows.
///
/// Source: Apple, "Establishing a certificate-based connection to APNs".
package struct APNsCertificate: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// PEM: the certificate first.
    package let chain: [UInt8]
    /// PEM: a secret.
    package let key: [UInt8]
    /// `UID` in the subject: the bundle id, or the topic of device management; nil where there is none.
    package let userID: String?
    /// What the certificate may send to, suffixes included: as its extension lists them.
    ///
    /// Without the extension only ``userID``, and nothing where that is missing too.
    package let topics: [String]
    /// The first moment at which it is valid, in milliseconds since the Unix epoch.
    package let notBeforeMs: Int64
    /// The last moment at which it is valid, in milliseconds since the Unix epoch.
    package let notAfterMs: Int64

    /// Apple's extension with the topics.
    private static let topicsExtension = "1.2.840.113635.100.6.3.6"

    /// From PEM (RFC 7468).
    ///
    /// - Parameters:
    ///   - certificates: the app's certificate first, then those that lead to Apple's root, if any.
    ///   - key: the key of the first certificate, not encrypted; nil where it is in `certificates`, before or after them.
    /// - Throws: ``CertificateError``: no certificate, no key, one that cannot be read, or a key of another certificate.
    package init(certificates: String, key: String? = nil) throws(CertificateError) {
        let memory = try Self.memory(certificates)
        guard let leaf = CertificateHandle(reading: memory) else { throw .reason(for: certificates) }
        try Self.checkRest(of: memory, text: certificates)

        do throws(CryptoError) {
            let privateKey = try PEMReader.privateKey(in: key ?? certificates, for: .any)
            // SAFETY: both handles live until the end of the call, which reads them.
            guard unsafe X509_check_private_key(leaf.pointer, privateKey.pointer) == 1 else {
                _ = ErrorQueue.drain()
                throw .invalidKey(detail: "it does not belong to the certificate")
            }
            // SAFETY: the times belong to the certificate, which lives until the end of this block.
            notBeforeMs = try unsafe Self.milliseconds(X509_get0_notBefore(leaf.pointer))
            notAfterMs = try unsafe Self.milliseconds(X509_get0_notAfter(leaf.pointer))
            userID = Self.userID(of: leaf)
            topics = try Self.topics(of: leaf) ?? userID.map { [$0] } ?? []
        } catch {
            throw .key(error)
        }
        chain = Array(certificates.utf8)
        self.key = Array((key ?? certificates).utf8)
    }

    /// Without the key.
    package var description: String { "the certificate of \(userID ?? "an unnamed app")" }
    package var debugDescription: String { description }

    // MARK: Use

    /// Something to know about before the certificate is used.
    package enum Finding: Hashable, Sendable, CustomStringConvertible {
        case notYetValid(days: Int64)
        case ended(days: Int64)
        /// Within 30 days.
        case endsSoon(days: Int64)
        /// Nothing can be sent to the app; what the certificate is for.
        case otherApp(topics: [String])

        /// Whether APNs will refuse what is sent.
        package var isFatal: Bool {
            switch self {
            case .notYetValid, .ended, .otherApp: true
            case .endsSoon: false
            }
        }

        package var description: String {
            switch self {
            case .notYetValid(let days):
                "the certificate is not valid yet, but in \(days) days; is this machine's clock right?"
            case .ended(let days): "the certificate ended \(days) days ago"
            case .endsSoon(let days): "the certificate ends in \(days) days; Apple gives a new one any time"
            case .otherApp(let topics): "the certificate is for \(topics.joined(separator: ", "))"
            }
        }
    }

    private static let dayMs: Int64 = 24 * 60 * 60 * 1_000
    private static let warningDays: Int64 = 30

    /// What stands against using the certificate for an app at this time.
    ///
    /// - Parameters:
    ///   - wanted: all topics that the app may send to, suffixes included; one of them is enough.
    ///   - nowMs: milliseconds since the Unix epoch.
    /// - Returns: empty where nothing does.
    package func findings(topics wanted: [String], nowMs: Int64) -> [Finding] {
        var findings: [Finding] = []
        if nowMs < notBeforeMs {
            findings.append(.notYetValid(days: (notBeforeMs - nowMs) / Self.dayMs))
        } else if nowMs > notAfterMs {
            findings.append(.ended(days: (nowMs - notAfterMs) / Self.dayMs))
        } else if notAfterMs - nowMs <= Self.warningDays * Self.dayMs {
            findings.append(.endsSoon(days: (notAfterMs - nowMs) / Self.dayMs))
        }
        if !wanted.contains(where: allows) { findings.append(.otherApp(topics: topics)) }
        return findings
    }

    /// Whether requests to this topic, suffix included, are taken; true where the certificate does not say.
    package func allows(topic: String) -> Bool {
        topics.isEmpty || topics.contains(topic)
    }

    // MARK: Reading

    private static func memory(_ text: String) throws(CertificateError) -> MemoryHandle {
        do throws(CryptoError) {
            let memory = try MemoryHandle()
            try memory.write(Array(text.utf8))
            return memory
        } catch {
            throw .key(error)
        }
    }

    /// The chain is sent as it is: one broken certificate would end each handshake.
    private static func checkRest(of memory: borrowing MemoryHandle, text: String) throws(CertificateError) {
        var count = 1
        while CertificateHandle(reading: memory) != nil { count += 1 }
        let detail = ErrorQueue.drain()
        guard count == CertificateError.certificateCount(in: text) else {
            throw .malformedCertificate(number: count + 1, detail: detail)
        }
    }

    private static func milliseconds(_ time: UnsafePointer<ASN1_TIME>?) throws(CryptoError) -> Int64 {
        let epoch = try TimeHandle(secondsSinceEpoch: 0)
        var days: CInt = 0
        var seconds: CInt = 0
        // SAFETY: the time belongs to a certificate that lives until the caller returns; the results are written within the
        // call.
        guard unsafe ASN1_TIME_diff(&days, &seconds, epoch.pointer, time) == 1 else {
            throw .openSSL(function: "ASN1_TIME_diff", detail: ErrorQueue.drain())
        }
        return Int64(days) * dayMs + Int64(seconds) * 1_000
    }

    private static func userID(of certificate: borrowing CertificateHandle) -> String? {
        // SAFETY: name, entry and data belong to the certificate, which outlives the calls; the data is copied.
        let name = unsafe X509_get_subject_name(certificate.pointer)
        let index = unsafe X509_NAME_get_index_by_NID(name, NID_userId, -1)
        guard index >= 0 else { return nil }
        guard let data = unsafe X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)) else { return nil }
        return unsafe String(decoding: octets(of: data), as: UTF8.self)
    }

    /// Nil without the extension, or where it is not of the form known.
    private static func topics(of certificate: borrowing CertificateHandle) throws(CryptoError) -> [String]? {
        let identifier = try ObjectIdentifierHandle(topicsExtension)
        // SAFETY: the extension and its data belong to the certificate, which outlives the calls; the data is copied.
        let index = unsafe X509_get_ext_by_OBJ(certificate.pointer, identifier.pointer, -1)
        guard index >= 0, let found = unsafe X509_get_ext(certificate.pointer, index),
            let data = unsafe X509_EXTENSION_get_data(found)
        else { return nil }
        return DERTopics.read(unsafe octets(of: data)[...])
    }

    /// A copy of a string's octets.
    private static func octets(of string: UnsafePointer<ASN1_STRING>) -> [UInt8] {
        // SAFETY: OpenSSL's string has so many octets at that address.
        let start = unsafe ASN1_STRING_get0_data(string)
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string))))
    }
}

/// A time: `ASN1_TIME`.
@safe
private struct TimeHandle: ~Copyable {
    let pointer: UnsafeMutablePointer<ASN1_TIME>

    init(secondsSinceEpoch seconds: Int) throws(CryptoError) {
        guard let time = unsafe ASN1_TIME_set(nil, seconds) else {
            throw .openSSL(function: "ASN1_TIME_set", detail: ErrorQueue.drain())
        }
        unsafe pointer = time
    }

    // SAFETY: made in `init`, freed here only.
    deinit { unsafe ASN1_TIME_free(pointer) }
}

/// The value of Apple's extension: a sequence of a topic (UTF8String) and a sequence of the kinds it serves, again and again.
private enum DERTopics {
    private static let utf8String: UInt8 = 0x0C
    private static let sequence: UInt8 = 0x30

    /// Nil where the octets are anything else.
    static func read(_ octets: ArraySlice<UInt8>) -> [String]? {
        var outer = octets
        guard let (tag, content) = takeValue(&outer), tag == sequence, outer.isEmpty else { return nil }
        var rest = content
        var topics: [String] = []
        while !rest.isEmpty {
            guard let (tag, value) = takeValue(&rest) else { return nil }
            if tag == utf8String { topics.append(String(decoding: value, as: UTF8.self)) }
        }
        return topics.isEmpty ? nil : topics
    }

    /// X.690 section 8.1.3: tag, length, content.
    private static func takeValue(_ octets: inout ArraySlice<UInt8>) -> (tag: UInt8, content: ArraySlice<UInt8>)? {
        guard let tag = octets.popFirst(), let first = octets.popFirst() else { return nil }
        var count = Int(first)
        if first >= 0x80 {
            let width = Int(first & 0x7F)
            guard (1...4).contains(width), octets.count >= width else { return nil }
            count = octets.prefix(width).reduce(0) { $0 << 8 | Int($1) }
            octets = octets.dropFirst(width)
        }
        guard octets.count >= count else { return nil }
        defer { octets = octets.dropFirst(count) }
        return (tag, octets.prefix(count))
    }
}

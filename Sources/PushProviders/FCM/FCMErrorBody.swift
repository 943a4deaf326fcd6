private import PushCore

/// `{"error": {"code", "message", "status", "details": […]}}`, read from whatever arrived.
///
/// What cannot be read is nil or empty. Bodies that are not JSON, or above 64 KiB, give nothing.
///
/// Source: google.rpc.Status and error_details.proto; Google, "ErrorCode" of FCM.
struct FCMErrorBody: Hashable, Sendable {
    /// A field that FCM found fault with, or a quota's subject, and what it says about it.
    struct Violation: Hashable, Sendable {
        let subject: String
        let description: String
    }

    /// google.rpc.Code by name, such as `INVALID_ARGUMENT`.
    private(set) var status: String?
    /// Of the detail `FcmError`, such as `UNREGISTERED`; nil where it says nothing.
    private(set) var errorCode: String?
    /// Of the detail `BadRequest`; nil where there is no such detail.
    private(set) var fieldViolations: [Violation]?
    /// Of the detail `QuotaFailure`.
    private(set) var quotaViolations: [Violation] = []
    /// Of the detail `ApnsError`: what APNs answered to FCM.
    private(set) var apnsReason: String?
    /// Of the detail `RetryInfo`.
    private(set) var retryDelay: Duration?
    /// Of the success: `projects/…/messages/…`.
    private(set) var name: String?

    private static let limits = JSONLimits(bytesMax: 65_536, depthMax: 32)
    private static let wordBytesMax = 64
    private static let textBytesMax = 256
    private static let violationsMax = 16

    init(_ body: [UInt8]) {
        let document = JSONDocument()
        guard !body.isEmpty, document.load(body, limits: Self.limits) == nil else { return }
        // Some of Google's front ends put the answer into a list.
        guard let root = document.root.kind == .array ? document.root.element(0) : document.root else { return }
        name = root.member("name")?.stringValue.map { Self.cut($0, Self.textBytesMax) }
        guard let error = root.member("error") else { return }
        // The older topic calls answer with the word alone.
        status = Self.word(error.member("status") ?? error)
        guard let details = error.member("details") else { return }
        for detail in details.elements where detail.kind == .object { read(detail) }
    }

    private mutating func read(_ detail: JSONNode) {
        // `type.googleapis.com/`, then the name of the message.
        let type = detail.member("@type")?.stringValue.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        switch type {
        case "google.firebase.fcm.v1.FcmError":
            let code = Self.word(detail.member("errorCode"))
            if code != "UNSPECIFIED_ERROR" { errorCode = code ?? errorCode }
        case "google.firebase.fcm.v1.ApnsError":
            apnsReason = Self.word(detail.member("reason")) ?? apnsReason
        case "google.rpc.BadRequest":
            fieldViolations = (fieldViolations ?? []) + Self.violations(detail.member("fieldViolations"), "field")
        case "google.rpc.QuotaFailure":
            quotaViolations += Self.violations(detail.member("violations"), "subject")
        case "google.rpc.RetryInfo":
            let nanoseconds = detail.member("retryDelay")?.stringValue.flatMap(FCMValueForm.nanoseconds(ofDuration:))
            retryDelay = nanoseconds.map { .nanoseconds($0) } ?? retryDelay
        default:
            break
        }
    }

    private static func violations(_ list: JSONNode?, _ subject: String) -> [Violation] {
        guard let list else { return [] }
        return list.elements.prefix(violationsMax).map { violation in
            Violation(
                subject: violation.member(subject)?.stringValue.map { cut($0, textBytesMax) } ?? "",
                description: violation.member("description")?.stringValue.map { cut($0, textBytesMax) } ?? ""
            )
        }
    }

    private static func word(_ node: JSONNode?) -> String? {
        node?.stringValue.flatMap { $0.isEmpty ? nil : cut($0, wordBytesMax) }
    }

    private static func cut(_ text: String, _ bytesMax: Int) -> String {
        text.utf8.count <= bytesMax ? text : String(decoding: text.utf8.prefix(bytesMax), as: UTF8.self)
    }
}

import PushCore
import Testing

/// Records for tests.
enum Sample {
    static let attributes = [
        ("specversion", "1.0"), ("id", "e-1"), ("source", "/shop"), ("type", "com.example.order.shipped"),
    ]

    /// Binary mode: the required attributes, some of them changed (nil: left out), and further headers.
    static func binary(
        _ changes: [String: String?] = [:],
        value: String? = #"{"a":1}"#,
        contentType: String? = "application/json",
        more: [OwnedRecord.Header] = []
    ) -> OwnedRecord {
        var headers: [OwnedRecord.Header] = []
        var names = attributes.map(\.0)
        names += changes.keys.filter { !names.contains($0) }.sorted()
        for name in names {
            let text = changes[name] ?? attributes.first { $0.0 == name }?.1
            if let text { headers.append(.init("ce_\(name)", text)) }
        }
        if let contentType { headers.append(.init("content-type", contentType)) }
        return OwnedRecord(topic: "shop.events", value: value.map { Array($0.utf8) }, headers: headers + more)
    }

    /// Structured mode: the required members, some of them changed (JSON texts; nil: left out).
    static func structured(
        _ changes: [String: String?] = [:],
        contentType: String = "application/cloudevents+json; charset=UTF-8"
    ) -> OwnedRecord {
        var members: [String] = []
        var names = attributes.map(\.0)
        names += changes.keys.filter { !names.contains($0) }.sorted()
        for name in names {
            let text = changes[name] ?? attributes.first { $0.0 == name }.map { "\"\($0.1)\"" }
            if let text { members.append("\"\(name)\":\(text)") }
        }
        return envelope("{\(members.joined(separator: ","))}", contentType: contentType)
    }

    static func envelope(
        _ value: String?,
        contentType: String = "application/cloudevents+json",
        more: [OwnedRecord.Header] = []
    ) -> OwnedRecord {
        OwnedRecord(
            topic: "shop.events",
            value: value.map { Array($0.utf8) },
            headers: [.init("content-type", contentType)] + more
        )
    }
}

extension EventDecoder {
    /// Decodes and looks at the event while it is good.
    func inspect<Result>(
        _ record: OwnedRecord,
        _ location: SourceLocation = #_sourceLocation,
        _ body: (Event) throws -> Result
    ) throws -> Result {
        try record.withInputRecord { record in
            switch decode(record) {
            case .event(let event): return try body(event)
            case .tombstone: throw Unexpected(text: "tombstone")
            case .invalid(let reason): throw Unexpected(text: "\(reason)")
            }
        }
    }

    /// The reason why a record is refused; nil where it is not.
    func refusal(_ record: OwnedRecord) -> DeadLetterReason? {
        record.withInputRecord { record in
            if case .invalid(let reason) = decode(record) { return reason }
            return nil
        }
    }

    struct Unexpected: Error { let text: String }
}

/// A change to a good record and why it is refused.
struct Refusal: CustomTestStringConvertible, Sendable {
    let what: String
    let record: OwnedRecord
    let code: DeadLetterReason.Code
    /// A part of the detail, which names the attribute.
    let detail: String

    init(_ what: String, _ record: OwnedRecord, _ code: DeadLetterReason.Code, _ detail: String) {
        self.what = what
        self.record = record
        self.code = code
        self.detail = detail
    }

    var testDescription: String { what }
}

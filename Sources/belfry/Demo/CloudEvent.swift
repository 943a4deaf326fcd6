import PushCore

/// An event as the shop's own services would write it, in either of the two modes (CloudEvents, Kafka protocol binding).
struct CloudEvent: Sendable {
    let type: String
    let source: String
    let id: String
    let timeMs: Int64
    let data: JSONObject

    /// Attributes in headers, data as the value.
    func binary(topic: String, key: String) -> ShopRecord {
        ShopRecord(
            topic: topic,
            key: key,
            value: data.text,
            headers: [
                ("ce_specversion", "1.0"), ("ce_type", type), ("ce_source", source), ("ce_id", id),
                ("ce_time", RFC3339.text(timeMs)), ("content-type", "application/json"),
            ]
        )
    }

    /// Everything in the value.
    func structured(topic: String, key: String) -> ShopRecord {
        let envelope = JSONObject([
            ("specversion", .text("1.0")), ("type", .text(type)), ("source", .text(source)), ("id", .text(id)),
            ("time", .text(RFC3339.text(timeMs))), ("datacontenttype", .text("application/json")),
            ("data", .object(data)),
        ])
        return ShopRecord(
            topic: topic,
            key: key,
            value: envelope.text,
            headers: [("content-type", "application/cloudevents+json; charset=utf-8")]
        )
    }
}

/// A JSON object whose members keep their order.
struct JSONObject: Sendable {
    indirect enum Member: Sendable {
        case text(String)
        case texts([String])
        case number(Double)
        case flag(Bool)
        case object(JSONObject)
    }

    private let members: [(name: String, value: Member)]

    init(_ members: [(String, Member)]) {
        self.members = members
    }

    var text: String {
        var writer = JSONWriter()
        write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for member in members {
            writer.key(member.name)
            switch member.value {
            case .text(let text): writer.string(text)
            case .texts(let texts):
                writer.beginArray()
                for text in texts { writer.string(text) }
                writer.endArray()
            case .number(let number):
                // As prices are written: 25, and not 25.0.
                if let whole = Int64(exactly: number) { writer.integer(whole) } else { writer.double(number) }
            case .flag(let flag): writer.bool(flag)
            case .object(let object): object.write(to: &writer)
            }
        }
        writer.endObject()
    }
}

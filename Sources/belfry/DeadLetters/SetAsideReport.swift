import Foundation
import PushCore

/// What `belfry dead-letters list` says.
struct SetAsideReport {
    let letters: [SetAside]
    /// Records of the topic that are no dead letters.
    let others: Int
    /// Whether there were more than were asked for.
    let isCut: Bool
    let showsValues: Bool

    private static let valueMax = 2_000

    /// For a person.
    var text: String {
        var lines = letters.flatMap(lines)
        lines.append("\(letters.count) dead letters")
        let reasons = Dictionary(grouping: letters, by: \.reason).mapValues(\.count)
        for (reason, count) in reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            lines.append("  \(count) \(displayed(reason))")
        }
        if others > 0 { lines.append("note: \(others) records of the topic are no dead letters") }
        if isCut { lines.append("note: there are more; --limit says how many are listed") }
        return lines.joined(separator: "\n")
    }

    private func lines(_ letter: SetAside) -> [String] {
        let time = letter.timestampMs < 0 ? "-" : RFC3339.text(letter.timestampMs)
        let size = letter.original.value.map { "\($0.count) bytes" } ?? "no value"
        let key = letter.original.key.map { displayed(String(decoding: $0, as: UTF8.self)) } ?? "none"
        var lines = [
            "\(letter.place)  \(time)  \(displayed(letter.stage)): \(displayed(letter.reason))",
            "  \(displayed(letter.detail))",
            "  from \(displayed(letter.origin)), key \(key), \(letter.omittedValue.map { "value left out: \(displayed($0))" } ?? size)",
        ]
        if showsValues, let value = letter.original.value {
            let shown = displayed(String(decoding: value.prefix(Self.valueMax), as: UTF8.self))
            lines.append("  \(shown)\(value.count > Self.valueMax ? " … \(value.count) bytes" : "")")
        }
        return lines
    }

    /// One object for each dead letter, each on one line.
    var json: String { letters.map { JSONTree.object(object($0)).line }.joined(separator: "\n") }

    private func object(_ letter: SetAside) -> PushCore.JSONObject {
        var object = PushCore.JSONObject()
        object["partition"] = .integer(Int64(letter.partition))
        object["offset"] = .integer(letter.offset)
        object["at"] = letter.timestampMs < 0 ? .null : .string(RFC3339.text(letter.timestampMs))
        object["stage"] = .string(letter.stage)
        object["reason"] = .string(letter.reason)
        object["detail"] = .string(letter.detail)
        object["topic"] = .string(letter.original.topic)
        object["topic_partition"] = .integer(Int64(letter.original.partition))
        object["topic_offset"] = .integer(letter.original.offset)
        Self.put(letter.original.key, as: "key", in: &object)
        if let omitted = letter.omittedValue { object["value_omitted"] = .string(omitted) }
        object["value_bytes"] = letter.original.value.map { .integer(Int64($0.count)) } ?? .null
        if showsValues { Self.put(letter.original.value, as: "value", in: &object) }
        var headers = PushCore.JSONObject()
        for header in letter.original.headers {
            Self.put(header.value, as: String(decoding: header.name, as: UTF8.self), in: &headers)
        }
        object["headers"] = .object(headers)
        return object
    }

    /// Text as it is; what is no text in base 64, under a name that says so.
    private static func put(_ octets: [UInt8]?, as name: String, in object: inout PushCore.JSONObject) {
        guard let octets else { return object[name] = .null }
        if let text = String(validating: octets, as: UTF8.self) {
            object[name] = .string(text)
        } else {
            object[name + "_base64"] = .string(Data(octets).base64EncodedString())
        }
    }
}

import Foundation
import Kafka

/// A receipt as other programs see it.
struct ReadReceipt {
    let record: LoggedRecord
    let value: JSONValue

    subscript(name: String) -> JSONValue? { value[name] }

    var id: String { value["receipt_id"]?.text ?? "" }
    var outcome: String { value["outcome"]?.text ?? "" }
    var reason: String? { value["reason"]?.text }
    var eventID: String { value["event_id"]?.text ?? "" }
    var deviceID: String? { value["device_id"]?.text }
    var userID: String { value["user_id"]?.text ?? "" }
    /// What the record's key must be.
    var key: String {
        guard let kind = value["target_kind"]?.text else { return userID }
        return "t:\(kind)/\(value["app"]?.text ?? "")/\(value["target"]?.text ?? "")"
    }
    var isPossibleDuplicate: Bool { value["possible_duplicate"] == true }
}

/// The receipts so far.
final class ReceiptLog {
    private let log: TopicLog
    private(set) var receipts: [ReadReceipt] = []
    private(set) var byID: [String: [ReadReceipt]] = [:]

    init(settings: KafkaSettings) throws {
        log = try TopicLog("push.receipts", settings: settings)
    }

    func refresh() throws {
        try log.refresh()
        for record in log.records[receipts.count...] {
            let receipt = ReadReceipt(record: record, value: try JSONValue(parsing: record.value ?? []))
            receipts.append(receipt)
            byID[receipt.id, default: []].append(receipt)
        }
    }

    /// Distinct receipts.
    var count: Int { byID.count }

    /// Waits until there are so many distinct receipts.
    func receipts(atLeast count: Int, within limit: Duration = .seconds(60)) async throws {
        try await eventually("\(count) receipts, there are \(self.count)", within: limit) {
            try refresh()
            return self.count >= count
        }
    }

    /// Waits for the receipts of one event.
    func receipts(of eventID: String, count: Int = 1, within limit: Duration = .seconds(60)) async throws
        -> [ReadReceipt]
    {
        try await eventually("\(count) receipts of \(eventID)", within: limit) {
            try refresh()
            let found = receipts.filter { $0.eventID == eventID }
            return Set(found.map(\.id)).count >= count ? found : nil
        }
    }

    /// What the schemas have against any of the receipts, and against how they stand in Kafka.
    func problems() throws -> [String] {
        let validator = SchemaValidator()
        return try receipts.flatMap { receipt in
            let headers = receipt.record.headersValue
            var problems = try validator.problems(receipt.value, schema: "receipt.schema.json")
            problems += try validator.problems(headers, schema: "receipt-headers.schema.json")
            if headers["ce_id"]?.text != receipt.id { problems.append("ce_id is not the receipt_id") }
            if headers["ce_time"] != receipt["completed_at"] { problems.append("ce_time is not completed_at") }
            if receipt.record.keyText != receipt.key {
                problems.append("the key is neither the user id nor the target's")
            }
            return problems.map { "receipt \(receipt.id) of \(receipt.eventID): \($0)" }
        }
    }
}

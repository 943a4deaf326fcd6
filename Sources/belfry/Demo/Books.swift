import PushCore

/// All sides of the books of a run: what the shop meant, what stands in Kafka, and what the provider received.
struct Books: Sendable {
    /// Where a record lies.
    struct Place: Hashable, Sendable, CustomStringConvertible {
        let topic: String
        let partition: Int32
        let offset: Int64

        var description: String { "\(topic) [\(partition)] @\(offset)" }
    }

    /// A record on an event topic; `number` is the index into `played`.
    struct StoredEvent: Sendable {
        let place: Place
        let number: Int
    }

    /// An event by its CloudEvents identity.
    struct EventKey: Hashable, Sendable, CustomStringConvertible {
        let source: String
        let id: String

        var description: String { "\(source)#\(id)" }
    }

    /// A command to notify, from the inbox.
    struct Asked: Sendable {
        let notificationID: String
        /// Tells two records with the same event apart.
        let origin: UInt64
        let event: EventKey
        let ruleID: String
        let userID: String
    }

    /// A record of the outbox.
    struct Delivered: Sendable {
        let deliveryID: String
        let notificationID: String
        let deviceID: String
    }

    /// A receipt; its names are those of `schemas/receipt.schema.json`.
    struct Receipt: Sendable, Decodable {
        let receiptID: String
        let notificationID: String
        let outcome: String
        let reason: String?
        let userID: String
        let deviceID: String?
        let providerMessageID: String?
        let ruleID: String
        let possibleDuplicate: Bool

        enum CodingKeys: String, CodingKey {
            case receiptID = "receipt_id"
            case notificationID = "notification_id"
            case outcome
            case reason
            case userID = "user_id"
            case deviceID = "device_id"
            case providerMessageID = "provider_message_id"
            case ruleID = "rule_id"
            case possibleDuplicate = "possible_duplicate"
        }
    }

    struct SetAside: Sendable {
        let place: Place
        let reason: String
    }

    /// What the stages counted.
    struct Counted: Sendable {
        var matched = 0
        var unmatched = 0
        var deadLettered = 0
        var notifications = 0
        var outcomes = 0
        var recordsLost = 0
    }

    var played: [PlayedEvent] = []
    /// How long it took to play them.
    var playedSeconds = 0.0
    var stored: [StoredEvent] = []
    var asked: [Asked] = []
    var delivered: [Delivered] = []
    var receipts: [Receipt] = []
    var setAside: [SetAside] = []
    /// Tokens that were signalled as dead, as often as they were.
    var invalidTokens: [String] = []
    var requests: [SimulatorWitness.Request] = []
    var counted = Counted()
    /// Records that were found and could not be read, and partitions whose beginning is gone.
    var unreadable: [String] = []
    var errorsLogged: [String] = []
}

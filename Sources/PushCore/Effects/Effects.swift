/// The topics that Belfry itself writes, by what they are for. The configuration names them.
package enum TopicRole: Hashable, Sendable {
    case inbox
    case users
    case receipts
    case invalidTokens
    case deadLetters
    case outbox(Provider)

    /// Asked for each record: comparing as a whole would compare the providers by their names.
    var isReceipts: Bool {
        if case .receipts = self { true } else { false }
    }
}

/// A Kafka header: its value is nil where the record has the name alone.
package struct RecordHeader: Sendable, Equatable {
    package let name: String
    package let value: [UInt8]?

    package init(_ name: String, _ value: [UInt8]?) {
        self.name = name
        self.value = value
    }

    package init(_ name: String, _ text: String) {
        self.init(name, Array(text.utf8))
    }
}

/// A record that a core wants to be produced.
package struct Outgoing: Sendable, Equatable {
    package let topic: TopicRole
    /// nil: the partitioner decides by the key.
    package let partition: Int32?
    package let key: [UInt8]?
    /// nil: a tombstone.
    package let value: [UInt8]?
    package let headers: [RecordHeader]

    package init(
        _ topic: TopicRole,
        partition: Int32? = nil,
        key: [UInt8]?,
        value: [UInt8]?,
        headers: [RecordHeader] = []
    ) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
    }
}

/// What follows from one input record.
package struct Effects: Sendable, Equatable {
    /// New state, or in dispatch what the users stage must hear of. It is acknowledged before any of the outputs is produced: a
    /// decision that could be seen outside is always one that a restart will find.
    package var state: Outgoing?
    /// In no particular order.
    package var outputs: [Outgoing]

    package init(state: Outgoing? = nil, outputs: [Outgoing] = []) {
        self.state = state
        self.outputs = outputs
    }

    package static let none = Effects()

    package var isEmpty: Bool { state == nil && outputs.isEmpty }
}

/// Somebody as a preview knows them: what an app's backend would have registered about them.
package struct PreviewPerson: Sendable {
    /// An event on the registrations topic, without the user's id.
    package struct Registration: Sendable {
        package let type: RegistrationType
        package let data: JSONObject
        /// What it was read from, such as `devices[0]`.
        package let name: String

        package init(_ type: RegistrationType, _ data: JSONObject, name: String) {
            self.type = type
            self.data = data
            self.name = name
        }
    }

    /// Nil: whoever is addressed and is nobody else.
    package let userID: String?
    package let registrations: [Registration]
    /// Made up: subscribed to whatever a rule addresses the subscribers of.
    package let isSample: Bool

    package init(userID: String?, registrations: [Registration], isSample: Bool = false) {
        self.userID = userID
        self.registrations = registrations
        self.isSample = isSample
    }
}

extension PreviewPerson.Registration {
    /// The record that registers it, at a time.
    func record(of userID: String, atMs: Int64, offset: Int64) -> OwnedRecord {
        var data = data
        data["user_id"] = .string(userID)
        let envelope: JSONTree = [
            "specversion": "1.0", "id": .string("preview-\(offset)"), "source": "/preview",
            "type": .string(type.rawValue),
            "time": .string(RFC3339.text(atMs)), "data": .object(data),
        ]
        return OwnedRecord(
            topic: "registrations",
            offset: offset,
            timestampMs: atMs,
            value: envelope.octets,
            headers: [OwnedRecord.Header("content-type", "application/cloudevents+json")]
        )
    }
}

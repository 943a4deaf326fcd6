import PushCore

/// Reads people from files and rule tests: devices as they are registered, preferences, language and time zone.
///
/// ```
/// user_id: alice
/// locale: de
/// devices: [{ device_id: phone, provider: apns, app: com.example.shop, token: 00aa11bb }]
/// preferences: { categories: { marketing: false } }
/// topics: [news]
/// ```
struct PersonReader {
    let log: ProblemLog

    static let keys = ["user_id", "devices", "preferences", "locale", "timezone", "topics"]

    /// One person, or a list of them.
    func read(_ document: DocumentNode, key: String = "") -> [PreviewPerson] {
        switch document.content {
        case .list(let elements):
            elements.enumerated().compactMap { person($1, key: "\(key)[\($0)]") }
        case .map, .scalar:
            [person(document, key: key)].compactMap { $0 }
        }
    }

    private func person(_ node: DocumentNode, key: String) -> PreviewPerson? {
        guard case .map(let entries) = node.content else {
            log.add(
                Problem(
                    at: node.place,
                    key: key,
                    message: "\(node.kindName) where a map with \(Self.keys[0]) is needed"
                )
            )
            return nil
        }
        DocumentForm.refuseUnknown(entries, allowed: Self.keys, key: key, log)
        var registrations: [PreviewPerson.Registration] = []
        let path = { (name: String) in key.isEmpty ? name : "\(key).\(name)" }
        for (index, device) in list(entries, "devices", path("devices")).enumerated() {
            let name = "\(path("devices"))[\(index)]"
            guard var data = object(device, name) else { continue }
            keepTexts(of: device, in: &data)
            if data["device_id"] == nil { data["device_id"] = .string("device-\(index + 1)") }
            registrations.append(PreviewPerson.Registration(.deviceRegistered, data, name: place(device, name)))
        }
        if let preferences = preferences(entries, path) { registrations.append(preferences) }
        for (index, topic) in list(entries, "topics", path("topics")).enumerated() {
            var data = PushCore.JSONObject()
            if case .scalar(let scalar) = topic.content { data["topic"] = .string(scalar.text) }
            let name = "\(path("topics"))[\(index)]"
            registrations.append(PreviewPerson.Registration(.userSubscribed, data, name: place(topic, name)))
        }
        let userID = entries.first { $0.key == "user_id" }.flatMap { entry -> String? in
            guard case .scalar(let scalar) = entry.value.content else {
                log.add(Problem(at: entry.value.place, key: path("user_id"), message: "a text is needed"))
                return nil
            }
            return entry.value.isNull ? nil : scalar.text
        }
        return PreviewPerson(userID: userID, registrations: registrations)
    }

    /// What is text whatever it looks like: a token of digits is no number.
    private func keepTexts(of device: DocumentNode, in data: inout PushCore.JSONObject) {
        guard case .map(let entries) = device.content else { return }
        for entry in entries where ["device_id", "token", "fid", "app"].contains(entry.key) {
            guard case .scalar(let scalar) = entry.value.content, !entry.value.isNull else { continue }
            data[entry.key] = .string(scalar.text)
        }
    }

    private func place(_ node: DocumentNode, _ name: String) -> String { "\(node.place): \(name)" }

    /// The event that sets them; `{marketing: false}` stands for `{categories: {marketing: false}}`.
    private func preferences(
        _ entries: [DocumentEntry],
        _ path: (String) -> String
    ) -> PreviewPerson.Registration? {
        let entry = entries.first { $0.key == "preferences" && !$0.value.isNull }
        let isAsked = entry != nil || entries.contains { $0.key == "locale" || $0.key == "timezone" }
        guard isAsked else { return nil }
        var data = entry.flatMap { object($0.value, path("preferences")) } ?? PushCore.JSONObject()
        if data["categories"] == nil, !data.isEmpty,
            data.members.allSatisfy({ if case .boolean = $0.value { true } else { false } })
        {
            var wrapped = PushCore.JSONObject()
            wrapped["categories"] = .object(data)
            data = wrapped
        }
        if data["categories"] == nil { data["categories"] = .object(PushCore.JSONObject()) }
        for name in ["locale", "timezone"] {
            if let value = entries.first(where: { $0.key == name })?.value { data[name] = DocumentForm.tree(value) }
        }
        let name = entry.map { place($0.value, path("preferences")) } ?? path("locale")
        return PreviewPerson.Registration(.userPreferences, data, name: name)
    }

    private func list(_ entries: [DocumentEntry], _ name: String, _ key: String) -> [DocumentNode] {
        guard let node = entries.first(where: { $0.key == name })?.value, !node.isNull else { return [] }
        if case .list(let elements) = node.content { return elements }
        log.add(Problem(at: node.place, key: key, message: "\(node.kindName) where a list is needed"))
        return []
    }

    private func object(_ node: DocumentNode, _ key: String) -> PushCore.JSONObject? {
        if let object = DocumentForm.tree(node).object { return object }
        log.add(Problem(at: node.place, key: key, message: "\(node.kindName) where a map is needed"))
        return nil
    }
}

/// Parts of documents as the JSON that they stand for.
enum DocumentForm {
    static func tree(_ node: DocumentNode) -> JSONTree {
        switch node.content {
        case .scalar(let scalar):
            switch scalar.kind {
            case .null: return .null
            case .bool: return .boolean(scalar.bool ?? false)
            case .number:
                if let whole = scalar.wholeNumber { return .integer(whole) }
                return scalar.number.map { .number($0) } ?? .string(scalar.text)
            case .text: return .string(scalar.text)
            }
        case .list(let elements): return .array(elements.map { tree($0) })
        case .map(let entries):
            var object = PushCore.JSONObject()
            for entry in entries { object[entry.key] = tree(entry.value) }
            return .object(object)
        }
    }

    /// Reports keys that mean nothing, with the one that was probably meant.
    static func refuseUnknown(_ entries: [DocumentEntry], allowed: [String], key: String, _ log: ProblemLog) {
        for entry in entries where !allowed.contains(entry.key) {
            let nearest = NearestName.find(entry.key, in: allowed)
            let name = displayed(entry.key)
            log.add(
                Problem(
                    at: entry.keyPlace,
                    key: key.isEmpty ? name : "\(key).\(name)",
                    message: nearest.map { "unknown key; did you mean \"\($0)\"?" } ?? "unknown key",
                    allowed: nearest == nil ? allowed.joined(separator: ", ") : nil
                )
            )
        }
    }
}

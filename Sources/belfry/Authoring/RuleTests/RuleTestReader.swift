import PushCore

/// Reads files of rule tests.
struct RuleTestReader {
    let fileSystem: FileSystem
    let log: ProblemLog

    private static let keys = [
        "name", "event", "event_file", "topic", "before", "user", "users", "at", "expect", "dead_letters",
    ]
    private static let texts = [
        "title", "subtitle", "body", "locale", "collapse", "category", "link", "outcome", "reason",
    ]
    private static let expectedKeys = ["rule", "user", "target", "deliveries", "requests"] + texts
    private static let requestTexts = ["app", "origin", "path", "refused"]
    private static let requestKeys = ["device", "provider", "headers", "body"] + requestTexts

    func read(_ document: DocumentNode) -> [RuleTestCase] {
        guard case .list(let elements) = document.content else {
            if case .map(let entries) = document.content, entries.isEmpty {
                log.add(Problem(.warning, at: document.place, key: "", message: "a test file without cases"))
            } else {
                let message = "\(document.kindName) where a list of cases is needed: begin each case with \"- name: \""
                log.add(Problem(at: document.place, key: "", message: message))
            }
            return []
        }
        return elements.enumerated().compactMap { testCase($1, key: "[\($0)]") }
    }

    // MARK: Cases

    private func testCase(_ node: DocumentNode, key: String) -> RuleTestCase? {
        guard let entries = map(node, key, allowed: Self.keys) else { return nil }
        let name = text(entries, "name", key)
        if name == nil { report(node, "\(key).name", "missing", allowed: "what the case shows, in a sentence") }
        let topic = text(entries, "topic", key)
        guard let event = event(entries, node, topic, key) else { return nil }
        var testCase = RuleTestCase(place: node.place, name: name ?? "", event: event)
        for (index, earlier) in list(entries, "before", key).enumerated() {
            if let record = record(earlier, topic, "\(key).before[\(index)]") { testCase.before.append(record) }
        }
        let people = value(entries, "user") ?? value(entries, "users")
        testCase.people = people.map { PersonReader(log: log).read($0, key: "\(key).user") }
        if let at = text(entries, "at", key) {
            testCase.atMs = RFC3339.parse(at)
            if testCase.atMs == nil, let node = value(entries, "at") {
                report(node, "\(key).at", "\"\(displayed(at))\" is no time", allowed: "such as 2026-01-02T03:04:05Z")
            }
        }
        if let expect = value(entries, "expect") {
            testCase.expected = list(expect, "\(key).expect").enumerated().compactMap {
                expected($1, key: "\(key).expect[\($0)]")
            }
        }
        testCase.deadLetters = list(entries, "dead_letters", key).compactMap { scalar($0, "\(key).dead_letters") }
            .sorted()
        if testCase.expected == nil, value(entries, "dead_letters") == nil {
            report(node, "\(key).expect", "missing", allowed: "a list of notifications; [] for none")
        }
        return testCase
    }

    private func event(
        _ entries: [DocumentEntry],
        _ node: DocumentNode,
        _ topic: String?,
        _ key: String
    ) -> OwnedRecord? {
        if let event = value(entries, "event") { return record(event, topic, "\(key).event") }
        guard let file = text(entries, "event_file", key), let place = value(entries, "event_file") else {
            report(node, "\(key).event", "missing", allowed: "a CloudEvent; or event_file")
            return nil
        }
        let path = FileGlob.join(FileGlob.folder(of: node.place.file), file)
        do throws(FileSystem.Failure) {
            return EventText.record(try fileSystem.read(path, 16 << 20), topic: topic, timestampMs: 0)
        } catch {
            report(place, "\(key).event_file", "\"\(displayed(path))\": \(error.message)")
            return nil
        }
    }

    /// What an event need not say here: `specversion`, `id` and `source`. With a topic it is plain JSON, and as it stands.
    private func record(_ node: DocumentNode, _ topic: String?, _ key: String) -> OwnedRecord? {
        guard case .map = node.content, var event = DocumentForm.tree(node).object else {
            report(node, key, "\(node.kindName) where an event is needed: a map with type and data")
            return nil
        }
        if topic == nil {
            let defaults = ["specversion": "1.0", "id": "test-\(node.place.line)", "source": "/test"]
            for (name, value) in defaults where event[name] == nil { event[name] = .string(value) }
        }
        return EventText.record(JSONTree.object(event).octets, topic: topic, timestampMs: 0)
    }

    // MARK: What is expected

    private func expected(_ node: DocumentNode, key: String) -> RuleTestCase.Expected? {
        guard let entries = map(node, key, allowed: Self.expectedKeys) else { return nil }
        guard let rule = text(entries, "rule", key) else {
            report(node, "\(key).rule", "missing", allowed: "the id of a rule")
            return nil
        }
        var expected = RuleTestCase.Expected(
            place: node.place,
            rule: rule,
            recipient: text(entries, "user", key) ?? text(entries, "target", key)
        )
        expected.texts = texts(entries, Self.texts, key)
        if let count = value(entries, "deliveries") {
            if case .integer(let number) = DocumentForm.tree(count) {
                expected.deliveries = number
            } else {
                report(count, "\(key).deliveries", "\(count.kindName) where a whole number is needed")
            }
        }
        expected.requests = list(entries, "requests", key).enumerated().compactMap {
            request($1, key: "\(key).requests[\($0)]")
        }
        return expected
    }

    private func request(_ node: DocumentNode, key: String) -> RuleTestCase.ExpectedRequest? {
        guard let entries = map(node, key, allowed: Self.requestKeys) else { return nil }
        var request = RuleTestCase.ExpectedRequest(place: node.place)
        request.device = text(entries, "device", key)
        request.provider = text(entries, "provider", key)
        request.texts = texts(entries, Self.requestTexts, key)
        if let headers = value(entries, "headers"), let members = map(headers, "\(key).headers", allowed: nil) {
            for member in members {
                guard let value = scalar(member.value, "\(key).headers") else { continue }
                request.headers.append((member.key.lowercased(), value))
            }
        }
        if let body = value(entries, "body"), let members = map(body, "\(key).body", allowed: nil) {
            for member in members {
                guard let path = JSONPath(member.key) else {
                    let place = DocumentNode(content: member.value.content, place: member.keyPlace)
                    report(
                        place,
                        "\(key).body",
                        "\"\(displayed(member.key))\" is no path",
                        allowed: "such as aps.alert.title"
                    )
                    continue
                }
                request.body.append((path, DocumentForm.tree(member.value)))
            }
        }
        return request
    }

    // MARK: Parts

    private func value(_ entries: [DocumentEntry], _ name: String) -> DocumentNode? {
        entries.first { $0.key == name && !$0.value.isNull }?.value
    }

    private func map(_ node: DocumentNode, _ key: String, allowed: [String]?) -> [DocumentEntry]? {
        guard case .map(let entries) = node.content else {
            report(node, key, "\(node.kindName) where a map is needed")
            return nil
        }
        if let allowed { DocumentForm.refuseUnknown(entries, allowed: allowed, key: key, log) }
        return entries
    }

    private func list(_ entries: [DocumentEntry], _ name: String, _ key: String) -> [DocumentNode] {
        value(entries, name).map { list($0, "\(key).\(name)") } ?? []
    }

    private func list(_ node: DocumentNode, _ key: String) -> [DocumentNode] {
        if case .list(let elements) = node.content { return elements }
        report(node, key, "\(node.kindName) where a list is needed")
        return []
    }

    private func text(_ entries: [DocumentEntry], _ name: String, _ key: String) -> String? {
        value(entries, name).flatMap { scalar($0, "\(key).\(name)") }
    }

    private func texts(_ entries: [DocumentEntry], _ names: [String], _ key: String) -> [(name: String, value: String)]
    {
        names.compactMap { name in text(entries, name, key).map { (name, $0) } }
    }

    private func scalar(_ node: DocumentNode, _ key: String) -> String? {
        if case .scalar(let scalar) = node.content { return scalar.text }
        report(node, key, "\(node.kindName) where a text is needed")
        return nil
    }

    private func report(_ node: DocumentNode, _ key: String, _ message: String, allowed: String? = nil) {
        log.add(Problem(at: node.place, key: key, message: message, allowed: allowed))
    }
}

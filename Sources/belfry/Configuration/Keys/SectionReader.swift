import PushCore

/// Reads one map of a document beside the keys that are known for it.
///
/// Every method reports what is wrong to the log and returns something usable, so that one run finds all problems.
/// What it returned does not matter once the log has an error.
struct SectionReader {
    /// Path of the map; empty for the root.
    let key: String
    /// Where it begins; for an absent map, where its parent begins.
    let place: SourcePlace
    let isPresent: Bool
    let log: ProblemLog
    let tree: KeyTree
    private(set) var entries: [DocumentEntry]
    /// True where something else than a map is written: then no key of it is reported as missing as well.
    private var isNoMap = false

    /// - Parameters:
    ///   - node: nil where the map is absent: then every key of it is.
    ///   - tree: the keys of the map.
    ///   - key: path of the map.
    ///   - parentPlace: used where `node` is nil.
    ///   - log: takes the problems.
    init(_ node: DocumentNode?, tree: KeyTree, key: String, parentPlace: SourcePlace, log: ProblemLog) {
        self.key = key
        self.tree = tree
        self.log = log
        self.place = node?.place ?? parentPlace
        self.entries = []
        guard let node, !node.isNull else {
            self.isPresent = false
            return
        }
        self.isPresent = true
        guard case .map(let entries) = node.content else {
            log.add(Problem(at: node.place, key: key, message: "\(node.kindName) where a map is needed"))
            self.isNoMap = true
            return
        }
        self.entries = entries
        reportUnknownKeys()
    }

    private func reportUnknownKeys() {
        guard !tree.names.contains("*") else { return }
        for entry in entries where tree[entry.key] == nil {
            let nearest = NearestName.find(entry.key, in: tree.names)
            let message = nearest.map { "unknown key; did you mean \"\($0)\"?" } ?? "unknown key"
            let allowed = nearest == nil ? tree.names.joined(separator: ", ") : nil
            log.add(Problem(at: entry.keyPlace, key: path(entry.key), message: message, allowed: allowed))
        }
    }

    /// The path of a key in this map.
    func path(_ name: String) -> String {
        key.isEmpty ? displayed(name) : "\(key).\(displayed(name))"
    }

    /// The node of a key; nil where it is absent or empty.
    func node(_ name: String) -> DocumentNode? {
        guard let node = entries.first(where: { $0.key == name })?.value, !node.isNull else { return nil }
        return node
    }

    // MARK: Problems

    func report(
        _ name: String,
        at node: DocumentNode?,
        value: String? = nil,
        _ message: String,
        allowed: String? = nil
    ) {
        let place = node?.place ?? place
        log.add(Problem(at: place, key: path(name), value: value.map(displayed), message: message, allowed: allowed))
    }

    func warn(_ name: String, at node: DocumentNode?, value: String? = nil, _ message: String) {
        let place = node?.place ?? place
        log.add(Problem(.warning, at: place, key: path(name), value: value.map(displayed), message: message))
    }

    func reportMissing(_ name: String, allowed: String? = nil) {
        guard !isNoMap else { return }
        report(name, at: nil, "missing", allowed: allowed)
    }

    private func reportWrong(
        _ name: String,
        _ node: DocumentNode,
        _ description: KeyDescription,
        _ message: String? = nil
    ) {
        let message = message ?? "\(node.kindName) where a \(description.typeName) is needed"
        var value: String?
        if case .scalar(let scalar) = node.content { value = scalar.text }
        report(name, at: node, value: value, message, allowed: description.range)
    }

    private func description(_ name: String) -> KeyDescription {
        guard let leaf = tree[name]?.leaf else { preconditionFailure("\(path(name)) is read but not described") }
        return leaf
    }

    // MARK: Scalars

    /// A text that is not empty.
    ///
    /// Absent: its default, or nil; reported where it is required.
    func text(_ name: String) -> Located<String>? {
        let description = description(name)
        guard let node = node(name) else {
            switch description.presence {
            case .required: reportMissing(name)
            case .standard(let text): return Located(text, at: place, key: path(name))
            case .optional: break
            }
            return nil
        }
        guard case .scalar(let scalar) = node.content else {
            reportWrong(name, node, description)
            return nil
        }
        if case .scalar = description.kind { return nonEmpty(scalar, name, node) }
        guard scalar.kind == .text else {
            report(
                name,
                at: node,
                value: scalar.text,
                "\(scalar.kind.rawValue) where a text is needed: put it in quotation marks"
            )
            return nil
        }
        return nonEmpty(scalar, name, node)
    }

    private func nonEmpty(_ scalar: DocumentScalar, _ name: String, _ node: DocumentNode) -> Located<String>? {
        guard !scalar.text.isEmpty else {
            report(name, at: node, value: "", "empty")
            return nil
        }
        return Located(scalar.text, at: node.place, key: path(name))
    }

    /// A name from the closed list of the key.
    func choice(_ name: String) -> String? {
        let description = description(name)
        guard let located = text(name) else { return nil }
        guard case .choice(let names) = description.kind else { preconditionFailure("\(path(name)) is no choice") }
        guard !names.contains(located.value) else { return located.value }
        let nearest = NearestName.find(located.value, in: names)
        let message = nearest.map { "unknown; did you mean \"\($0)\"?" } ?? "unknown"
        report(name, at: node(name), value: located.value, message, allowed: description.range)
        return nil
    }

    func flag(_ name: String) -> Bool {
        guard let node = node(name) else { return description(name).standardText == "true" }
        if case .scalar(let scalar) = node.content, let bool = scalar.bool { return bool }
        reportWrong(name, node, description(name), "not a bool")
        return false
    }

    /// Nil where it is absent and has no default.
    func wholeNumber(_ name: String) -> Int64? {
        let description = description(name)
        guard case .wholeNumber(let range) = description.kind else { preconditionFailure("\(path(name)) is no number") }
        guard let node = node(name) else { return absent(name, description) { Int64($0) } }
        guard case .scalar(let scalar) = node.content, let number = scalar.wholeNumber else {
            reportWrong(name, node, description, "not a whole number")
            return nil
        }
        guard range.contains(number) else {
            reportWrong(name, node, description, "out of range")
            return nil
        }
        return number
    }

    /// Nil where it is absent and has no default.
    func number(_ name: String) -> Double? {
        let description = description(name)
        guard case .number(let range) = description.kind else { preconditionFailure("\(path(name)) is no number") }
        guard let node = node(name) else { return absent(name, description) { Double($0) } }
        guard case .scalar(let scalar) = node.content, let number = scalar.number else {
            reportWrong(name, node, description, "not a number")
            return nil
        }
        guard range.contains(number) else {
            reportWrong(name, node, description, "out of range")
            return nil
        }
        return number
    }

    /// Nil where it is absent and has no default.
    func duration(_ name: String) -> Duration? {
        let description = description(name)
        guard case .duration(let range) = description.kind else { preconditionFailure("\(path(name)) is no duration") }
        guard let node = node(name) else { return absent(name, description) { DurationText.parse($0) } }
        guard case .scalar(let scalar) = node.content, let duration = DurationText.parse(scalar.text) else {
            reportWrong(
                name,
                node,
                description,
                "not a duration: a whole number and a unit (ms, s, m, h, d), such as 30s"
            )
            return nil
        }
        guard range.contains(duration) else {
            reportWrong(name, node, description, "out of range")
            return nil
        }
        return duration
    }

    private func absent<Value>(_ name: String, _ description: KeyDescription, _ parse: (String) -> Value?) -> Value? {
        if case .required = description.presence { reportMissing(name) }
        return description.standardText.flatMap(parse)
    }

    // MARK: Collections

    /// One text, or a list of texts, none empty.
    ///
    /// Empty where absent or wrong.
    func texts(_ name: String) -> [Located<String>] {
        let description = description(name)
        guard let node = node(name) else {
            if case .required = description.presence { reportMissing(name) }
            return []
        }
        guard case .list(let elements) = node.content else {
            guard let text = text(name) else { return [] }
            return isFromEnvironment(node) ? splitAtCommas(text) : [text]
        }
        if elements.isEmpty, case .required = description.presence {
            report(name, at: node, "an empty list", allowed: "at least one element")
        }
        return elements.enumerated().compactMap { index, element in
            let elementName = "\(name)[\(index)]"
            guard case .scalar(let scalar) = element.content, scalar.kind == .text else {
                let value: String? = if case .scalar(let scalar) = element.content { scalar.text } else { nil }
                report(elementName, at: element, value: value, "\(element.kindName) where a text is needed")
                return nil
            }
            return nonEmpty(scalar, elementName, element)
        }
    }

    private func isFromEnvironment(_ node: DocumentNode) -> Bool {
        if case .scalar(let scalar) = node.content { scalar.style == .untyped } else { false }
    }

    private func splitAtCommas(_ text: Located<String>) -> [Located<String>] {
        text.value.split(separator: ",").map { part in
            let trimmed = part.drop { $0 == " " }
            return Located(String(trimmed), at: text.place, key: text.key)
        }
    }

    /// The map under a key; absent where the key is.
    func section(_ name: String) -> SectionReader {
        guard let subtree = tree[name] else { preconditionFailure("\(path(name)) is read but not described") }
        return SectionReader(node(name), tree: subtree, key: path(name), parentPlace: place, log: log)
    }

    /// The maps in the list under a key.
    func sections(_ name: String) -> [SectionReader] {
        guard let subtree = tree[name] else { preconditionFailure("\(path(name)) is read but not described") }
        guard let node = node(name) else { return [] }
        guard case .list(let elements) = node.content else {
            report(name, at: node, "\(node.kindName) where a list of maps is needed")
            return []
        }
        return elements.enumerated().map { index, element in
            SectionReader(element, tree: subtree, key: "\(path(name))[\(index)]", parentPlace: place, log: log)
        }
    }
}

extension KeyDescription {
    var standardText: String? {
        if case .standard(let text) = presence { text } else { nil }
    }
}

import PushCore

/// Reads a map of a rule that becomes a JSON object: what a rule sets in a provider's own words.
struct RuleMembersReader {
    /// Where a value is written.
    struct Spot {
        /// The path of the key, as messages show it.
        let key: String
        /// Of an element of a list: its value's.
        let keyPlace: SourcePlace
        let place: SourcePlace
    }

    /// Far above what fits into a notification of 4096 bytes; so that no lookup takes long.
    static let valuesMax = 1_000
    /// The levels that are read again when the notification is sent.
    static let depthMax = 32

    private let log: ProblemLog
    private(set) var tree = JSONTree.null
    /// Every text that is a template.
    private(set) var templates: [Located<String>] = []
    /// By path in the object: names as they are written, joined by dots, and indices, as in `a.b[1]`; the map itself has
    /// the empty path.
    private(set) var spots: [String: Spot] = [:]
    private var valueCount = 0

    /// - Returns: nil where the rule does not have the key, or it holds no map or an empty one; what is wrong is reported.
    init?(_ name: String, in section: SectionReader) {
        guard let node = section.node(name), let entry = section.entries.first(where: { $0.key == name }) else {
            return nil
        }
        guard case .map(let entries) = node.content else {
            section.report(name, at: node, "\(node.kindName) where a map is needed")
            return nil
        }
        if entries.isEmpty { return nil }
        log = section.log
        let spot = Spot(key: section.path(name), keyPlace: entry.keyPlace, place: node.place)
        tree = value(node, path: "", spot, depth: 1)
        if valueCount > Self.valuesMax {
            section.report(name, at: node, "\(valueCount) values", allowed: "at most \(Self.valuesMax)")
            return nil
        }
    }

    var definition: MembersDefinition { definition(tree) }

    /// The definition with the tree as the provider's schema has made it.
    func definition(_ tree: JSONTree) -> MembersDefinition {
        MembersDefinition(tree: tree, templates: templates, key: spots[""]?.key ?? "")
    }

    private mutating func value(_ node: DocumentNode, path: String, _ spot: Spot, depth: Int) -> JSONTree {
        valueCount += 1
        // What is beyond is only counted.
        let isWithin = valueCount <= Self.valuesMax
        if isWithin { spots[path] = spot }
        if depth > Self.depthMax {
            report(spot, nil, "nested too deep", allowed: "\(Self.depthMax) levels")
            return .null
        }
        switch node.content {
        case .scalar(let scalar):
            return isWithin ? value(scalar, spot) : .null
        case .list(let elements):
            var values: [JSONTree] = []
            for (index, element) in elements.enumerated() {
                let key = "\(spot.key)[\(index)]"
                let inner = Spot(key: key, keyPlace: element.place, place: element.place)
                values.append(value(element, path: "\(path)[\(index)]", inner, depth: depth + 1))
            }
            return .array(values)
        case .map(let entries):
            var object = PushCore.JSONObject()
            for entry in entries {
                let key = "\(spot.key).\(displayed(entry.key))"
                let inner = Spot(key: key, keyPlace: entry.keyPlace, place: entry.value.place)
                let innerPath = path.isEmpty ? entry.key : "\(path).\(entry.key)"
                let member = value(entry.value, path: innerPath, inner, depth: depth + 1)
                if isWithin { object[entry.key] = member }
            }
            return .object(object)
        }
    }

    private mutating func value(_ scalar: DocumentScalar, _ spot: Spot) -> JSONTree {
        switch scalar.kind {
        case .null:
            return .null
        case .bool:
            return .boolean(scalar.bool ?? false)
        case .number:
            if let whole = scalar.wholeNumber { return .integer(whole) }
            if let number = scalar.number { return Int64(exactly: number).map { .integer($0) } ?? .number(number) }
            report(
                spot,
                scalar.text,
                "not a number that JSON has",
                allowed: "decimal digits; a text in quotation marks"
            )
            return .null
        case .text:
            if scalar.text.contains("{{") { templates.append(Located(scalar.text, at: spot.place, key: spot.key)) }
            return .string(scalar.text)
        }
    }

    private func report(_ spot: Spot, _ value: String?, _ message: String, allowed: String) {
        log.add(
            Problem(at: spot.place, key: spot.key, value: value.map(displayed), message: message, allowed: allowed)
        )
    }
}

import PushCore
import Yams

/// Reads a YAML file into a ``DocumentNode``: one document, no anchors, no aliases, no tags, within fixed bounds.
///
/// Anchors are refused because a value would then have two places, and because they let a small file grow without
/// bound.
struct YAMLDocument {
    /// 1 MiB, far above what people write.
    static let octetsMax = 1 << 20
    /// One octet more than allowed shows that there is more.
    static let octetsToRead = octetsMax + 1
    /// Levels of lists and maps in each other.
    ///
    /// libyaml stops at 1,000 on its own.
    static let depthMax = 64

    private let file: String
    private let log: ProblemLog
    private let lines: SourceLines

    /// Parses a file.
    ///
    /// - Parameters:
    ///   - octets: UTF-8, at most `octetsMax`.
    ///   - file: the path, as it shall be shown.
    ///   - log: takes the errors.
    /// - Returns: the root, or nil with at least one error in the log. A file without a value gives an empty map.
    static func read(_ octets: [UInt8], file: String, log: ProblemLog) -> DocumentNode? {
        do throws(YAMLTextError) {
            let text = try YAMLText.check(octets, octetsMax: octetsMax)
            return YAMLDocument(file: file, log: log, lines: SourceLines(text)).compose(text)
        } catch {
            let place = SourcePlace(file: file, line: error.line, column: error.column)
            log.add(Problem(at: place, key: "", message: error.message, allowed: error.allowed))
            return nil
        }
    }

    private func compose(_ text: String) -> DocumentNode? {
        let empty = DocumentNode(content: .map([]), place: SourcePlace(file: file, line: 1, column: 1))
        do {
            // The basic resolver leaves all typing to ``DocumentScalar``. An anchor lives as long as its parser.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            return try withExtendedLifetime(parser) {
                guard let root = try parser.singleRoot() else { return empty }
                let node = convert(root, depth: 0)
                return node.map { $0.isNull ? empty : $0 }
            }
        } catch let error as YamlError {
            let problem = YAMLSyntax(file: file, lines: lines).problem(for: error)
            log.add(problem)
        } catch {
            log.add(Problem(at: SourcePlace(file: file, line: 0), key: "", message: "not readable as YAML"))
        }
        return nil
    }

    /// Nil where a part cannot be used; the error is in the log, and the rest is still looked at.
    private func convert(_ node: Node, depth: Int) -> DocumentNode? {
        let place = SourcePlace(file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0)
        guard depth <= Self.depthMax else {
            return refuse("nested too deep", at: place, allowed: "\(Self.depthMax) levels")
        }
        if let anchor = node.anchor {
            let name = displayed(anchor.rawValue)
            return refuse(
                "YAML anchors and aliases (&\(name), *\(name)) are not supported: write the value out",
                at: place
            )
        }
        switch node {
        case .scalar(let scalar):
            return convert(scalar, at: place)
        case .sequence(let sequence):
            guard isUntagged(sequence.tag, at: place) else { return nil }
            let elements = sequence.map { convert($0, depth: depth + 1) }
            return elements.contains { $0 == nil }
                ? nil : DocumentNode(content: .list(elements.compactMap { $0 }), place: place)
        case .mapping(let mapping):
            guard isUntagged(mapping.tag, at: place) else { return nil }
            let entries = mapping.map { entry(key: $0.key, value: $0.value, depth: depth + 1) }
            return entries.contains { $0 == nil }
                ? nil : DocumentNode(content: .map(entries.compactMap { $0 }), place: place)
        case .alias:
            return refuse("YAML aliases are not supported: write the value out", at: place)
        }
    }

    private func entry(key: Node, value: Node, depth: Int) -> DocumentEntry? {
        let keyNode = convert(key, depth: depth)
        let valueNode = convert(value, depth: depth)
        guard let keyNode else { return nil }
        guard case .scalar(let scalar) = keyNode.content else {
            // A template without quotation marks is read as a map inside a map.
            let isTemplate = if case .map = keyNode.content { true } else { false }
            let hint = isTemplate ? "; a text that begins with {{ needs quotation marks: \"{{…}}\"" : ""
            _ = refuse("a key must be a text, not \(keyNode.kindName)\(hint)", at: keyNode.place)
            return nil
        }
        // The parser has told the tag of every key by now, so that only its style says whether it was quoted.
        if scalar.text == "<<", key.scalar?.style == .plain {
            _ = refuse("YAML merge keys (<<) are not supported: write the keys out", at: keyNode.place)
            return nil
        }
        guard let valueNode else { return nil }
        return DocumentEntry(key: scalar.text, keyPlace: keyNode.place, value: valueNode)
    }

    private func convert(_ scalar: Node.Scalar, at place: SourcePlace) -> DocumentNode? {
        guard isUntagged(scalar.tag, at: place) else { return nil }
        switch scalar.style {
        case .singleQuoted, .doubleQuoted:
            let inside = SourcePlace(file: file, line: place.line, column: place.column + 1)
            return DocumentNode(content: .scalar(DocumentScalar(text: scalar.string, style: .quoted)), place: inside)
        case .literal, .folded:
            let line = place.line + 1
            let first = SourcePlace(file: file, line: line, column: lines.indentation(fromLine: line) + 1)
            return DocumentNode(content: .scalar(DocumentScalar(text: scalar.string, style: .quoted)), place: first)
        case .any, .plain:
            let isText = scalar.tag.rawValue == Tag.Name.str.rawValue
            let style: DocumentScalar.Style = isText ? .quoted : .plain
            return DocumentNode(content: .scalar(DocumentScalar(text: scalar.string, style: style)), place: place)
        }
    }

    /// Looking for duplicate keys, Yams resolves the tags of keys, so the names of the plain types appear untold.
    private func isUntagged(_ tag: Tag, at place: SourcePlace) -> Bool {
        let untold: [Tag.Name] = [.implicit, .nonSpecific, .str, .seq, .map]
        if untold.contains(where: { $0.rawValue == tag.rawValue }) { return true }
        _ = refuse("YAML tags are not supported: \(displayed(tag.rawValue))", at: place)
        return false
    }

    private func refuse(_ message: String, at place: SourcePlace, allowed: String? = nil) -> DocumentNode? {
        log.add(Problem(at: place, key: "", message: message, allowed: allowed))
        return nil
    }
}

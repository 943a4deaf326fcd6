internal import Mustache

/// A text with places for values of the event: Mustache without HTML escaping, since nothing here is HTML.
///
/// Most templates are text and dotted names. Those are taken apart once and joined by our own few lines, which cost a tenth of
/// a general renderer; a template with a section goes to swift-mustache. Both give the same text (a test compares them).
package struct Template: Sendable {
    /// What is wrong with a template.
    package struct Invalid: Error {
        /// Line and column inside the template, from 1.
        package let line: Int
        package let column: Int
        package let message: String
    }

    private enum Form: Sendable {
        case constant([UInt8])
        case segments(TemplateSegments)
        case mustache(MustacheTemplate)
    }

    /// Octets of a template, at most.
    package static let octetsMax = 16_384
    /// Sections inside sections, at most.
    package static let nestingMax = 16

    private let form: Form

    /// - Throws: ``Invalid`` for an unclosed tag or section, and for what a rule has no use for: partials, inheritance, other
    ///   delimiters, pragmas.
    package init(_ source: String) throws(Invalid) {
        if source.utf8.count > Self.octetsMax {
            throw Invalid(line: 1, column: 1, message: "longer than \(Self.octetsMax) bytes")
        }
        let scanned = try TemplateScanner.scan(source)
        if scanned.hasSections {
            // Text content: no escaping. The scanner has refused all that could change it back.
            guard let template = try? MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + source) else {
                throw Invalid(line: 1, column: 1, message: "not a Mustache template")
            }
            form = .mustache(template)
            return
        }
        switch scanned.tags.count {
        case 0: form = .constant([])
        case 1:
            if case .text(let text) = scanned.tags[0] {
                form = .constant(Array(text.utf8))
            } else {
                form = .segments(TemplateSegments(scanned.tags))
            }
        default: form = .segments(TemplateSegments(scanned.tags))
        }
    }

    /// The text for an event. A name without a value gives nothing.
    package func render(_ event: EventValues) -> String {
        var octets: [UInt8] = []
        append(event, to: &octets)
        return String(decoding: octets, as: UTF8.self)
    }

    /// Appends the text for an event, in UTF-8.
    func append(_ event: EventValues, to octets: inout [UInt8]) {
        switch form {
        case .constant(let text):
            octets.append(contentsOf: text)
        case .mustache(let template):
            octets.append(contentsOf: template.render(event).utf8)
        case .segments(let segments):
            segments.append(event, to: &octets)
        }
    }
}

/// A template of text and dotted names, laid out so that rendering it counts no references: each event renders several.
private final class TemplateSegments: Sendable {
    private enum Kind: UInt8 {
        /// Text as it stands.
        case text
        /// The first name of a value's path, and how many follow it as ``name``.
        case data
        case event
        case other
        case name
    }

    private struct Part: Sendable {
        let kind: Kind
        let range: Range<Int>
        /// Names after the first.
        let names: Int
    }

    private let parts: [Part]
    /// Texts and names, in UTF-8.
    private let octets: [UInt8]

    init(_ tags: [TemplateScanner.Tag]) {
        var parts: [Part] = []
        var octets: [UInt8] = []
        func append(_ kind: Kind, _ text: String, names: Int = 0) {
            let start = octets.count
            octets.append(contentsOf: text.utf8)
            parts.append(Part(kind: kind, range: start..<octets.count, names: names))
        }
        for tag in tags {
            switch tag {
            case .text(let text):
                append(.text, text)
            case .name(let path):
                let kind: Kind = path[0] == "data" ? .data : path[0] == "event" ? .event : .other
                append(kind, path[0], names: path.count - 1)
                for name in path.dropFirst() { append(.name, name) }
            }
        }
        self.parts = parts
        self.octets = octets
    }

    func append(_ event: EventValues, to result: inout [UInt8]) {
        // SAFETY: ranges lie inside the octets; a value's part has so many names behind it.
        unsafe octets.withUnsafeBytes { octets in
            unsafe parts.withUnsafeBufferPointer { parts in
                for position in parts.indices {
                    let part = unsafe parts[position]
                    switch part.kind {
                    case .text:
                        unsafe result.append(contentsOf: octets[part.range])
                    case .data:
                        var value = event.dataRoot
                        for offset in 0..<part.names {
                            let name = unsafe octets[parts[position + 1 + offset].range]
                            value = unsafe value?.member(UnsafeRawBufferPointer(rebasing: name))
                        }
                        value?.appendText(to: &result)
                    case .event:
                        guard part.names == 1 else { continue }
                        let name = unsafe UnsafeRawBufferPointer(rebasing: octets[parts[position + 1].range])
                        unsafe event.appendAttribute(name, to: &result)
                    case .other, .name:
                        continue
                    }
                }
            }
        }
    }
}

/// Takes a template apart into text and tags, and refuses what rules have no use for.
private enum TemplateScanner {
    enum Tag {
        case text(String)
        case name([String])
    }

    struct Scanned {
        var tags: [Tag] = []
        var hasSections = false
    }

    static func scan(_ source: String) throws(Template.Invalid) -> Scanned {
        var scanned = Scanned()
        var sections: [(name: String, at: Substring.Index)] = []
        var rest = source[...]
        while let open = rest.firstRange(of: "{{") {
            if open.lowerBound > rest.startIndex { scanned.tags.append(.text(String(rest[..<open.lowerBound]))) }
            let isTriple = rest[open.upperBound...].first == "{"
            let close = isTriple ? "}}}" : "}}"
            let start = isTriple ? rest.index(after: open.upperBound) : open.upperBound
            guard let end = rest[start...].firstRange(of: close) else {
                throw invalid(source, open.lowerBound, "a tag is opened and not closed with \(close)")
            }
            let body = rest[start..<end.lowerBound]
            let sigil = isTriple ? nil : body.first
            let name = trimmed(sigil.map { "#^/!&><=%$".contains($0) } == true ? body.dropFirst() : body)
            switch sigil {
            case "#", "^":
                scanned.hasSections = true
                sections.append((name, open.lowerBound))
                if sections.count > Template.nestingMax {
                    throw invalid(source, open.lowerBound, "sections are nested deeper than \(Template.nestingMax)")
                }
            case "/":
                guard let section = sections.popLast(), section.name == name else {
                    throw invalid(source, open.lowerBound, "{{/\(name)}} closes no open section")
                }
            case "!":
                // A comment alone on its line takes the line with it: left to the full renderer.
                scanned.hasSections = true
            case ">", "<", "=", "%", "$":
                throw invalid(
                    source,
                    open.lowerBound,
                    "partials, blocks, pragmas and other delimiters are not supported"
                )
            default:
                scanned.tags.append(.name(try path(name, source, open.lowerBound)))
            }
            rest = rest[end.upperBound...]
        }
        if let section = sections.last {
            throw invalid(source, section.at, "section {{#\(section.name)}} is not closed")
        }
        if !rest.isEmpty { scanned.tags.append(.text(String(rest))) }
        return scanned
    }

    private static func path(
        _ name: String,
        _ source: String,
        _ index: Substring.Index
    ) throws(Template.Invalid) -> [String] {
        if name == "." { return ["."] }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let isWellFormed = parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
        }
        if !isWellFormed {
            throw invalid(source, index, "\"\(name)\" is not a name such as data.order_id")
        }
        return parts
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    private static func invalid(_ source: String, _ index: Substring.Index, _ message: String) -> Template.Invalid {
        let before = source[..<index]
        let line = before.count { $0.isNewline } + 1
        let column = before.reversed().prefix { !$0.isNewline }.count + 1
        return Template.Invalid(line: line, column: column, message: message)
    }
}

/// A text of a digest: a template whose gaps the users stage fills, when it knows what was collected.
///
/// The rules stage fills in what the event at hand gives. Left over are `{{digest.count}}`, `{{digest.more}}` (how many are not named), the
/// sections `{{#digest.more}}` and `{{^digest.more}}`, and `{{#digest.items}}`, whose text each event renders for itself.
struct DigestTemplate: Sendable {
    private indirect enum Part: Sendable {
        case text(Template)
        case count
        case more
        case items(Template)
        case ifMore([Part])
        case unlessMore([Part])
    }

    /// Octets that one event contributes to a list, at most.
    static let fragmentOctetsMax = 512

    private let parts: [Part]

    /// - Throws: As ``Template`` does, and for a gap inside a section that is not the digest's.
    init(_ source: String, key: String = "", setting: Template.Setting = Template.Setting()) throws(Template.Invalid) {
        if source.utf8.count > Template.octetsMax {
            throw Template.Invalid(line: 1, column: 1, message: "longer than \(Template.octetsMax) bytes")
        }
        parts = try Reader(source: source, key: key, setting: setting).parts(of: source[...])
    }

    /// Takes a template apart at its gaps.
    private struct Reader {
        let source: String
        let key: String
        let setting: Template.Setting

        func parts(of text: Substring) throws(Template.Invalid) -> [Part] {
            var parts: [Part] = []
            var run = text.startIndex
            var rest = text
            var depth = 0
            while let tag = DigestTag(next: rest) {
                rest = text[tag.range.upperBound...]
                switch tag.sigil {
                case "#", "^":
                    guard tag.name.hasPrefix("digest.") else {
                        depth += 1
                        continue
                    }
                case "/": depth -= 1
                default: break
                }
                guard tag.name.hasPrefix("digest.") else { continue }
                if depth > 0 { throw invalid(tag, "{{\(tag.name)}} stands in a section of something else") }
                try append(text[run..<tag.range.lowerBound], to: &parts)
                switch (tag.sigil, tag.name) {
                case (nil, "digest.count"): parts.append(.count)
                case (nil, "digest.more"): parts.append(.more)
                case ("#", "digest.items"), ("#", "digest.more"), ("^", "digest.more"):
                    guard let end = DigestTag.end(of: tag.name, in: rest) else {
                        throw invalid(tag, "section {{#\(tag.name)}} is not closed")
                    }
                    let body = text[tag.range.upperBound..<end.range.lowerBound]
                    rest = text[end.range.upperBound...]
                    if tag.name == "digest.items" {
                        parts.append(.items(try template(body)))
                    } else {
                        let inner = try self.parts(of: body)
                        parts.append(tag.sigil == "#" ? .ifMore(inner) : .unlessMore(inner))
                    }
                default:
                    let allowed = "digest.count, digest.more, #digest.items, #digest.more or ^digest.more"
                    throw invalid(tag, "{{\(tag.sigil.map(String.init) ?? "")\(tag.name)}} is none of \(allowed)")
                }
                run = rest.startIndex
            }
            try append(text[run...], to: &parts)
            return parts
        }

        private func append(_ text: Substring, to parts: inout [Part]) throws(Template.Invalid) {
            if !text.isEmpty { parts.append(.text(try template(text))) }
        }

        /// A part of the text, whose mistakes are told at their place in the whole.
        private func template(_ text: Substring) throws(Template.Invalid) -> Template {
            if let tag = DigestTag.first(in: text, where: { $0.hasPrefix("digest.") }) {
                throw invalid(tag, "{{\(tag.name)}} stands in a section of items")
            }
            do throws(Template.Invalid) {
                return try Template(String(text), key: key, setting: setting)
            } catch {
                let start = place(text.startIndex)
                let column = error.line == 1 ? start.column + error.column - 1 : error.column
                throw Template.Invalid(line: start.line + error.line - 1, column: column, message: error.message)
            }
        }

        private func invalid(_ tag: DigestTag, _ message: String) -> Template.Invalid {
            let (line, column) = place(tag.range.lowerBound)
            return Template.Invalid(line: line, column: column, message: message)
        }

        private func place(_ index: Substring.Index) -> (line: Int, column: Int) {
            let before = source[..<index]
            return (before.count { $0.isNewline } + 1, before.reversed().prefix { !$0.isNewline }.count + 1)
        }

    }

    // MARK: Rendering

    /// Writes the pieces, each as a field of that number.
    func write(_ field: UInt64, _ event: EventValues, to writer: inout WireWriter, _ budget: inout RenderBudget) {
        for part in parts { Self.write(part, field, event, to: &writer, &budget) }
    }

    private static func write(
        _ part: Part,
        _ field: UInt64,
        _ event: EventValues,
        to writer: inout WireWriter,
        _ budget: inout RenderBudget
    ) {
        writer.nested(field) { writer in
            switch part {
            case .text(let template):
                writer.text(2, presence: .unlessEmpty) { template.append(event, to: &$0, &budget) }
            case .count: writer.kind(.count)
            case .more: writer.kind(.more)
            case .items(let template):
                writer.kind(.items)
                writer.string(2, template.render(event, &budget).cut(octets: fragmentOctetsMax))
            case .ifMore(let inner):
                writer.kind(.ifMore)
                for part in inner { write(part, 3, event, to: &writer, &budget) }
            case .unlessMore(let inner):
                writer.kind(.unlessMore)
                for part in inner { write(part, 3, event, to: &writer, &budget) }
            }
        }
    }
}

/// A tag of a template, as far as a digest's gaps are looked for.
private struct DigestTag {
    let range: Range<Substring.Index>
    /// `#`, `^`, `/` or another; nil for a name.
    let sigil: Character?
    let name: String

    /// The first tag that is opened and closed; nil where there is none.
    init?(next text: Substring) {
        guard let open = text.firstRange(of: "{{") else { return nil }
        let isTriple = text[open.upperBound...].first == "{"
        let start = isTriple ? text.index(after: open.upperBound) : open.upperBound
        guard let close = text[start...].firstRange(of: isTriple ? "}}}" : "}}") else { return nil }
        range = open.lowerBound..<close.upperBound
        let body = text[start..<close.lowerBound]
        sigil = isTriple ? nil : body.first.flatMap { "#^/!&><=%$".contains($0) ? $0 : nil }
        let named = sigil == nil ? body : body.dropFirst()
        name = named.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    static func first(in text: Substring, where isMeant: (String) -> Bool) -> DigestTag? {
        var rest = text
        while let tag = DigestTag(next: rest) {
            if isMeant(tag.name) { return tag }
            rest = text[tag.range.upperBound...]
        }
        return nil
    }

    /// The tag that closes a section; sections of one name do not stand in each other.
    static func end(of name: String, in text: Substring) -> DigestTag? {
        var rest = text
        while let tag = DigestTag(next: rest) {
            if tag.sigil == "/", tag.name == name { return tag }
            rest = text[tag.range.upperBound...]
        }
        return nil
    }
}

extension WireWriter {
    fileprivate mutating func kind(_ kind: DigestPiece.Kind) { int64(1, Int64(kind.rawValue)) }
}

extension String {
    /// The beginning that takes no more octets, in whole characters; an ellipsis says that something is missing.
    fileprivate func cut(octets max: Int) -> String {
        if utf8.count <= max { return self }
        var octets = "…".utf8.count
        return prefix { character in
            octets += character.utf8.count
            return octets <= max
        } + "…"
    }
}

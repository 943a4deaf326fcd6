/// A piece of a template.
indirect enum TemplatePart: Sendable {
    case text([UInt8])
    case value(path: [String])
    case call(TemplateCall)
    case section(path: [String], isInverted: Bool, [TemplatePart])
}

/// Takes a template apart, and refuses what rules have no use for.
///
/// Source: the Mustache specification, of which it knows variables, sections, inverted sections and comments.
struct TemplateParser {
    private struct Open {
        let name: String
        let path: [String]
        let isInverted: Bool
        let at: Substring.Index
        let outside: [TemplatePart]
    }

    private let source: String
    private let setting: Template.Setting
    private var rest: Substring
    private var parts: [TemplatePart] = []
    private var open: [Open] = []
    private(set) var uses: [TemplateUse] = []

    init(_ source: String, _ setting: Template.Setting) {
        self.source = source
        self.setting = setting
        rest = source[...]
    }

    mutating func parse() throws(Template.Invalid) -> [TemplatePart] {
        while let start = rest.firstRange(of: "{{") {
            let isTriple = rest[start.upperBound...].first == "{"
            let close = isTriple ? "}}}" : "}}"
            let bodyStart = isTriple ? rest.index(after: start.upperBound) : start.upperBound
            guard let end = rest[bodyStart...].firstRange(of: close) else {
                throw invalid(start.lowerBound, "a tag is opened and not closed with \(close)")
            }
            let body = rest[bodyStart..<end.lowerBound]
            let sigil = isTriple ? nil : body.first.flatMap { "#^/!&><=%$".contains($0) ? $0 : nil }
            let name = Self.trimmed(sigil == nil ? body : body.dropFirst())
            let isAlone = sigil.map { "#^/!".contains($0) } == true && takesItsLine(start.lowerBound, end.upperBound)
            let text = rest[..<start.lowerBound]
            append(isAlone ? text[..<lineStart(of: text)] : text)
            try tag(sigil, name, at: start.lowerBound)
            rest = rest[end.upperBound...]
            if isAlone { dropRestOfLine() }
        }
        if let section = open.last { throw invalid(section.at, "section {{#\(section.name)}} is not closed") }
        append(rest)
        return parts
    }

    private mutating func append(_ text: Substring) {
        if !text.isEmpty { parts.append(.text(Array(text.utf8))) }
    }

    private mutating func tag(_ sigil: Character?, _ name: String, at index: Substring.Index) throws(Template.Invalid) {
        switch sigil {
        case "#", "^":
            let path = try path(name, index)
            use(path, .section, at: index)
            open.append(Open(name: name, path: path, isInverted: sigil == "^", at: index, outside: parts))
            parts = []
            if open.count > Template.nestingMax {
                throw invalid(index, "sections are nested deeper than \(Template.nestingMax)")
            }
        case "/":
            guard let section = open.last, section.name == name else {
                let hint = open.last.map { "; {{#\($0.name)}} is open: close it with {{/\($0.name)}}" } ?? ""
                throw invalid(index, "{{/\(name)}} closes no open section\(hint)")
            }
            open.removeLast()
            parts = section.outside + [.section(path: section.path, isInverted: section.isInverted, parts)]
        case "!":
            break
        case ">", "<", "=", "%", "$":
            throw invalid(index, "partials, blocks, pragmas and other delimiters are not supported")
        default:
            if name.contains("(") {
                try call(name, at: index)
            } else {
                let path = try path(name, index)
                use(path, .value, at: index)
                parts.append(.value(path: path))
            }
        }
    }

    private mutating func call(_ text: String, at index: Substring.Index) throws(Template.Invalid) {
        do throws(TemplateCall.Invalid) {
            let call = try TemplateCall(text, setting)
            for path in call.paths { use(path, .value, at: index, plurals: call.plurals) }
            parts.append(.call(call))
        } catch {
            throw invalid(index, error.message)
        }
    }

    private mutating func use(
        _ path: [String],
        _ kind: TemplateUse.Kind,
        at index: Substring.Index,
        plurals: Set<PluralCategory> = []
    ) {
        let (line, column) = place(index)
        uses.append(
            TemplateUse(
                path: path,
                kind: kind,
                line: line,
                column: column,
                inside: open.filter { !$0.isInverted }.map(\.path),
                plurals: plurals
            )
        )
    }

    private func path(_ name: String, _ index: Substring.Index) throws(Template.Invalid) -> [String] {
        guard let path = Self.path(name) else {
            throw invalid(index, "\"\(name)\" is not a name such as data.order_id")
        }
        return path
    }

    /// The parts of a dotted name; nil where it is none.
    static func path(_ name: String) -> [String]? {
        if name == "." { return ["."] }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let isWellFormed = parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
        }
        return isWellFormed ? parts : nil
    }

    // MARK: Lines

    /// Whether a tag stands alone on its line: the line then is no part of the text.
    private func takesItsLine(_ start: Substring.Index, _ end: Substring.Index) -> Bool {
        let before = source[..<start]
        let line = before[lineStart(of: before)...]
        guard line.allSatisfy({ $0 == " " || $0 == "\t" }), line.startIndex >= rest.startIndex else { return false }
        return source[end...].drop { $0 == " " || $0 == "\t" }.first.map(\.isNewline) ?? true
    }

    private func lineStart(of text: Substring) -> Substring.Index {
        text.lastIndex(where: \.isNewline).map { text.index(after: $0) } ?? text.startIndex
    }

    private mutating func dropRestOfLine() {
        rest = rest.drop { $0 == " " || $0 == "\t" }
        if rest.first?.isNewline == true { rest.removeFirst() }
    }

    // MARK: Places

    private func invalid(_ index: Substring.Index, _ message: String) -> Template.Invalid {
        let (line, column) = place(index)
        return Template.Invalid(line: line, column: column, message: message)
    }

    private func place(_ index: Substring.Index) -> (line: Int, column: Int) {
        let before = source[..<index]
        let line = before.count { $0.isNewline } + 1
        return (line, before.reversed().prefix { !$0.isNewline }.count + 1)
    }

    static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

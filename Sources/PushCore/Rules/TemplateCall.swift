/// A call in a template, such as `{{currency(data.total, EUR)}}`: a value of the event, written as the language of the words
/// writes it.
struct TemplateCall: Sendable {
    /// What is wrong with a call.
    struct Invalid: Error {
        let message: String
    }

    /// A text that stands in the template, or a value of the event.
    enum Argument: Sendable {
        case text(String)
        case path([String])
    }

    enum Function: Sendable {
        case number(decimals: ClosedRange<Int>?)
        case percent(decimals: ClosedRange<Int>)
        case currency(Argument, decimals: ClosedRange<Int>?)
        /// Styles by their position among those of ``LanguageFormats``; nil where that part is not wanted.
        case moment(date: Int?, time: Int?, zone: Argument)
        case plural([PluralCategory: String], exactly: [Int: String])
    }

    let name: String
    let subject: [String]
    let function: Function
    let language: String
    let formats: LanguageFormats
    let timeZones: TimeZoneDatabase

    static let names = ["number", "percent", "currency", "date", "time", "datetime", "plural"]
    private static let styles = ["short", "medium", "long", "full"]
    private static let decimalsMax = 10

    init(_ text: String, _ setting: Template.Setting) throws(Invalid) {
        var reader = ArgumentReader(text)
        let (name, arguments) = try reader.read()
        guard Self.names.contains(name) else {
            let hint = NearestName.find(name, in: Self.names).map { "; did you mean \"\($0)\"?" } ?? ""
            throw Invalid(message: "no function \"\(name)\"\(hint) (there are \(Self.names.joined(separator: ", ")))")
        }
        self.name = name
        language = setting.language
        formats = LanguageTable.formats(for: setting.language) ?? LanguageTable.standard
        timeZones = setting.timeZones
        guard let first = arguments.first, first.label == nil, !first.isQuoted,
            let path = TemplateParser.path(first.text),
            Int(first.text) == nil
        else { throw Invalid(message: "\(name) needs a name of the event first, such as \(name)(data.total)") }
        subject = path
        var options = Options(name, Array(arguments.dropFirst()))
        function = try Self.function(&options, setting)
        try options.finish()
    }

    private static func function(_ options: inout Options, _ setting: Template.Setting) throws(Invalid) -> Function {
        switch options.function {
        case "number": return .number(decimals: try decimals(&options))
        case "percent": return .percent(decimals: try decimals(&options) ?? 0...0)
        case "currency":
            guard let code = options.take("currency", orFirst: true) else {
                throw Invalid(
                    message:
                        "currency needs a code of ISO 4217, or a name that has it, such as currency(data.total, EUR)"
                )
            }
            return .currency(try currency(code), decimals: try decimals(&options))
        case "plural": return try plural(&options)
        default: return try moment(&options, setting)
        }
    }

    private static func decimals(_ options: inout Options) throws(Invalid) -> ClosedRange<Int>? {
        guard let option = options.take("decimals") else { return nil }
        guard let count = Int(option.text), (0...decimalsMax).contains(count) else {
            throw Invalid(message: "decimals: \"\(option.text)\" is not a number from 0 to \(decimalsMax)")
        }
        return count...count
    }

    private static func currency(_ option: ArgumentReader.Argument) throws(Invalid) -> Argument {
        if CurrencyCode.isWellFormed(option.text) { return .text(option.text) }
        guard !option.isQuoted, let path = TemplateParser.path(option.text), path.count > 1 else {
            throw Invalid(
                message:
                    "\"\(option.text)\" is no currency: give a code of three capital letters, or a name such as data.currency"
            )
        }
        return .path(path)
    }

    private static func moment(_ options: inout Options, _ setting: Template.Setting) throws(Invalid) -> Function {
        let isTime = options.function == "time"
        let styles = isTime ? Array(styles.prefix(2)) : styles
        var style = isTime ? 0 : 1
        if let option = options.take("style", orFirst: true) {
            guard let index = styles.firstIndex(of: option.text) else {
                let hint = NearestName.find(option.text, in: styles).map { "; did you mean \"\($0)\"?" } ?? ""
                throw Invalid(
                    message: "no style \"\(option.text)\"\(hint) (there are \(styles.joined(separator: ", ")))"
                )
            }
            style = index
        }
        let zone = try options.take("zone").map { (option) throws(Invalid) in try self.zone(option, setting) }
        return .moment(
            date: isTime ? nil : style,
            time: isTime ? style : options.function == "datetime" ? 0 : nil,
            zone: zone ?? .text(setting.timeZone)
        )
    }

    private static func zone(_ option: ArgumentReader.Argument, _ setting: Template.Setting) throws(Invalid) -> Argument
    {
        if ClockZone.offset(option.text, in: setting.timeZones, at: 0) != nil { return .text(option.text) }
        if !option.isQuoted, !option.text.contains("/"), let path = TemplateParser.path(option.text), path.count > 1 {
            return .path(path)
        }
        let hint = NearestName.find(option.text, in: setting.timeZones.names).map { "; did you mean \"\($0)\"?" } ?? ""
        throw Invalid(
            message:
                "no time zone \"\(option.text)\"\(hint) (a name such as Europe/Berlin, UTC, +02:00, or one such as data.timezone)"
        )
    }

    private static func plural(_ options: inout Options) throws(Invalid) -> Function {
        var words: [PluralCategory: String] = [:]
        var exactly: [Int: String] = [:]
        for option in options.takeAll() {
            guard let label = option.label else {
                throw Invalid(
                    message: "plural: write for which amount the words are, such as one: \"1 item\", other: \"# items\""
                )
            }
            guard option.isQuoted else {
                throw Invalid(message: "plural: put the words for \(label) in quotation marks")
            }
            let isNew: Bool
            if let number = Int(label), number >= 0 {
                isNew = exactly.updateValue(option.text, forKey: number) == nil
            } else if let category = PluralCategory(rawValue: label) {
                isNew = words.updateValue(option.text, forKey: category) == nil
            } else {
                let names = PluralCategory.allCases.map(\.rawValue)
                let hint = NearestName.find(label, in: names).map { "; did you mean \"\($0)\"?" } ?? ""
                throw Invalid(
                    message:
                        "plural: no amount \"\(label)\"\(hint) (there are \(names.joined(separator: ", ")), and whole numbers)"
                )
            }
            if !isNew { throw Invalid(message: "plural: \(label) is there twice") }
        }
        guard words[.other] != nil else {
            throw Invalid(
                message: "plural needs words for \"other\", which every language has, such as other: \"# items\""
            )
        }
        return .plural(words, exactly: exactly)
    }

    // MARK: What it reads

    /// Names of the event that it reads.
    var paths: [[String]] {
        switch function {
        case .currency(.path(let path), _), .moment(_, _, zone: .path(let path)): [subject, path]
        case .number, .percent, .currency, .moment, .plural: [subject]
        }
    }

    /// Amounts that it has words for; empty where it is about none.
    var plurals: Set<PluralCategory> {
        if case .plural(let words, _) = function { Set(words.keys) } else { [] }
    }

    /// Options that are left to be taken by their labels.
    private struct Options {
        let function: String
        private var left: [ArgumentReader.Argument]

        init(_ function: String, _ arguments: [ArgumentReader.Argument]) {
            self.function = function
            left = arguments
        }

        /// `orFirst`: Also where it has no label and comes first.
        mutating func take(_ label: String, orFirst: Bool = false) -> ArgumentReader.Argument? {
            let index =
                left.firstIndex { $0.label == label }
                ?? (orFirst && left.first?.label == nil && !left.isEmpty ? 0 : nil)
            return index.map { left.remove(at: $0) }
        }

        mutating func takeAll() -> [ArgumentReader.Argument] {
            defer { left = [] }
            return left
        }

        func finish() throws(Invalid) {
            guard let first = left.first else { return }
            let known: [String] =
                switch function {
                case "number", "percent": ["decimals"]
                case "currency": ["currency", "decimals"]
                default: ["style", "zone"]
                }
            let hint = first.label.flatMap { NearestName.find($0, in: known) }.map { "; did you mean \"\($0)\"?" } ?? ""
            let what = first.label.map { "option \"\($0)\"" } ?? "place for \"\(first.text)\""
            throw Invalid(message: "\(function) has no \(what)\(hint) (there are \(known.joined(separator: ", ")))")
        }
    }
}

/// Reads `name(argument, label: argument, …)`, where an argument is a bare word or a text in quotation marks.
struct ArgumentReader {
    struct Argument {
        let label: String?
        let text: String
        let isQuoted: Bool
    }

    private let source: String
    private var rest: Substring

    init(_ source: String) {
        self.source = source
        rest = source[...]
    }

    mutating func read() throws(TemplateCall.Invalid) -> (name: String, [Argument]) {
        let name = word()
        guard take("(") else { throw unreadable }
        var arguments: [Argument] = []
        while true {
            if take(")") { break }
            if !arguments.isEmpty, !take(",") { throw unreadable }
            arguments.append(try argument())
            if arguments.count > 32 { throw TemplateCall.Invalid(message: "more than 32 arguments") }
        }
        skipSpaces()
        guard rest.isEmpty else { throw unreadable }
        return (name, arguments)
    }

    private var unreadable: TemplateCall.Invalid {
        TemplateCall.Invalid(message: "\"\(source)\" is not a call such as number(data.total, decimals: 2)")
    }

    private mutating func argument() throws(TemplateCall.Invalid) -> Argument {
        if let text = try quoted() { return Argument(label: nil, text: text, isQuoted: true) }
        let first = word()
        guard !first.isEmpty else { throw unreadable }
        guard take(":") else { return Argument(label: nil, text: first, isQuoted: false) }
        if let text = try quoted() { return Argument(label: first, text: text, isQuoted: true) }
        let second = word()
        // The only bare words with a colon are offsets from UTC.
        let minutes = second.hasPrefix("+") || second.hasPrefix("-") ? take(":") ? ":" + word() : "" : ""
        guard !second.isEmpty else { throw unreadable }
        return Argument(label: first, text: second + minutes, isQuoted: false)
    }

    private mutating func quoted() throws(TemplateCall.Invalid) -> String? {
        skipSpaces()
        guard let mark = rest.first, mark == "\"" || mark == "'" else { return nil }
        rest.removeFirst()
        guard let end = rest.firstIndex(of: mark) else {
            throw TemplateCall.Invalid(message: "a text is opened and not closed with \(mark)")
        }
        defer { rest = rest[rest.index(after: end)...] }
        return String(rest[..<end])
    }

    private mutating func word() -> String {
        skipSpaces()
        let word = rest.prefix { $0.isLetter || $0.isNumber || "._-/+".contains($0) }
        rest = rest[word.endIndex...]
        return String(word)
    }

    private mutating func take(_ character: Character) -> Bool {
        skipSpaces()
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipSpaces() {
        rest = rest.drop(while: \.isWhitespace)
    }
}

/// Time zones as templates name them: those of the database, `UTC`, and offsets such as `+02:00`.
enum ClockZone {
    /// Seconds east of UTC at a time in seconds since 1970; nil where there is no such zone.
    static func offset(_ name: String, in zones: TimeZoneDatabase, at time: Int64) -> Int? {
        if let offset = zones.offset(in: name, at: time) { return offset }
        if name == "UTC" || name == "GMT" { return 0 }
        let octets = Array(name.utf8)
        guard octets.count == 6, octets[3] == UInt8(ascii: ":"), name.hasPrefix("+") || name.hasPrefix("-"),
            let hours = Int(name.dropFirst().prefix(2)), let minutes = Int(name.suffix(2)),
            (0...23).contains(hours), (0...59).contains(minutes)
        else { return nil }
        return (hours * 60 + minutes) * (name.hasPrefix("-") ? -60 : 60)
    }
}

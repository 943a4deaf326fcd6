/// What a name in a template stands for.
enum TemplateValue {
    /// Absent, or null.
    case nothing
    /// The event as a whole: its children are `event` and `data`.
    case root
    /// The event's attributes.
    case attributes
    case text(String)
    case node(JSONNode)
    /// An element of a list that is null: there, but without a text.
    case empty

    /// The text of a number, or of a text; nil for all else.
    var scalarText: String? {
        switch self {
        case .text(let text): text
        case .node(let node):
            switch node.kind {
            case .string: node.stringValue
            case .number: node.renderText
            case .null, .boolean, .array, .object: nil
            }
        case .nothing, .root, .attributes, .empty: nil
        }
    }
}

/// Renders sections and calls of a template, with what the budget allows.
///
/// Names are looked for from the innermost section outwards, and the first part of a dotted name decides where, as Mustache has it.
struct TemplateRenderer {
    private let event: EventValues
    private var stack: [TemplateValue] = [.root]
    var budget: RenderBudget

    init(_ event: EventValues, _ budget: RenderBudget) {
        self.event = event
        self.budget = budget
    }

    /// `start`: Where the template's own text begins in the octets.
    mutating func render(_ part: TemplatePart, to octets: inout [UInt8], _ start: Int) {
        guard budget.step(), budget.allows(octets: octets.count - start) else { return }
        switch part {
        case .text(let text): octets.append(contentsOf: text)
        case .value(let path): appendText(value(at: path), to: &octets)
        case .call(let call): append(call, to: &octets)
        case .section(let path, let isInverted, let parts):
            section(value(at: path), isInverted, parts, to: &octets, start)
        }
    }

    private mutating func section(
        _ value: TemplateValue,
        _ isInverted: Bool,
        _ parts: [TemplatePart],
        to octets: inout [UInt8],
        _ start: Int
    ) {
        if case .node(let node) = value, node.kind == .array, !isInverted {
            for element in node.elements {
                guard budget.step() else { return }
                render(parts, in: element.isNull ? .empty : .node(element), to: &octets, start)
                if budget.failure != nil { return }
            }
            return
        }
        guard isShown(value) != isInverted else { return }
        // A bool is a condition, and nothing that names are looked up in.
        if case .node(let node) = value, node.kind == .boolean {
            for part in parts { render(part, to: &octets, start) }
        } else if isInverted {
            for part in parts { render(part, to: &octets, start) }
        } else {
            render(parts, in: value, to: &octets, start)
        }
    }

    private mutating func render(
        _ parts: [TemplatePart],
        in value: TemplateValue,
        to octets: inout [UInt8],
        _ start: Int
    ) {
        stack.append(value)
        for part in parts { render(part, to: &octets, start) }
        stack.removeLast()
    }

    private func isShown(_ value: TemplateValue) -> Bool {
        switch value {
        case .nothing: false
        case .root, .attributes, .text, .empty: true
        case .node(let node):
            switch node.kind {
            case .boolean: node.boolValue ?? false
            case .array: node.count > 0
            case .null: false
            case .number, .string, .object: true
            }
        }
    }

    // MARK: Names

    private func value(at path: [String]) -> TemplateValue {
        if path == ["."] { return stack.last ?? .nothing }
        for scope in stack.reversed() {
            var found = child(path[0], of: scope)
            if case .nothing = found { continue }
            for name in path.dropFirst() { found = child(name, of: found) }
            return found
        }
        return .nothing
    }

    private func child(_ name: String, of value: TemplateValue) -> TemplateValue {
        switch value {
        case .root:
            switch name {
            case "event": return .attributes
            case "data": return event.dataRoot.map { $0.isNull ? .nothing : .node($0) } ?? .nothing
            default: return .nothing
            }
        case .attributes: return event.attributeText(name).map { .text($0) } ?? .nothing
        case .node(let node):
            guard node.kind == .object, let member = node.member(name), !member.isNull else { return .nothing }
            return .node(member)
        case .nothing, .text, .empty: return .nothing
        }
    }

    private func appendText(_ value: TemplateValue, to octets: inout [UInt8]) {
        switch value {
        case .nothing, .root, .attributes, .empty: break
        case .text(let text): octets.append(contentsOf: text.utf8)
        case .node(let node): node.appendText(to: &octets)
        }
    }

    // MARK: Calls

    private mutating func append(_ call: TemplateCall, to octets: inout [UInt8]) {
        let subject = value(at: call.subject)
        // As with a name alone: what is not there gives nothing.
        if case .nothing = subject { return }
        do throws(RenderBudget.Failure) {
            octets.append(contentsOf: try text(call, subject).utf8)
        } catch {
            budget.fail(error.message)
        }
    }

    private func text(_ call: TemplateCall, _ subject: TemplateValue) throws(RenderBudget.Failure) -> String {
        let formats = call.formats
        switch call.function {
        case .number(let decimals):
            return formats.number.text(try number(call, subject), formats, fraction: decimals)
        case .percent(let decimals):
            let number = try number(call, subject).hundredfold
            return formats.percentage.text(number, formats, fraction: decimals)
        case .currency(let argument, let decimals):
            let code = try argumentText(argument, call, what: "currency")
            guard CurrencyCode.isWellFormed(code) else { throw failure(call, code, "is no currency code of ISO 4217") }
            let count = CurrencyCode.fractionDigits(code)
            return formats.money.text(
                try number(call, subject),
                formats,
                fraction: decimals ?? count...count,
                currency: formats.symbol(ofCurrency: code)
            )
        case .plural(let words, let exactly):
            return plural(try number(call, subject), words, exactly, call)
        case .moment(let date, let time, let zone):
            return try moment(call, subject, date, time, zone)
        }
    }

    private func plural(
        _ number: DecimalNumber,
        _ words: [PluralCategory: String],
        _ exactly: [Int: String],
        _ call: TemplateCall
    ) -> String {
        let formats = call.formats
        // Of the number as it is shown: no more than three decimals.
        let shown = number.rounded(to: 0...3)
        let language = call.language.isEmpty || call.language == "und" ? "en" : call.language
        var chosen = words[PluralCategory.of(shown, language: language)] ?? words[.other] ?? ""
        if shown.fraction.isEmpty, !shown.isNegative, shown.integer.count < 10 {
            let value = shown.integer.reduce(0) { $0 * 10 + Int($1) }
            if let words = exactly[value] { chosen = words }
        }
        return chosen.contains("#") ? chosen.replacing("#", with: formats.number.text(shown, formats)) : chosen
    }

    private func moment(
        _ call: TemplateCall,
        _ subject: TemplateValue,
        _ date: Int?,
        _ time: Int?,
        _ zone: TemplateCall.Argument
    ) throws(RenderBudget.Failure) -> String {
        let milliseconds = try milliseconds(call, subject)
        let name = try argumentText(zone, call, what: "time zone")
        let seconds = RFC3339.floorDivision(Int(milliseconds), 1_000).quotient
        guard let offset = ClockZone.offset(name, in: call.timeZones, at: Int64(seconds)) else {
            throw failure(call, name, "is no time zone that is known here")
        }
        let local = LocalTime(milliseconds, offset: offset)
        let formats = call.formats
        let dateText = date.map { local.text(formats.dates[$0], formats) }
        let timeText = time.map { local.text(formats.times[$0], formats) }
        guard let dateText, let timeText, let date else { return dateText ?? timeText ?? "" }
        // The pattern's own letters are in quotation marks; what is put into it is not looked at again.
        let pattern = formats.joined[date].replacing("'", with: "")
        let halves = pattern.split(separator: "{1}", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else { return "\(dateText) \(timeText)" }
        func filled(_ half: Substring) -> String { String(half).replacing("{0}", with: timeText) }
        return filled(halves[0]) + dateText + filled(halves[1])
    }

    /// A time as RFC 3339 writes it, a date, or a number: seconds since 1970, or milliseconds where seconds would be beyond the
    /// year 5000.
    private func milliseconds(_ call: TemplateCall, _ subject: TemplateValue) throws(RenderBudget.Failure) -> Int64 {
        guard let text = subject.scalarText else { throw failure(call, subject, "is no time") }
        if let milliseconds = RFC3339.parse(text) ?? RFC3339.parse(text + "T00:00:00Z") { return milliseconds }
        guard let number = Double(text), number.isFinite, abs(number) < 1e14 else {
            throw failure(call, subject, "is no time such as 2026-05-01T12:30:00Z, nor seconds since 1970")
        }
        return Int64(abs(number) < 1e11 ? number * 1_000 : number)
    }

    private func number(_ call: TemplateCall, _ subject: TemplateValue) throws(RenderBudget.Failure) -> DecimalNumber {
        guard let text = subject.scalarText, let number = DecimalNumber(text) else {
            throw failure(call, subject, "is no number that can be shown")
        }
        return number
    }

    private func argumentText(
        _ argument: TemplateCall.Argument,
        _ call: TemplateCall,
        what: String
    ) throws(RenderBudget.Failure) -> String {
        switch argument {
        case .text(let text): return text
        case .path(let path):
            guard let text = value(at: path).scalarText else {
                let name = "\(call.name)(\(call.subject.joined(separator: ".")))"
                throw RenderBudget.Failure("\(name): no \(what) in \(path.joined(separator: "."))")
            }
            return text
        }
    }

    private func failure(_ call: TemplateCall, _ subject: TemplateValue, _ message: String) -> RenderBudget.Failure {
        var octets: [UInt8] = []
        appendText(subject, to: &octets)
        return failure(call, String(decoding: octets.prefix(80), as: UTF8.self), message)
    }

    private func failure(_ call: TemplateCall, _ value: String, _ message: String) -> RenderBudget.Failure {
        RenderBudget.Failure("\(call.name)(\(call.subject.joined(separator: "."))): \"\(value.prefix(80))\" \(message)")
    }
}

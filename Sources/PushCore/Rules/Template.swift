/// A text with places for values of the event: Mustache without HTML escaping, since nothing here is HTML, and functions that
/// write numbers, money, dates and amounts as the language of the words does.
///
/// Most templates are text and dotted names: those are kept as a flat list, and rendering them costs little more than copying.
package struct Template: Sendable {
    /// What is wrong with a template.
    package struct Invalid: Error {
        /// Line and column inside the template, from 1.
        package let line: Int
        package let column: Int
        package let message: String
    }

    /// What its functions write in, and by which clock.
    package struct Setting: Sendable {
        /// BCP 47; empty for words of no language.
        package var language: String
        /// Where a function names no time zone.
        package var timeZone: String
        package var timeZones: TimeZoneDatabase

        package init(language: String = "", timeZone: String = "UTC", timeZones: TimeZoneDatabase = TimeZoneDatabase())
        {
            self.language = language
            self.timeZone = timeZone
            self.timeZones = timeZones
        }
    }

    private enum Form: Sendable {
        case constant([UInt8])
        case segments(TemplateSegments)
        case parts([TemplatePart])
    }

    /// Octets of a template, at most.
    package static let octetsMax = 16_384
    /// Sections inside sections, at most.
    package static let nestingMax = 16

    /// The path of the key that it stands under, for messages; empty where nobody said it.
    private let key: String
    private let form: Form
    /// Every name in it, in order.
    package let uses: [TemplateUse]

    /// `key`: Names it in the messages of ``RenderBudget``.
    ///
    /// - Throws: ``Invalid`` for an unclosed tag or section, for a function that there is not or that is not called right, and for
    ///   what a rule has no use for: partials, inheritance, other delimiters, pragmas.
    package init(_ source: String, key: String = "", setting: Setting = Setting()) throws(Invalid) {
        if source.utf8.count > Self.octetsMax {
            throw Invalid(line: 1, column: 1, message: "longer than \(Self.octetsMax) bytes")
        }
        var parser = TemplateParser(source, setting)
        let parts = try parser.parse()
        uses = parser.uses
        self.key = key
        if parts.isEmpty {
            form = .constant([])
        } else if parts.count == 1, case .text(let text) = parts[0] {
            form = .constant(text)
        } else if let segments = TemplateSegments(parts) {
            form = .segments(segments)
        } else {
            form = .parts(parts)
        }
    }

    /// The text for an event. A name without a value gives nothing.
    ///
    /// - Returns: nil where the template fails on the event.
    package func render(_ event: EventValues) -> String? {
        var budget = RenderBudget()
        let text = render(event, &budget)
        return budget.failure == nil ? text : nil
    }

    /// The text for an event; not to be used once the budget says that something failed.
    func render(_ event: EventValues, _ budget: inout RenderBudget) -> String {
        var octets: [UInt8] = []
        append(event, to: &octets, &budget)
        return String(decoding: octets, as: UTF8.self)
    }

    /// Appends the text for an event, in UTF-8; not to be used once the budget says that something failed.
    func append(_ event: EventValues, to octets: inout [UInt8], _ budget: inout RenderBudget) {
        let start = octets.count
        switch form {
        case .constant(let text):
            octets.append(contentsOf: text)
        case .segments(let segments):
            segments.append(event, to: &octets)
        case .parts(let parts):
            var renderer = TemplateRenderer(event, budget)
            for part in parts { renderer.render(part, to: &octets, start) }
            budget = renderer.budget
            if let failure = budget.failure, !failure.isNamed { budget.name(failure, key) }
        }
        if !budget.spend(octets: octets.count - start), let failure = budget.failure, !failure.isNamed {
            budget.name(failure, key)
        }
    }
}

/// A name in a template.
package struct TemplateUse: Sendable {
    package enum Kind: Sendable {
        /// Its text is wanted.
        case value
        /// It decides whether a section is shown.
        case section
    }

    package let path: [String]
    package let kind: Kind
    /// Line and column inside the template, from 1.
    package let line: Int
    package let column: Int
    /// The names of the sections around it that are shown only where those have a value, the innermost last.
    package let inside: [[String]]
    /// Amounts that a function has words for; empty for all other uses.
    package let plurals: Set<PluralCategory>
}

/// What templates may cost for one rule and event: whatever the data is, rendering ends, and its memory is bounded.
package struct RenderBudget: Sendable {
    package struct Failure: Error, Hashable, Sendable {
        package let message: String
        fileprivate let isNamed: Bool

        init(_ message: String) {
            self.message = message
            isNamed = false
        }

        fileprivate init(_ message: String, under key: String) {
            self.message = key.isEmpty ? message : "\(key): \(message)"
            isNamed = true
        }
    }

    /// Octets of all texts together, at most. The words for a phone have a few thousand.
    package static let octetsMax = 262_144
    /// Parts of sections rendered and list elements visited, at most.
    package static let stepsMax = 100_000

    private var octetsLeft = Self.octetsMax
    private var stepsLeft = Self.stepsMax
    /// Why the texts cannot be used; nil while all is well.
    package private(set) var failure: Failure?

    package init() {}

    /// False from the first failure on.
    mutating func spend(octets: Int) -> Bool {
        octetsLeft -= octets
        if octetsLeft < 0 { fail("the texts of one notification are longer than \(Self.octetsMax) bytes together") }
        return failure == nil
    }

    /// Likewise; for what is written and not yet spent.
    mutating func allows(octets: Int) -> Bool {
        if octets > octetsLeft {
            fail("the texts of one notification are longer than \(Self.octetsMax) bytes together")
        }
        return failure == nil
    }

    /// False from the first failure on.
    mutating func step() -> Bool {
        stepsLeft -= 1
        if stepsLeft < 0 { fail("the sections of one notification take more than \(Self.stepsMax) steps") }
        return failure == nil
    }

    /// The first failure counts.
    mutating func fail(_ message: String) {
        if failure == nil { failure = Failure(message) }
    }

    fileprivate mutating func name(_ failure: Failure, _ key: String) {
        self.failure = Failure(failure.message, under: key)
    }
}

internal import CEL

/// What can be seen of a rule without an event: that it can never match, and that its words name what may not be there.
struct RuleChecks {
    /// A name in a template, and which template that is.
    struct Use {
        let use: TemplateUse
        let template: Located<String>
        /// Of the template.
        let language: String
    }

    /// Attributes that every event has (CloudEvents 1.0).
    private static let attributesAlways: Set = ["id", "source", "specversion", "type"]
    private static let attributes = [
        "id", "source", "specversion", "type", "time", "subject", "datacontenttype", "dataschema",
    ]

    private let definition: RuleDefinition
    private let environment: Environment
    private let condition: ConditionAnalysis?
    private(set) var problems: [Problem] = []

    /// `definition`: Of a rule that compiles.
    init(_ definition: RuleDefinition, environment: Environment) {
        self.definition = definition
        self.environment = environment
        condition = definition.condition.map { ConditionAnalysis($0.value, environment: environment) }
    }

    // MARK: Conditions

    mutating func checkCondition() {
        guard let source = definition.condition, let condition else { return }
        if let contradiction = condition.contradiction {
            let position = contradiction.position
            report(
                source,
                (position.line, position.column),
                "never true: \(contradiction.message); mend the condition, or take the rule out"
            )
            return
        }
        if condition.isAlwaysTrue {
            warn(source, (1, 1), "always true: leave \"when\" out")
        }
        checkTypes(source, condition)
    }

    /// What the condition says about the type of the event, beside what `on` lets through.
    private mutating func checkTypes(_ source: Located<String>, _ condition: ConditionAnalysis) {
        guard let types = condition.texts["event.type"] else { return }
        func matches(_ pattern: String, _ type: String) -> Bool {
            pattern.hasSuffix("*") ? type.hasPrefix(pattern.dropLast()) : type == pattern
        }
        let wanted = types.sorted().map { "\"\($0)\"" }.joined(separator: " or ")
        let useless = definition.eventTypes.filter { pattern in !types.contains { matches(pattern.value, $0) } }
        if useless.count == definition.eventTypes.count {
            let message = "never true: event.type has to be \(wanted), and \"on\" lets no such event through"
            report(source, (1, 1), "\(message); name that type in \"on\"")
            return
        }
        for pattern in useless {
            let message = "the condition lets no such event through: event.type has to be \(wanted)"
            problems.append(
                Problem(.warning, at: pattern.place, key: pattern.key, value: pattern.value, message: message)
            )
        }
    }

    /// Paths that an expression reads, for what no event can have.
    mutating func checkPaths(_ paths: [String], of source: Located<String>) {
        for path in paths where path.hasPrefix("data.") && path.hasSuffix(".length") {
            let list = path.dropLast(".length".count)
            warn(source, (1, 1), "\(path) is a field of that name: the number of elements is size(\(list))")
        }
        for path in paths where path == "event.data" || path.hasPrefix("event.data.") {
            report(
                source,
                (1, 1),
                "no event has \(path): event holds the attributes alone; did you mean \"\(path.dropFirst("event.".count))\"?"
            )
        }
    }

    // MARK: Templates

    mutating func checkUses(_ uses: [Use]) {
        var guaranteed = condition?.guaranteed ?? []
        guaranteed.formUnion(ConditionAnalysis.fieldsNeeded(by: definition.users.value, environment: environment))
        var told: Set<String> = []
        for use in uses {
            checkPlurals(use)
            let path = use.use.path
            let name = path.joined(separator: ".")
            if let message = Self.mistake(in: path, inside: use.use.inside) {
                if told.insert(name).inserted { report(use.template, (use.use.line, use.use.column), message) }
                continue
            }
            guard path[0] == "data" || path[0] == "event" else { continue }
            let isShown = use.use.inside.contains { $0 == path }
            if use.use.kind == .section || isShown || told.contains(name) { continue }
            if path[0] == "event" {
                checkAttribute(path, use, &told)
            } else if path.count > 1, !guaranteed.contains(where: { $0 == name || $0.hasPrefix(name + ".") }) {
                told.insert(name)
                warn(
                    use.template,
                    (use.use.line, use.use.column),
                    "no condition guarantees \(name), and an event without it leaves a gap: add has(\(name)) to \"when\", or write "
                        + "{{#\(name)}}…{{/\(name)}} around what needs it"
                )
            }
        }
    }

    /// Why a name never has a value; nil where it may have one.
    private static func mistake(in path: [String], inside: [[String]]) -> String? {
        let name = path.joined(separator: ".")
        if path[0] == "event", path.count > 1, path[1] == "data" {
            let meant = path.dropFirst().joined(separator: ".")
            return "no event has \(name): event holds the attributes alone; did you mean {{\(meant)}}?"
        }
        if path[0] == "event", path.count != 2 {
            return path.count == 1
                ? "event as a whole has no text: name an attribute, such as {{event.type}}"
                : "no event has \(name): attributes have no parts"
        }
        // In a section, names are looked for in what it stands for first.
        guard inside.isEmpty, path[0] != "data", path[0] != "event" else { return nil }
        if path == ["."] { return "{{.}} stands for the element of a section, and there is none around it" }
        let nearest = NearestName.find(path[0], in: ["data", "event"])
        let meant = nearest.map { ([$0] + path.dropFirst()).joined(separator: ".") } ?? "data.\(name)"
        return
            "nothing is named \"\(path[0])\" here: there are data (what the event holds) and event (its attributes); did you mean "
            + "{{\(meant)}}?"
    }

    private mutating func checkAttribute(_ path: [String], _ use: Use, _ told: inout Set<String>) {
        let attribute = path[1]
        if Self.attributesAlways.contains(attribute) { return }
        let name = "event.\(attribute)"
        let place = (use.use.line, use.use.column)
        if !Self.attributes.contains(attribute), let nearest = NearestName.find(attribute, in: Self.attributes) {
            told.insert(name)
            warn(
                use.template,
                place,
                "events rarely have an attribute \"\(attribute)\"; did you mean {{event.\(nearest)}}?"
            )
        } else if condition?.guaranteed.contains(name) != true {
            told.insert(name)
            warn(
                use.template,
                place,
                "not every event has \(name), and without it there is a gap: add has(\(name)) to \"when\", or write "
                    + "{{#\(name)}}…{{/\(name)}} around what needs it"
            )
        }
    }

    private mutating func checkPlurals(_ use: Use) {
        guard !use.use.plurals.isEmpty, use.use.kind == .value else { return }
        let language = use.language.isEmpty || use.language == "und" ? "en" : use.language
        let missing = PluralCategory.usual(language: language).filter { !use.use.plurals.contains($0) }
        let useless = use.use.plurals.subtracting(PluralCategory.all(language: language)).subtracting([.other])
        func list(_ categories: some Collection<PluralCategory>) -> String {
            categories.map(\.rawValue).sorted().joined(separator: ", ")
        }
        let place = (use.use.line, use.use.column)
        if !missing.isEmpty {
            warn(
                use.template,
                place,
                "plural has no words for \(list(missing)), which \"\(language)\" has: such amounts get those of other"
            )
        }
        if !useless.isEmpty {
            warn(
                use.template,
                place,
                "plural has words for \(list(useless)), which \"\(language)\" does not have: they are never shown"
            )
        }
    }

    // MARK: Problems

    private mutating func report(_ source: Located<String>, _ place: (line: Int, column: Int), _ message: String) {
        problems.append(source.problem(.error, line: place.line, column: place.column, message))
    }

    private mutating func warn(_ source: Located<String>, _ place: (line: Int, column: Int), _ message: String) {
        problems.append(source.problem(.warning, line: place.line, column: place.column, message))
    }
}

extension Located<String> {
    /// A problem inside a text of several lines: its place in the file is exact on the first line; on later ones, the line.
    func problem(_ severity: Problem.Severity = .error, line: Int, column: Int, _ message: String) -> Problem {
        let isFirst = line == 1 && place.column > 0
        let inside = SourcePlace(
            file: place.file,
            line: place.line == 0 ? 0 : place.line + line - 1,
            column: isFirst ? place.column + column - 1 : 0
        )
        return Problem(severity, at: inside, key: key, value: value, message: message)
    }
}

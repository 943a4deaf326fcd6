internal import CEL

/// A rule, ready to be evaluated: expressions compiled, templates taken apart.
///
/// A class, since every event looks at several: a copy of all its parts would cost more than most conditions.
package final class Rule: Sendable {
    struct ContentTemplates: Sendable {
        let locale: String
        let title: Template?
        let subtitle: Template?
        let body: Template?
        let image: Template?
    }

    struct APNsTemplates: Sendable {
        let fixed: APNsOptions
        let sound: Template?
        let threadID: Template?
        let category: Template?
        let targetContentID: Template?
        let filterCriteria: Template?
        let aps: JSONTemplate?
    }

    struct WebPushTemplates: Sendable {
        let fixed: WebPushOptions
        let topic: Template?
        let notification: JSONTemplate?
    }

    enum Badge: Sendable {
        case number(Int64)
        case template(Template)
        case increment
    }

    struct DigestTemplates: Sendable {
        let windowMs: Int64
        let key: Template?
        let contents: [DigestContentTemplates]
        let itemsMax: Int64
    }

    struct DigestContentTemplates: Sendable {
        let locale: String
        let title: DigestTemplate?
        let subtitle: DigestTemplate?
        let body: DigestTemplate?
        let image: Template?
    }

    package let id: String
    let eventTypes: [String]
    let condition: Expression?
    let users: Expression
    /// True where that gives topics, whose subscribers are addressed.
    package let isForSubscribers: Bool
    /// Nil where users are addressed.
    let target: RuleTarget?
    let category: String
    let timeToLiveMs: Int64
    let priority: Priority
    let collapse: Template?
    let contents: [ContentTemplates]
    let link: Template?
    let data: [(key: String, template: Template)]
    let apns: APNsTemplates?
    let fcm: JSONTemplate?
    let webPush: WebPushTemplates?
    let limit: String
    let bypassLimits: Bool
    let badge: Badge?
    let dropTooLong: Bool

    /// Under which name apps without registered categories find that of a rule among the data.
    private static let actionsKey = "actions"

    let bypassQuietHours: Bool
    let dedupeKey: Template?
    let dedupeWindowMs: Int64
    let cancels: Template?
    let digest: DigestTemplates?
    /// A `DeviceChoice`, encoded; nil for all devices.
    let devices: [UInt8]?

    /// Compiles a rule, whose expressions may ask for these time zones.
    ///
    /// - Returns: nil when something is wrong with it; every problem is then in `problems`, at its place in the file.
    package init?(
        compiling definition: RuleDefinition,
        timeZones: TimeZoneDatabase = TimeZoneDatabase(),
        problems: inout [Problem]
    ) {
        let setting = Template.Setting(
            language: definition.contents.first?.locale.value ?? "",
            timeZone: definition.timeZone?.value ?? "UTC",
            timeZones: timeZones
        )
        var compiler = RuleCompiler(environment: EventValues.environment(timeZones), setting: setting)
        id = definition.id.value
        isForSubscribers = definition.isForSubscribers
        eventTypes = definition.eventTypes.map(\.value)
        category = definition.category
        timeToLiveMs = definition.timeToLive.wholeMilliseconds
        priority = definition.priority
        limit = definition.limit?.value ?? ""
        bypassLimits = definition.bypassLimits
        dropTooLong = definition.dropTooLong
        condition = definition.condition.flatMap { compiler.expression($0) }
        let users = compiler.expression(definition.users)
        collapse = compiler.template(definition.collapse)
        contents = definition.contents.map {
            compiler.setting.language = $0.locale.value
            return ContentTemplates(
                locale: $0.locale.value,
                title: compiler.template($0.title),
                subtitle: compiler.template($0.subtitle),
                body: compiler.template($0.body),
                image: compiler.template($0.image)
            )
        }
        compiler.setting = setting
        link = compiler.template(definition.link)
        var data: [(key: String, template: Template)] = []
        for entry in definition.data {
            if let template = compiler.template(entry.template) { data.append((entry.key, template)) }
        }
        if let actions = compiler.template(definition.actions), !data.contains(where: { $0.key == Self.actionsKey }) {
            data.append((Self.actionsKey, actions))
        }
        self.data = data
        badge = compiler.badge(definition.badge)
        compiler.check(timeZone: definition.timeZone)
        let neutral = NeutralOptions(definition)
        apns = compiler.apns(neutral.apns(definition.apns))
        fcm = compiler.members(neutral.fcm(definition.fcm))
        webPush = compiler.webPush(neutral.webPush(definition.webPush))
        bypassQuietHours = definition.bypassQuietHours
        dedupeKey = compiler.template(definition.dedupeKey)
        dedupeWindowMs = definition.dedupeWindow.wholeMilliseconds
        cancels = compiler.template(definition.cancels)
        digest = definition.digest.map { compiler.digest($0) }
        devices = DeviceChoice(definition)?.encoded()
        compiler.setting = setting
        target = definition.target.map { RuleTarget($0, pushType: definition.apns.pushType ?? "") }
        if !compiler.hasErrors { compiler.check(definition, condition: condition, users: users) }
        // What holds for all providers is compiled for each of them, and is wrong once.
        var said: Set<Problem> = []
        problems += compiler.problems.filter { said.insert($0).inserted }
        guard let users, !compiler.hasErrors else { return nil }
        self.users = users
    }

    /// Whether it only ends what waits, and has nothing to say itself.
    var isCancellation: Bool {
        cancels != nil && contents.isEmpty && data.isEmpty && apns == nil && fcm == nil && webPush == nil
            && digest == nil
    }
}

extension DeviceChoice {
    /// What a rule says of devices; nil where all are meant.
    fileprivate init?(_ definition: RuleDefinition) {
        if definition.devices == .all, definition.providers.isEmpty { return nil }
        self.init()
        kind =
            switch definition.devices {
            case .all: .all
            case .mostRecent: .mostRecent
            case .perPlatform: .perPlatform
            }
        providers = definition.providers.map(\.rawValue)
    }
}

/// Compiles the parts of a rule and collects what is wrong with them.
private struct RuleCompiler {
    let environment: Environment
    /// Of the templates that are compiled next.
    var setting: Template.Setting
    var problems: [Problem] = []
    /// Names in the templates so far.
    private var uses: [RuleChecks.Use] = []

    init(environment: Environment, setting: Template.Setting) {
        self.environment = environment
        self.setting = setting
    }

    var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// What is to be said about a rule that compiles.
    mutating func check(_ definition: RuleDefinition, condition: Expression?, users: Expression?) {
        var checks = RuleChecks(definition, environment: environment)
        checks.checkCondition()
        if let condition, let source = definition.condition { checks.checkPaths(condition.fieldPaths, of: source) }
        if let users { checks.checkPaths(users.fieldPaths, of: definition.users) }
        checks.checkUses(uses)
        problems += checks.problems
    }

    mutating func expression(_ source: Located<String>) -> Expression? {
        do throws(CompileError) {
            return try Expression(source.value, environment: environment)
        } catch {
            if source.value.contains("{{") {
                let message =
                    "this is an expression, not a template: write names without {{ and }}, such as data.customer_id"
                report(source, line: 1, column: 1, message, nil)
                return nil
            }
            for problem in error.problems {
                report(
                    source,
                    line: problem.position.line,
                    column: problem.position.column,
                    problem.message,
                    Self.suggestion(for: problem)
                )
            }
            return nil
        }
    }

    /// Who writes `order.total` means a field of the event; who writes `shipped` perhaps a text.
    private static func suggestion(for problem: CompileError.Problem) -> String? {
        let parts = problem.message.split(separator: "'", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "unknown name ", problem.suggestion?.hasPrefix("did you mean") != true
        else {
            return problem.suggestion
        }
        let name = parts[1]
        let text = name.contains(".") ? "" : ", or the text \"\(name)\"?"
        return "fields of the event begin with data: did you mean data.\(name)\(text.isEmpty ? "?" : text)"
    }

    mutating func check(timeZone: Located<String>?) {
        guard let timeZone, ClockZone.offset(timeZone.value, in: setting.timeZones, at: 0) == nil else { return }
        let nearest = NearestName.find(timeZone.value, in: setting.timeZones.names)
        let hint = nearest.map { "; did you mean \"\($0)\"?" } ?? ""
        problems.append(
            Problem(
                at: timeZone.place,
                key: timeZone.key,
                value: timeZone.value,
                message: "no time zone has this name\(hint)",
                allowed: "a name such as Europe/Berlin, UTC, or an offset such as +02:00"
            )
        )
    }

    mutating func template(_ source: Located<String>?) -> Template? {
        guard let source else { return nil }
        do throws(Template.Invalid) {
            let template = try Template(source.value, key: source.key, setting: setting)
            uses += template.uses.map { RuleChecks.Use(use: $0, template: source, language: setting.language) }
            return template
        } catch {
            report(source, line: error.line, column: error.column, error.message, nil)
            return nil
        }
    }

    mutating func badge(_ definition: BadgeDefinition?) -> Rule.Badge? {
        switch definition {
        case nil: nil
        case .number(let number): .number(number)
        case .increment: .increment
        case .template(let source): template(source).map { .template($0) }
        }
    }

    mutating func digest(_ definition: DigestDefinition) -> Rule.DigestTemplates {
        Rule.DigestTemplates(
            windowMs: definition.window?.wholeMilliseconds ?? 0,
            key: template(definition.key),
            contents: definition.contents.map {
                setting.language = $0.locale.value
                return Rule.DigestContentTemplates(
                    locale: $0.locale.value,
                    title: digestTemplate($0.title),
                    subtitle: digestTemplate($0.subtitle),
                    body: digestTemplate($0.body),
                    image: template($0.image)
                )
            },
            itemsMax: definition.itemsMax
        )
    }

    private mutating func digestTemplate(_ source: Located<String>?) -> DigestTemplate? {
        guard let source else { return nil }
        do throws(Template.Invalid) {
            return try DigestTemplate(source.value, key: source.key, setting: setting)
        } catch {
            report(source, line: error.line, column: error.column, error.message, nil)
            return nil
        }
    }

    mutating func apns(_ definition: APNsDefinition) -> Rule.APNsTemplates? {
        var fixed = APNsOptions()
        if let level = definition.interruptionLevel { fixed.interruptionLevel = level }
        if let score = definition.relevanceScore { fixed.relevanceScore = score }
        if let badge = definition.badge { fixed.badge = badge }
        fixed.mutableContent = definition.mutableContent
        fixed.contentAvailable = definition.contentAvailable
        fixed.pushType = definition.pushType ?? ""
        fixed.withoutStorage = definition.withoutStorage
        let templates = Rule.APNsTemplates(
            fixed: fixed,
            sound: template(definition.sound),
            threadID: template(definition.threadID),
            category: template(definition.category),
            targetContentID: template(definition.targetContentID),
            filterCriteria: template(definition.filterCriteria),
            aps: members(definition.aps)
        )
        let hasTemplates =
            templates.sound != nil || templates.threadID != nil || templates.category != nil
            || templates.targetContentID != nil || templates.filterCriteria != nil || templates.aps != nil
        return hasTemplates || fixed != APNsOptions() ? templates : nil
    }

    mutating func webPush(_ definition: WebPushDefinition) -> Rule.WebPushTemplates? {
        var fixed = WebPushOptions()
        if let urgency = definition.urgency { fixed.urgency = urgency }
        if let padding = definition.padding { fixed.padding = UInt32(clamping: padding) }
        fixed.declarative = definition.declarative
        let templates = Rule.WebPushTemplates(
            fixed: fixed,
            topic: template(definition.topic),
            notification: members(definition.notification)
        )
        let hasTemplates = templates.topic != nil || templates.notification != nil
        return hasTemplates || fixed != WebPushOptions() ? templates : nil
    }

    /// Each text is compiled by itself first: so every one that is no template is found, at its own place.
    mutating func members(_ definition: MembersDefinition?) -> JSONTemplate? {
        guard let definition else { return nil }
        let found = problems.count
        for text in definition.templates { _ = template(text) }
        guard problems.count == found else { return nil }
        do throws(JSONTemplate.Invalid) {
            return try JSONTemplate(definition.tree, key: definition.key, setting: setting)
        } catch {
            preconditionFailure("a text of the object is not among its templates: \(error.path)")
        }
    }

    private mutating func report(
        _ source: Located<String>,
        line: Int,
        column: Int,
        _ message: String,
        _ suggestion: String?
    ) {
        let text = suggestion.map { "\(message); \($0)" } ?? message
        problems.append(source.problem(line: line, column: column, text))
    }
}

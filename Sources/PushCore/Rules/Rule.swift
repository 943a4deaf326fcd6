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

    package let id: String
    let eventTypes: [String]
    let condition: Expression?
    let users: Expression
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

    /// Compiles a rule, whose expressions may ask for these time zones.
    ///
    /// - Returns: nil when something is wrong with it; every problem is then in `problems`, at its place in the file.
    package init?(
        compiling definition: RuleDefinition,
        timeZones: TimeZoneDatabase = TimeZoneDatabase(),
        problems: inout [Problem]
    ) {
        var compiler = RuleCompiler(environment: EventValues.environment(timeZones))
        id = definition.id.value
        eventTypes = definition.eventTypes.map(\.value)
        category = definition.category
        timeToLiveMs = definition.timeToLive.wholeMilliseconds
        priority = definition.priority
        limit = definition.limit?.value ?? ""
        bypassLimits = definition.bypassLimits
        condition = definition.condition.flatMap { compiler.expression($0) }
        let users = compiler.expression(definition.users)
        collapse = compiler.template(definition.collapse)
        contents = definition.contents.map {
            ContentTemplates(
                locale: $0.locale.value,
                title: compiler.template($0.title),
                subtitle: compiler.template($0.subtitle),
                body: compiler.template($0.body),
                image: compiler.template($0.image)
            )
        }
        link = compiler.template(definition.link)
        var data: [(key: String, template: Template)] = []
        for entry in definition.data {
            if let template = compiler.template(entry.template) { data.append((entry.key, template)) }
        }
        self.data = data
        apns = compiler.apns(definition.apns)
        fcm = compiler.members(definition.fcm)
        webPush = compiler.webPush(definition.webPush)
        target = definition.target.map { RuleTarget($0, pushType: definition.apns.pushType ?? "") }
        problems += compiler.problems
        guard let users, !compiler.problems.contains(where: { $0.severity == .error }) else { return nil }
        self.users = users
    }
}

/// Compiles the parts of a rule and collects what is wrong with them.
private struct RuleCompiler {
    let environment: Environment
    var problems: [Problem] = []

    mutating func expression(_ source: Located<String>) -> Expression? {
        do throws(CompileError) {
            return try Expression(source.value, environment: environment)
        } catch {
            for problem in error.problems {
                report(
                    source,
                    line: problem.position.line,
                    column: problem.position.column,
                    problem.message,
                    problem.suggestion
                )
            }
            return nil
        }
    }

    mutating func template(_ source: Located<String>?) -> Template? {
        guard let source else { return nil }
        do throws(Template.Invalid) {
            return try Template(source.value)
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
            return try JSONTemplate(definition.tree)
        } catch {
            preconditionFailure("a text of the object is not among its templates: \(error.path)")
        }
    }

    /// The place inside the file: exact on the first line of a value; on later ones, the line.
    private mutating func report(
        _ source: Located<String>,
        line: Int,
        column: Int,
        _ message: String,
        _ suggestion: String?
    ) {
        let isFirst = line == 1 && source.place.column > 0
        let place = SourcePlace(
            file: source.place.file,
            line: source.place.line == 0 ? 0 : source.place.line + line - 1,
            column: isFirst ? source.place.column + column - 1 : 0
        )
        let text = suggestion.map { "\(message); \($0)" } ?? message
        problems.append(Problem(at: place, key: source.key, value: source.value, message: text))
    }
}

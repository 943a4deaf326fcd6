import PushCore
import PushProviders

/// Reads rule files, one after the other, into rule definitions.
struct RuleFileReader {
    /// The names under `limits`.
    let limitNames: [String]
    /// The configured apps.
    let apps: [Configuration.App]
    let log: ProblemLog
    /// Rules that have all that a definition needs.
    ///
    /// Whether they may be used, the log says.
    private(set) var rules: [RuleDefinition] = []
    private var places: [String: SourcePlace] = [:]

    init(limitNames: [String], apps: [Configuration.App], log: ProblemLog) {
        self.limitNames = limitNames
        self.apps = apps
        self.log = log
    }

    /// Takes the rules of one file.
    mutating func read(_ document: DocumentNode) {
        switch document.content {
        case .list(let elements):
            for (index, element) in elements.enumerated() {
                let section = SectionReader(
                    element,
                    tree: RuleKeys.tree,
                    key: "rules[\(index)]",
                    parentPlace: element.place,
                    log: log
                )
                if let rule = read(section) { rules.append(rule) }
            }
        case .map(let entries) where entries.isEmpty:
            log.add(Problem(.warning, at: document.place, key: "", message: "a rule file without rules"))
        case .map, .scalar:
            let message = "\(document.kindName) where a list of rules is needed: begin each rule with \"- \""
            log.add(Problem(at: document.place, key: "", message: message))
        }
    }

    private mutating func read(_ section: SectionReader) -> RuleDefinition? {
        let id = readID(section)
        let eventTypes = readEventTypes(section)
        let audienceReader = RuleAudienceReader(rule: section, apps: apps)
        let audience = audienceReader.read()
        // Read into a stand-in where the rule itself cannot be made: the other problems are wanted as well.
        let nowhere = Located("", at: section.place, key: section.key)
        var rule = RuleDefinition(id: id ?? nowhere, eventTypes: eventTypes, users: audience?.expression ?? nowhere)
        rule.target = audience?.target
        rule.isForSubscribers = audience?.isForSubscribers ?? false
        rule.condition = section.text("when")
        rule.category = readCategory(section)
        rule.timeToLive = section.duration("ttl") ?? rule.timeToLive
        rule.isSilent = section.flag("silent")
        rule.priority = readPriority(section, isSilent: rule.isSilent)
        rule.collapse = section.text("collapse")
        rule.link = section.text("link")
        rule.data = readData(section)
        rule.contents = RuleContentReader(rule: section).read()
        rule.sound = section.text("sound")
        rule.thread = section.text("thread")
        rule.actions = section.text("actions")
        rule.dropTooLong = section.choice("on_too_long") == "drop"
        let target = audienceReader.targetKind
        rule.badge = RuleBadgeReader(rule: section).read(target: target)
        rule.apns = RuleAPNsReader(rule: section, apps: apps, priority: rule.priority, target: target).read()
        let forProviders = RuleProvidersReader(rule: section)
        rule.fcm = forProviders.readFCM()
        rule.webPush = forProviders.readWebPush()
        RuleSilenceCheck(rule: section).check(isSilent: rule.isSilent, target: target)
        rule.timeZone = section.text("time_zone")
        rule.limit = readLimit(section)
        rule.bypassLimits = section.flag("bypass_limits")
        readPeople(section, into: &rule)
        return id == nil || audience == nil || eventTypes.isEmpty ? nil : rule
    }

    /// What protects people from what the rule asks for.
    private func readPeople(_ section: SectionReader, into rule: inout RuleDefinition) {
        rule.bypassQuietHours = section.flag("bypass_quiet_hours")
        rule.dedupeKey = section.text("dedupe_key")
        rule.dedupeWindow = section.duration("dedupe_window") ?? rule.dedupeWindow
        if rule.dedupeKey == nil, section.node("dedupe_window") != nil {
            section.warn("dedupe_window", at: section.node("dedupe_window"), "changes nothing without dedupe_key")
        }
        rule.cancels = section.text("cancels")
        readDevices(section, into: &rule)
        let digest = section.section("digest")
        guard digest.isPresent else { return }
        if rule.target != nil {
            section.report("digest", at: section.node("digest"), "contradiction: only what users get is collected")
        }
        var definition = DigestDefinition()
        definition.window = digest.duration("window")
        if let window = definition.window, window >= rule.timeToLive {
            digest.warn(
                "window",
                at: digest.node("window"),
                "not shorter than the rule's ttl: what is collected first expires before it is sent"
            )
        }
        definition.key = digest.text("key")
        definition.itemsMax = digest.wholeNumber("items_max") ?? definition.itemsMax
        definition.contents = RuleContentReader(rule: digest).read()
        rule.digest = definition
    }

    private func readDevices(_ section: SectionReader, into rule: inout RuleDefinition) {
        rule.devices = section.choice("devices").flatMap(DeviceSelection.init) ?? rule.devices
        for name in section.texts("providers") {
            if let provider = Provider(rawValue: name.value) {
                if !rule.providers.contains(provider) { rule.providers.append(provider) }
                continue
            }
            section.report(
                "providers",
                at: section.node("providers"),
                value: name.value,
                "not a provider",
                allowed: Provider.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        guard rule.target != nil else { return }
        for key in ["devices", "providers"] {
            guard let node = section.node(key) else { continue }
            section.report(key, at: node, "contradiction: a target has no devices to choose from")
        }
    }

    private func readCategory(_ section: SectionReader) -> String {
        guard let category = section.text("category")?.value, !category.isEmpty else { return "" }
        let isName = TextForm.category.accepts(category) && category != UsersCore.allCategories
        if !isName {
            section.report(
                "category",
                at: section.node("category"),
                value: category,
                "not a name for a category",
                allowed: "\(TextForm.category.allowed), other than \(UsersCore.allCategories)"
            )
        }
        return isName ? category : ""
    }

    private mutating func readID(_ section: SectionReader) -> Located<String>? {
        guard let id = section.text("id") else { return nil }
        let isPrintable = id.value.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        let isTrimmed = id.value.first?.isWhitespace == false && id.value.last?.isWhitespace == false
        guard id.value.count <= 128, isPrintable, isTrimmed else {
            section.report(
                "id",
                at: section.node("id"),
                value: id.value,
                "not a rule id",
                allowed: "1 to 128 characters, no control characters, no space at the ends"
            )
            return nil
        }
        if let first = places[id.value] {
            section.report(
                "id",
                at: section.node("id"),
                value: id.value,
                "another rule has this id already, at \(first)"
            )
        } else {
            places[id.value] = id.place
        }
        return id
    }

    private func readEventTypes(_ section: SectionReader) -> [Located<String>] {
        let types = section.texts("on")
        var seen: Set<String> = []
        for type in types {
            var message: String?
            if type.value.dropLast().contains("*") { message = "a * may only stand at the end" }
            if type.value.contains(where: \.isWhitespace) { message = "an event type has no spaces" }
            if !seen.insert(type.value).inserted { message = "this event type is named twice" }
            guard let message else { continue }
            log.add(
                Problem(
                    at: type.place,
                    key: type.key,
                    value: displayed(type.value),
                    message: message,
                    allowed: "an event type, or a beginning followed by *"
                )
            )
        }
        warnOfCovered(types)
        return types
    }

    private func warnOfCovered(_ types: [Located<String>]) {
        for (index, type) in types.enumerated() {
            let covering = types.enumerated().first { other in
                other.offset != index && other.element.value.hasSuffix("*") && other.element.value != type.value
                    && type.value.hasPrefix(other.element.value.dropLast())
            }
            guard let covering = covering?.element else { continue }
            log.add(
                Problem(
                    .warning,
                    at: type.place,
                    key: type.key,
                    value: displayed(type.value),
                    message:
                        "\"\(displayed(covering.value))\" in the same list covers it already: leave one of them out"
                )
            )
        }
    }

    /// Nobody waits for what nobody sees.
    private func readPriority(_ section: SectionReader, isSilent: Bool) -> Priority {
        if isSilent, section.node("priority") == nil { return .normal }
        return switch section.choice("priority") {
        case "normal": .normal
        case "low": .low
        default: .high
        }
    }

    private func readData(_ section: SectionReader) -> [(key: String, template: Located<String>)] {
        let data = section.section("data")
        return data.entries.compactMap { entry in
            if entry.key == "aps" {
                data.report(entry.key, at: entry.value, "the name \"aps\" is Apple's own: choose another")
                return nil
            }
            // FCM's devices would get none of the rule's notifications.
            if apps.contains(where: { $0.provider == .fcm }),
                let problem = FCMMessageSchema.problem(withDataKey: entry.key)
            {
                let message = "\(problem): choose another name"
                log.add(Problem(at: entry.keyPlace, key: data.path(entry.key), message: message))
                return nil
            }
            guard case .scalar(let scalar) = entry.value.content, scalar.kind != .null else {
                data.report(
                    entry.key,
                    at: entry.value,
                    "\(entry.value.kindName) where a text, number or bool is needed"
                )
                return nil
            }
            return (entry.key, Located(scalar.text, at: entry.value.place, key: data.path(entry.key)))
        }
    }

    private func readLimit(_ section: SectionReader) -> Located<String>? {
        guard let limit = section.text("limit"), limit.value != "none" else { return nil }
        guard limitNames.contains(limit.value) else {
            let names = limitNames + ["none"]
            let nearest = NearestName.find(limit.value, in: names)
            let hint = nearest.map { "; did you mean \"\($0)\"?" } ?? ""
            section.report(
                "limit",
                at: section.node("limit"),
                value: limit.value,
                "no limit has this name\(hint)",
                allowed: names.joined(separator: ", ")
            )
            return nil
        }
        if limit.value == "all" {
            section.warn(
                "limit",
                at: section.node("limit"),
                value: limit.value,
                "this limit holds for every rule; naming it changes nothing"
            )
            return nil
        }
        return limit
    }
}

import PushCore

/// What a seed makes of the world, and the parts that are the same for all.
struct Settings {
    enum Mode: String, CaseIterable {
        /// Rebalances and shutdowns in order, and a provider whose answers arrive: nothing may happen twice at all.
        case clean
        /// Only dispatch has accidents, and reads no more of the receipts than the commit's metadata asks for.
        case dispatchAccidents
        /// Only the users stage has accidents, with records that remember as little as they may: nothing reaches a provider twice.
        case usersAccidents
        /// Crashes everywhere.
        case crashes
        /// Crashes, and processes that stand still, lose their partitions, and go on without knowing.
        case zombies
    }

    let mode: Mode
    /// Whether there are rules that address channels in the place of users.
    let hasTargets: Bool
    /// Whether there are rules that address subscribers, and users who subscribe.
    let hasSubscribers: Bool
    /// Whether notifications wait: for a limit, for the end of quiet hours, and in digests.
    let hasWaits: Bool
    let spanMax: Int64
    let tailMin: Int64
    let gapPercent: Int
    /// How often a process crashes right behind a record that is stored, or behind its acknowledgement.
    let boundaryCrashPercent: Int
    /// Whether shops send events twice. Where records remember little, that would be two decisions.
    let repeatsEvents: Bool
    let windows: [String: LimitWindow]
    let users: UsersConfiguration
    private let slowDrainMs: Int64

    init(
        mode: Mode,
        hasTargets: Bool,
        hasSubscribers: Bool,
        hasWaits: Bool,
        using random: inout SeededGenerator
    ) {
        self.mode = mode
        self.hasWaits = hasWaits
        self.hasTargets = hasTargets
        self.hasSubscribers = hasSubscribers
        spanMax = random.pick([4, 8, 32])
        tailMin = mode == .dispatchAccidents ? 0 : 4096
        slowDrainMs = random.pick([500, 5_000])
        gapPercent = random.chance(30) ? 5 : 0
        boundaryCrashPercent = random.pick([0, 1, 3])
        repeatsEvents = mode != .usersAccidents
        let limits = random.below(Self.limitSets.count)
        windows = hasWaits ? Self.limitSets[limits].mapValues(Self.deferring) : Self.limitSets[limits]
        // A step that is made again says the same again: records have to remember it for so long.
        let remembers = repeatsEvents || hasSubscribers
        if hasWaits {
            var users = Self.usersConfiguration(windows, decisionsMax: remembers ? 64 : 1)
            users.quietHours = Self.quietHours
            users.quietSpreadMs = Self.quietSpreadMs
            self.users = users
        } else {
            users = remembers ? Self.longMemory[limits] : Self.shortMemory[limits]
        }
    }

    /// Whether an instance of this stage may crash, lose acknowledgements and drain too slowly.
    func hasAccidents(_ kind: StageKind) -> Bool {
        switch mode {
        case .clean: false
        case .dispatchAccidents: kind == .dispatch
        case .usersAccidents: kind == .users
        case .crashes, .zombies: true
        }
    }

    /// How long an instance of this stage may drain. Two processes never decide about one user where only crashes are meant.
    func drainMs(_ kind: StageKind) -> Int64 {
        hasAccidents(kind) && mode != .usersAccidents ? slowDrainMs : .max / 4
    }

    func commitFailurePercent(_ kind: StageKind) -> Int { hasAccidents(kind) ? 10 : 0 }

    /// Short, so that outages are longer.
    static let retry: RetryPolicy = {
        var retry = RetryPolicy(budgetMs: 4_000, baseMs: 200, capMs: 2_000)
        retry.laterBaseMs = 1_000
        retry.laterCapMs = 8_000
        retry.attemptsMax = 12
        return retry
    }()
    static let app = "com.example.shop"
    /// Has devices, and is not configured.
    static let foreignApp = "com.example.other"

    // MARK: Rules and limits

    /// A rule, in the words of the reference model.
    struct RuleModel {
        let id: String
        let timeToLiveMs: Int64
        let category: String
        /// Windows that hold for it.
        let windows: [String]
    }

    static let order = RuleModel(id: "order", timeToLiveMs: 120_000, category: "orders", windows: ["all", "a", "b"])
    static let news = RuleModel(id: "news", timeToLiveMs: 20_000, category: "news", windows: ["all"])
    static let scores = RuleModel(id: "scores", timeToLiveMs: 60_000, category: "scores", windows: ["all"])
    static let flash = RuleModel(id: "flash", timeToLiveMs: 15_000, category: "news", windows: ["all"])
    static let audit = RuleModel(id: "audit", timeToLiveMs: 300_000, category: "", windows: [])

    /// Soon used up for long, for a moment, and hardly ever. The portions are whole milliseconds.
    private static let limitSets: [[String: LimitWindow]] = [
        [
            "all": LimitWindow(max: 5, periodMs: 100_000),
            "a": LimitWindow(max: 2, periodMs: 20_000),
            "b": LimitWindow(max: 3, periodMs: 60_000),
        ],
        [
            "all": LimitWindow(max: 1, periodMs: 3_000),
            "a": LimitWindow(max: 1, periodMs: 5_000),
            "b": LimitWindow(max: 2, periodMs: 8_000),
        ],
        [
            "all": LimitWindow(max: 20, periodMs: 60_000),
            "a": LimitWindow(max: 5, periodMs: 20_000),
            "b": LimitWindow(max: 10, periodMs: 100_000),
        ],
    ]

    /// What exceeds the limit waits, or by chance is dropped.
    private static func deferring(_ window: LimitWindow) -> LimitWindow {
        LimitWindow(max: window.max, window.period, onExceed: window.portionMs % 20_000 == 0 ? .drop : .defer)
    }

    /// The world begins at 22:13:20: they come soon, and last for a minute.
    static let quietHours = UsersConfiguration.QuietHours(startMinute: 22 * 60 + 14, endMinute: 22 * 60 + 15)
    static let quietSpreadMs: Int64 = 5_000
    static let digestWindowMs: Int64 = 5_000

    private static let longMemory = limitSets.map { usersConfiguration($0, decisionsMax: 64) }
    private static let shortMemory = limitSets.map { usersConfiguration($0, decisionsMax: 1) }

    private static func usersConfiguration(_ windows: [String: LimitWindow], decisionsMax: Int) -> UsersConfiguration {
        let named: ([String]) -> [LimitWindow] = { names in names.compactMap { windows[$0] } }
        var configuration = UsersConfiguration(
            apps: [UsersConfiguration.App(provider: .apns, app: app)],
            limits: Limits(["all": named(["all"]), "orders": named(["a", "b"])])
        )
        configuration.decisionsMax = decisionsMax
        // Each user is a step.
        configuration.fanOutStep = 1
        configuration.fanOutAtOnce = 0
        return configuration
    }

    var ruleSet: RuleSet {
        if hasWaits { return Self.rulesWithWaits }
        return hasSubscribers ? Self.rulesWithSubscribers : hasTargets ? Self.rulesWithTargets : Self.rules
    }

    private static let rules = makeRules()
    private static let rulesWithTargets = makeRules(withTargets: true)
    private static let rulesWithSubscribers = makeRules(withSubscribers: true)

    private static let rulesWithWaits = makeRules(withWaits: true)

    private static func makeRules(
        withTargets: Bool = false,
        withSubscribers: Bool = false,
        withWaits: Bool = false
    ) -> RuleSet {
        var definitions: [RuleDefinition] = []
        var order = definition(Settings.order, on: "shop.order", users: "data.user", when: "data.total > 0")
        order.limit = located("orders")
        order.collapse = located("order-{{data.total}}")
        order.contents = ["en", "de"].map { locale in
            var content = ContentDefinition(locale: located(locale))
            content.body = located("\(locale): {{data.total}}")
            return content
        }
        var audit = definition(Settings.audit, on: "shop.order", users: "data.user", when: "data.flag")
        audit.bypassLimits = true
        var news = definition(Settings.news, on: "shop.*", users: "data.users", when: nil)
        if withWaits {
            audit.bypassQuietHours = true
            news.digest = DigestDefinition()
            news.digest?.window = .milliseconds(digestWindowMs)
        }
        definitions = [order, news, audit]
        if withTargets {
            var scores = definition(Settings.scores, on: "shop.*", users: "data.channels", when: "has(data.channels)")
            scores.target = TargetDefinition(.apnsChannel, app: app)
            scores.collapse = located("score")
            definitions.append(scores)
        }
        if withSubscribers {
            var flash = definition(Settings.flash, on: "shop.*", users: "data.topics", when: "has(data.topics)")
            flash.isForSubscribers = true
            definitions.append(flash)
        }
        var problems: [Problem] = []
        let rules = definitions.compactMap { Rule(compiling: $0, problems: &problems) }
        precondition(problems.isEmpty && rules.count == definitions.count, "the rules compile: \(problems)")
        return RuleSet(rules, version: "1")
    }

    private static func definition(_ model: RuleModel, on type: String, users: String, when: String?) -> RuleDefinition
    {
        var rule = RuleDefinition(id: located(model.id), eventTypes: [located(type)], users: located(users))
        rule.condition = when.map { located($0) }
        rule.category = model.category
        rule.timeToLive = .milliseconds(model.timeToLiveMs)
        return rule
    }

    private static func located(_ text: String) -> Located<String> {
        Located(text, at: SourcePlace(file: "simulation", line: 1), key: "")
    }
}

extension LimitWindow {
    /// The part of a paced window that one notification takes.
    var portionMs: Int64 {
        guard case .pace(let ms) = period else { preconditionFailure("the window has a pace") }
        return ms / max
    }
}

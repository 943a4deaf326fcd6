import PushCore

/// What a seed makes of the world, and the parts that are the same for all.
struct Settings {
    enum Mode: String {
        /// Rebalances and shutdowns in order, and a provider whose answers arrive: nothing may happen twice at all.
        case clean
        /// Only dispatch has accidents, and reads no more of the receipts than the commit's metadata asks for.
        case dispatchAccidents
        /// Crashes everywhere.
        case crashes
        /// Crashes, and processes that stand still, lose their partitions, and go on without knowing.
        case zombies
    }

    let mode: Mode
    let spanMax: Int64
    let tailMin: Int64
    let drainMs: Int64
    let gapPercent: Int
    let commitFailurePercent: Int

    init(mode: Mode, using random: inout SeededGenerator) {
        self.mode = mode
        spanMax = random.pick([4, 8, 32])
        tailMin = mode == .dispatchAccidents ? 0 : 4096
        drainMs = mode == .clean ? .max / 4 : random.pick([500, 5_000])
        gapPercent = random.chance(30) ? 5 : 0
        commitFailurePercent = mode == .clean ? 0 : 10
    }

    /// Whether an instance of this stage may crash, lose acknowledgements and drain too slowly.
    func hasAccidents(_ kind: StageKind) -> Bool {
        switch mode {
        case .clean: false
        case .dispatchAccidents: kind == .dispatch
        case .crashes, .zombies: true
        }
    }

    static let retry = RetryPolicy(budgetMs: 60_000, baseMs: 200, capMs: 4_000)
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
    static let news = RuleModel(id: "news", timeToLiveMs: 60_000, category: "news", windows: ["all"])
    static let audit = RuleModel(id: "audit", timeToLiveMs: 300_000, category: "", windows: [])

    static let windows: [String: LimitWindow] = [
        "all": LimitWindow(max: 5, periodMs: 100_000),
        "a": LimitWindow(max: 2, periodMs: 20_000),
        "b": LimitWindow(max: 3, periodMs: 60_000),
    ]

    var users: UsersConfiguration { Self.usersConfiguration }

    private static let usersConfiguration: UsersConfiguration = {
        let named: ([String]) -> [LimitWindow] = { names in names.compactMap { windows[$0] } }
        var configuration = UsersConfiguration(
            apps: [UsersConfiguration.App(provider: .apns, app: app)],
            limits: Limits(["all": named(["all"]), "orders": named(["a", "b"])])
        )
        configuration.decisionsMax = 64
        return configuration
    }()

    var ruleSet: RuleSet { Self.rules }

    private static let rules: RuleSet = {
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
        let news = definition(Settings.news, on: "shop.*", users: "data.users", when: nil)
        definitions = [order, news, audit]
        var problems: [Problem] = []
        let rules = definitions.compactMap { Rule(compiling: $0, problems: &problems) }
        precondition(problems.isEmpty && rules.count == 3, "the rules compile: \(problems)")
        return RuleSet(rules, version: "1")
    }()

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

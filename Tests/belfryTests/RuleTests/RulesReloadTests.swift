import Logging
import PushCore
import PushPipeline
import Synchronization
import Testing

@testable import belfry

/// Rule files that change: what is noticed, what is used, and what is said.
struct RulesReloadTests {
    private static let nowMs: Int64 = 1_795_000_000_000

    private let files: ChangingFiles
    private let configuration: Configuration

    init() throws {
        files = ChangingFiles([
            "belfry.yaml": Sample.configuration + "limits: { marketing: [{ max: 3, per: 1d }] }\n",
            "rules/chat.yaml": Self.rule("chat"),
        ])
        configuration = try #require(Sample.load(files.memory).configuration)
    }

    private static func rule(_ id: String, _ more: String = "") -> String {
        "- { id: \(id), on: com.example.order, to: { users: data.user }\(more) }\n"
    }

    private func watch(_ files: ChangingFiles? = nil) -> RulesWatch {
        RulesWatch(configuration, path: "belfry.yaml", (files ?? self.files).fileSystem, timeZones: TimeZoneDatabase())
    }

    private func look(_ watch: inout RulesWatch, times: Int = 4) -> [RulesWatch.Finding] {
        (0..<times).compactMap { _ in watch.look() }
    }

    private func usable(_ findings: [RulesWatch.Finding]) -> RuleSet? {
        guard findings.count == 1, case .usable(let rules, _) = findings[0] else { return nil }
        return rules
    }

    private func refused(_ findings: [RulesWatch.Finding]) -> [Problem]? {
        guard findings.count == 1, case .unusable(let problems) = findings[0] else { return nil }
        return problems
    }

    // MARK: What is noticed

    @Test(
        "a file that changed, a new one and one that is gone are noticed once",
        arguments: [
            ("rules/orders.yaml", Self.rule("other"), ["chat", "other"]),
            ("rules/new.yaml", Self.rule("new"), ["chat", "first", "new"]),
            ("rules/chat.yaml", nil, ["first"]),
        ] as [(String, String?, [String])]
    )
    func changed(path: String, text: String?, ids: [String]) throws {
        var watch = watch()
        #expect(look(&watch).isEmpty)
        files[path] = text
        let rules = try #require(usable(look(&watch)))
        #expect(rules.rules.map(\.id).sorted() == ids)
        #expect(look(&watch).isEmpty)
    }

    @Test("what no glob matches is no news, nor is a file that is written again with what it held")
    func others() {
        var watch = watch()
        files["rules/readme.txt"] = "new"
        let same = files["rules/chat.yaml"]
        files["rules/chat.yaml"] = same
        #expect(look(&watch).isEmpty)
    }

    @Test("what is found once only is not judged: it may be half written, or one of several")
    func settling() {
        var watch = watch()
        files["rules/chat.yaml"] = "- { id: chat"
        #expect(look(&watch, times: 1).isEmpty)
        files["rules/chat.yaml"] = Self.rule("chat2")
        #expect(look(&watch, times: 1).isEmpty)
        #expect(usable(look(&watch, times: 1)) != nil)
    }

    @Test("who asks has the files judged at once, also when nothing changed and when the same was refused before")
    func asked() {
        var watch = watch()
        guard case .unchanged = watch.lookNow() else { return #expect(Bool(false)) }
        files["rules/chat.yaml"] = "- {}"
        for _ in 0..<2 {
            guard case .unusable(let problems) = watch.lookNow() else { return #expect(Bool(false)) }
            #expect(problems.contains { $0.place.file == "rules/chat.yaml" })
        }
        #expect(look(&watch).isEmpty)
        files["rules/chat.yaml"] = Self.rule("chat")
        guard case .restored = watch.lookNow() else { return #expect(Bool(false)) }
        guard case .unchanged = watch.lookNow() else { return #expect(Bool(false)) }
    }

    // MARK: All or nothing

    static let unusable: [(path: String, text: String?, place: String, words: String)] = [
        ("rules/chat.yaml", "- { id: chat, on: a, to: { users: data. } }\n", "rules/chat.yaml:1", "expected"),
        ("rules/chat.yaml", Self.rule("chat", ", when: unknown > 1"), "rules/chat.yaml:1", "unknown"),
        ("rules/chat.yaml", Self.rule("chat", ", limit: added"), "rules/chat.yaml:1", "no limit has this name"),
        ("rules/chat.yaml", Self.rule("first"), "rules/orders.yaml:1", "another rule has this id"),
        ("rules/chat.yaml", "{", "rules/chat.yaml", ""),
        ("rules/new.yaml", "- { idd: x }\n", "rules/new.yaml:1", "id"),
    ]

    @Test("one bad file keeps all former rules, and says what is wrong where, once", arguments: unusable)
    func refused(path: String, text: String?, place: String, words: String) throws {
        var watch = watch()
        // A good change beside the bad one is not used either.
        files["rules/extra.yaml"] = Self.rule("extra")
        files[path] = text
        let problems = try #require(refused(look(&watch)))
        #expect(
            problems.contains { $0.severity == .error && "\($0)".hasPrefix(place) && $0.message.contains(words) },
            "\(problems)"
        )
        files[path] = path == "rules/new.yaml" ? nil : Self.rule("chat")
        #expect(try #require(usable(look(&watch))).rules.map(\.id).sorted() == ["chat", "extra", "first"])
    }

    @Test("that a glob matches nothing any more is a problem of the file that names it, and not a set without rules")
    func emptied() throws {
        var watch = watch()
        files["rules/chat.yaml"] = nil
        files["rules/orders.yaml"] = nil
        let problems = try #require(refused(look(&watch)))
        #expect(problems.map { "\($0)" } == ["belfry.yaml:6:9: error: rules[0]: \"rules/*.yaml\": no file matches"])
    }

    // MARK: The version

    @Test("the version follows from what the files hold, not from their names or places")
    func version() throws {
        func version(_ texts: [String: String]) throws -> String {
            var watch = watch()
            for path in ["rules/chat.yaml", "rules/orders.yaml"] { files[path] = nil }
            for (path, text) in texts { files[path] = text }
            defer { for path in texts.keys { files[path] = nil } }
            guard case .usable(let rules, _) = watch.lookNow() else { throw Unusable() }
            return rules.version
        }
        struct Unusable: Error {}
        let (first, second) = (Self.rule("a"), Self.rule("b"))
        let known = try version(["rules/1.yaml": first, "rules/2.yaml": second])
        #expect(known.wholeMatch(of: /[0-9a-f]{12}/) != nil)
        #expect(try version(["rules/9.yaml": first, "rules/2.yaml": second]) == known)
        #expect(try version(["rules/1.yaml": second, "rules/2.yaml": first]) == known)
        #expect(try version(["rules/1.yaml": first]) != known)
        #expect(try version(["rules/1.yaml": first, "rules/2.yaml": second + "\n"]) != known)
        #expect(try version(["rules/1.yaml": first + second]) != known)
    }

    // MARK: What is done and said

    private final class Said: Sendable {
        let lines = Mutex<[String]>([])
        let replaced = Mutex<[RuleSet]>([])
    }

    private struct Handler: LogHandler {
        let said: Said
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let words = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            said.lines.withLock { $0.append("\(event.level) \(event.message) \(words.joined(separator: " "))") }
        }
    }

    @Test("good rules are handed over with their version; bad ones leave the former, the log, metrics and a note")
    func reload() throws {
        let (metrics, standing, said) = (Metrics(), ProviderStanding(), Said())
        let watch = watch()
        var first = watch
        files["rules/chat.yaml"] = Self.rule("chat")
        guard case .unchanged = first.lookNow() else { return #expect(Bool(false)) }
        let inUse = RuleSet([], version: "0123456789ab")
        var reload = RulesReload(
            watch,
            inUse: inUse,
            interval: .seconds(1),
            metrics: metrics,
            standing: standing,
            logger: Logger(label: "test") { _ in Handler(said: said) },
            nowMs: Self.nowMs
        ) { rules in said.replaced.withLock { $0.append(rules) } }
        func look(_ nowMs: Int64) { for _ in 0..<3 { reload.look(.interval, nowMs: nowMs) } }
        func info(_ version: String) -> Double? {
            metrics.snapshot().values[Series(.ruleSetInfo, ["version": version])]
        }
        func count(_ result: String) -> Double { metrics.value(Series(.rulesReload, ["result": result])) }
        #expect(metrics.value(Series(.rulesLoaded)) == Double(Self.nowMs) / 1_000 && info("0123456789ab") == 0)

        files["rules/chat.yaml"] = Self.rule("chat2")
        look(Self.nowMs + 5_000)
        let rules = try #require(said.replaced.withLock { $0 }.first)
        #expect(rules.rules.map(\.id).sorted() == ["chat2", "first"] && count("replaced") == 1)
        #expect(metrics.value(Series(.rulesLoaded)) == Double(Self.nowMs) / 1_000 + 5)
        #expect(info(rules.version) == 2 && info("0123456789ab") == nil)
        let line = "notice rules replaced former_version=0123456789ab rules=2 version=\(rules.version)"
        #expect(said.lines.withLock { $0 }.contains(line), "\(said.lines.withLock { $0 })")

        files["rules/chat.yaml"] = "- { id: chat2, on: x, to: { users: data.user }, when: nope }\n- { id: 3 }\n"
        look(Self.nowMs + 9_000)
        #expect(said.replaced.withLock { $0.count } == 1 && count("refused") == 1)
        #expect(metrics.value(Series(.rulesUnusable)) == 1 && info(rules.version) == 2)
        #expect(metrics.value(Series(.rulesLoaded)) == Double(Self.nowMs) / 1_000 + 5)
        let errors = said.lines.withLock { $0 }.filter { $0.hasPrefix("error rules changed and cannot be used") }
        #expect(errors.contains { $0.contains("rules/chat.yaml:1") } && errors.contains { $0.contains("chat.yaml:2") })
        #expect(standing.notes.count == 1 && standing.all.isEmpty)
        #expect(standing.notes[0].contains(rules.version) && standing.notes[0].contains("rules/chat.yaml:1"))

        files["rules/chat.yaml"] = Self.rule("chat2")
        look(Self.nowMs + 12_000)
        #expect(metrics.value(Series(.rulesUnusable)) == 0 && standing.notes.isEmpty)
        #expect(said.replaced.withLock { $0.count } == 1 && count("replaced") == 1)

        reload.look(.asked, nowMs: Self.nowMs + 15_000)
        #expect(count("unchanged") == 1 && !said.lines.withLock { $0 }.contains { $0.contains("needs a restart") })
        files["belfry.yaml"] = "changed"
        reload.look(.asked, nowMs: Self.nowMs + 16_000)
        #expect(said.lines.withLock { $0 }.contains { $0.contains("all else needs a restart") })
    }
}

import PushCore
import PushCrypto

/// Notices that rule files change, come or go, and reads the rules that are in them then: all, or none.
///
/// What files hold is compared, as for credentials (``CredentialWatch``). The rules are read for the configuration that is in use, whose
/// limits and apps they may name. A machine of values: it is given the files.
struct RulesWatch: Sendable {
    /// What became of a look.
    enum Finding: Sendable {
        /// They can be used from now on, though something may be said about them.
        case usable(RuleSet, warnings: [Problem])
        /// The rules in use stay.
        case unusable([Problem])
        /// What is in use is in the files again.
        case restored
        /// What is in use is in the files.
        case unchanged
    }

    /// The files that the globs match, or why they match none, and what the files hold.
    private struct Found: Equatable, Sendable {
        let globProblems: [Problem]
        let contents: [String: FileSnapshot.Content]
    }

    private let configuration: Configuration
    private let configurationFile: String
    private let fileSystem: FileSystem
    private let timeZones: TimeZoneDatabase
    private let configured: [String: FileSnapshot.Content]
    private var state: SettledChange<Found>
    private var isRefused = false

    /// Takes what is in the files now for what is in use.
    ///
    /// `path`: Of the configuration file.
    init(_ configuration: Configuration, path: String, _ fileSystem: FileSystem, timeZones: TimeZoneDatabase) {
        self.configuration = configuration
        self.configurationFile = path
        self.fileSystem = fileSystem
        self.timeZones = timeZones
        configured = FileSnapshot(of: [path], from: fileSystem, octetsMax: YAMLDocument.octetsToRead).contents
        let (_, snapshot, problems) = Self.find(configuration, fileSystem)
        state = SettledChange(inUse: Found(globProblems: problems, contents: snapshot.contents))
    }

    /// The same watch, looking at other files from now on: at start the rules and the watch are given the same text.
    func watching(_ fileSystem: FileSystem) -> RulesWatch { RulesWatch(self, fileSystem) }

    private init(_ other: RulesWatch, _ fileSystem: FileSystem) {
        configuration = other.configuration
        configurationFile = other.configurationFile
        timeZones = other.timeZones
        configured = other.configured
        state = other.state
        isRefused = other.isRefused
        self.fileSystem = fileSystem
    }

    /// Looks at all files once; nil where there is no news, or it has not settled yet.
    mutating func look() -> Finding? {
        let (files, snapshot, problems) = Self.find(configuration, fileSystem)
        let found = Found(globProblems: problems, contents: snapshot.contents)
        guard state.settles(found) else { return nil }
        return judge(found, files, snapshot)
    }

    /// Looks because somebody asks: what is there now is judged, whatever was there before.
    mutating func lookNow() -> Finding {
        let (files, snapshot, problems) = Self.find(configuration, fileSystem)
        let found = Found(globProblems: problems, contents: snapshot.contents)
        state.judge(found)
        return judge(found, files, snapshot)
    }

    /// True when the configuration file holds something else than at the start.
    var isConfigurationChanged: Bool {
        FileSnapshot(of: [configurationFile], from: fileSystem, octetsMax: YAMLDocument.octetsToRead).contents
            != configured
    }

    private mutating func judge(_ found: Found, _ files: [String], _ snapshot: FileSnapshot) -> Finding {
        if found == state.inUse {
            defer { isRefused = false }
            return isRefused ? .restored : .unchanged
        }
        let (definitions, readProblems) = ConfigurationLoader.loadRules(
            of: files,
            for: configuration,
            fileSystem: snapshot.files(over: fileSystem)
        )
        var problems = found.globProblems + readProblems
        let rules = RuleSet(compiling: definitions, snapshot, timeZones: timeZones, problems: &problems)
        isRefused = problems.contains { $0.severity == .error }
        problems = ProblemReport.sorted(problems)
        if isRefused { return .unusable(problems) }
        state.use(found)
        return .usable(rules, warnings: problems)
    }

    private static func find(
        _ configuration: Configuration,
        _ fileSystem: FileSystem
    ) -> (files: [String], snapshot: FileSnapshot, problems: [Problem]) {
        let (files, problems) = ConfigurationLoader.ruleFiles(of: configuration, fileSystem: fileSystem)
        let snapshot = FileSnapshot(of: files, from: fileSystem, octetsMax: YAMLDocument.octetsToRead)
        return (files, snapshot, problems)
    }
}

extension RuleSet {
    /// Compiles what was read from some files.
    ///
    /// `problems`: Where there is an error among them in the end, the set is not to be used.
    init(
        compiling definitions: [RuleDefinition],
        _ snapshot: FileSnapshot,
        timeZones: TimeZoneDatabase,
        problems: inout [Problem]
    ) {
        var rules: [Rule] = []
        for definition in definitions {
            if let rule = Rule(compiling: definition, timeZones: timeZones, problems: &problems) { rules.append(rule) }
        }
        self.init(rules, version: Self.version(of: snapshot))
    }

    /// The first 12 hex digits of SHA-256 over the files' own digests, sorted.
    ///
    /// The same files have the same version on every instance, whatever they are called there and wherever they are.
    private static func version(of snapshot: FileSnapshot) -> String {
        let digests = snapshot.contents.values.compactMap { content in
            if case .digest(let octets) = content { return octets }
            return nil
        }
        let all = digests.sorted { $0.lexicographicallyPrecedes($1) }.flatMap(\.self)
        let digest = SHA256.digest(of: all.span)
        return digest.indices.prefix(6).map { octet in
            let text = String(digest[octet], radix: 16)
            return text.count == 2 ? text : "0" + text
        }.joined()
    }
}

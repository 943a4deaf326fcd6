import Foundation
import HTTP2
import PushCore
import PushPipeline

/// Configuration, rules and keys, read and compiled.
struct LoadedConfiguration {
    /// nil where belfry.yaml or the environment has an error.
    let configuration: Configuration?
    let ruleSet: RuleSet
    /// Of the system.
    var timeZones = TimeZoneDatabase()
    let credentials: AppCredentials
    /// What the credentials were read from, to be looked at again; nil without a configuration.
    let credentialWatch: CredentialWatch?
    /// What the rules were read from, likewise.
    let rulesWatch: RulesWatch?
    let problems: [Problem]

    /// True when nothing stands against starting.
    var isUsable: Bool { configuration != nil && !problems.contains { $0.severity == .error } }

    static func load(
        path: String,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> LoadedConfiguration {
        // The rules, their version and what they are compared with later are made of the same text.
        let files = ReadOnce(.live).fileSystem
        let (configuration, definitions, found) = ConfigurationLoader.load(
            path: path,
            environment: environment,
            fileSystem: files
        )
        var problems = found
        let timeZones = TimeZoneDatabase.read(environment: environment)
        let ruleSet = RuleSet(
            compiling: definitions,
            FileSnapshot(of: configuration?.ruleFiles ?? [], from: files, octetsMax: YAMLDocument.octetsToRead),
            timeZones: timeZones,
            problems: &problems
        )
        var credentials = AppCredentials()
        var watch: CredentialWatch?
        if let configuration {
            watch = CredentialWatch(configuration, .live)
            let nowMs = Int64(Date().timeIntervalSince1970 * 1_000)
            credentials.read(configuration, from: .live, nowMs: nowMs, &problems)
            if let problem = caProblem(configuration) { problems.append(problem) }
            if let problem = timezoneProblem(configuration, timeZones, path: path) { problems.append(problem) }
        }
        return LoadedConfiguration(
            configuration: configuration,
            ruleSet: ruleSet,
            timeZones: timeZones,
            credentials: credentials,
            credentialWatch: watch,
            rulesWatch: configuration.map {
                RulesWatch($0, path: path, files, timeZones: timeZones).watching(.live)
            },
            problems: problems
        )
    }

    /// Whether the clock of users without one is known; UTC is, wherever there is no database.
    private static func timezoneProblem(
        _ configuration: Configuration,
        _ timeZones: TimeZoneDatabase,
        path: String
    ) -> Problem? {
        let zone = configuration.users.timezone
        if zone == "UTC" || timeZones.has(zone) { return nil }
        return Problem(
            at: SourcePlace(file: path, line: 0),
            key: "users.timezone",
            value: displayed(zone),
            message: timeZones.isEmpty ? "this system has no time zone database" : "no time zone has this name"
        )
    }

    /// What keeps the CA file from being used: found out here, and not by the first connection.
    private static func caProblem(_ configuration: Configuration) -> Problem? {
        guard let file = configuration.caFile else { return nil }
        do throws(HTTP2SetupError) {
            try HTTP2Endpoint.TLS(caFile: file).check()
            return nil
        } catch {
            return Problem(
                at: SourcePlace(file: file, line: 0),
                key: "tls.ca_file",
                message: "\(error)",
                allowed: "certificates in PEM"
            )
        }
    }
}

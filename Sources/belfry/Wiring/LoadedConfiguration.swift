import Foundation
import HTTP2
import PushCore
import PushPipeline

/// Configuration, rules and keys, read and compiled.
struct LoadedConfiguration {
    /// nil where belfry.yaml or the environment has an error.
    let configuration: Configuration?
    let ruleSet: RuleSet
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
        }
        return LoadedConfiguration(
            configuration: configuration,
            ruleSet: ruleSet,
            credentials: credentials,
            credentialWatch: watch,
            rulesWatch: configuration.map {
                RulesWatch($0, path: path, files, timeZones: timeZones).watching(.live)
            },
            problems: problems
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

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
    let problems: [Problem]

    /// True when nothing stands against starting.
    var isUsable: Bool { configuration != nil && !problems.contains { $0.severity == .error } }

    static func load(
        path: String,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> LoadedConfiguration {
        let (configuration, definitions, found) = ConfigurationLoader.load(path: path, environment: environment)
        var problems = found
        var rules: [Rule] = []
        let timeZones = TimeZoneDatabase.read(environment: environment)
        for definition in definitions {
            if let rule = Rule(compiling: definition, timeZones: timeZones, problems: &problems) { rules.append(rule) }
        }
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
            ruleSet: RuleSet(rules, version: version(of: configuration?.ruleFiles ?? [])),
            credentials: credentials,
            credentialWatch: watch,
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

    /// The first 12 digits of a digest over the text of all rule files: the same text has the same version on every instance.
    private static func version(of files: [String]) -> String {
        var octets: [UInt8] = []
        for file in files {
            octets += Array((FileManager.default.contents(atPath: file)) ?? Data())
            octets.append(0)
        }
        return String(Digests.openSSL.fingerprint(of: String(decoding: octets, as: UTF8.self)).prefix(12))
    }
}

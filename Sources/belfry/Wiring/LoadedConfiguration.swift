import Foundation
import PushCore
import PushPipeline

/// Configuration, rules and keys, read and compiled.
struct LoadedConfiguration {
    /// nil where belfry.yaml or the environment has an error.
    let configuration: Configuration?
    let ruleSet: RuleSet
    let credentials: AppCredentials
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
        for definition in definitions {
            if let rule = Rule(compiling: definition, problems: &problems) { rules.append(rule) }
        }
        var credentials = AppCredentials()
        if let configuration {
            let nowMs = Int64(Date().timeIntervalSince1970 * 1_000)
            credentials.read(configuration, from: .live, nowMs: nowMs, &problems)
        }
        return LoadedConfiguration(
            configuration: configuration,
            ruleSet: RuleSet(rules, version: version(of: configuration?.ruleFiles ?? [])),
            credentials: credentials,
            problems: problems
        )
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

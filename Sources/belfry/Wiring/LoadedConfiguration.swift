import Foundation
import PushCore
import PushCrypto
import PushPipeline

/// Configuration, rules and keys, read and compiled.
struct LoadedConfiguration {
    /// nil where belfry.yaml or the environment has an error.
    let configuration: Configuration?
    let ruleSet: RuleSet
    /// By name of the app.
    let keys: [String: ES256Key]
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
        let keys = configuration.map { readKeys($0, path: path, &problems) } ?? [:]
        return LoadedConfiguration(
            configuration: configuration,
            ruleSet: RuleSet(rules, version: version(of: configuration?.ruleFiles ?? [])),
            keys: keys,
            problems: problems
        )
    }

    private static func readKeys(
        _ configuration: Configuration,
        path: String,
        _ problems: inout [Problem]
    ) -> [String: ES256Key] {
        var keys: [String: ES256Key] = [:]
        for (index, app) in configuration.apps.enumerated() {
            guard case .apns(let apns) = app.credentials else { continue }
            do {
                let text = try String(contentsOfFile: apns.keyFile, encoding: .utf8)
                keys[app.name] = try ES256Key(pem: text)
            } catch let error as CryptoError {
                problems.append(
                    Problem(
                        at: SourcePlace(file: apns.keyFile, line: 0),
                        key: "apps[\(index)].key_file",
                        message: "\(error)",
                        allowed: "a P-256 private key in PEM (PKCS#8), as Apple's .p8 files"
                    )
                )
            } catch {
                // That it cannot be read was reported by the loader, at its place in the file.
                continue
            }
        }
        return keys
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

import Foundation
import PushCore
import PushCrypto
import PushPipeline
import PushProviders

/// Configuration, rules and keys, read and compiled.
struct LoadedConfiguration {
    /// nil where belfry.yaml or the environment has an error.
    let configuration: Configuration?
    let ruleSet: RuleSet
    /// By name of the app.
    let credentials: [String: APNsApp.Credential]
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
        let credentials = configuration.map { readCredentials($0, &problems) } ?? [:]
        return LoadedConfiguration(
            configuration: configuration,
            ruleSet: RuleSet(rules, version: version(of: configuration?.ruleFiles ?? [])),
            credentials: credentials,
            problems: problems
        )
    }

    /// The app as APNs knows it, at Apple's servers.
    static func settings(_ apns: Configuration.APNs, app: String) -> APNsConfiguration {
        guard apns.certificateFile == nil else { return APNsConfiguration(app: app, authentication: .certificate) }
        return APNsConfiguration(app: app, teamID: apns.teamID, keyID: apns.keyID)
    }

    private static func readCredentials(
        _ configuration: Configuration,
        _ problems: inout [Problem]
    ) -> [String: APNsApp.Credential] {
        var credentials: [String: APNsApp.Credential] = [:]
        for (index, app) in configuration.apps.enumerated() {
            guard case .apns(let apns) = app.credentials else { continue }
            let key = "apps[\(index)]"
            do {
                if let file = apns.certificateFile {
                    let certificate = try readCertificate(file, keyFile: apns.keyFile)
                    report(settings(apns, app: app.name), certificate, (file, "\(key).certificate_file"), &problems)
                    credentials[app.name] = .certificate(certificate)
                } else {
                    let text = try String(contentsOfFile: apns.keyFile, encoding: .utf8)
                    credentials[app.name] = .key(try ES256Key(pem: text))
                }
            } catch let error as CryptoError {
                problems.append(
                    Problem(
                        at: SourcePlace(file: apns.keyFile, line: 0),
                        key: "\(key).key_file",
                        message: "\(error)",
                        allowed: "a P-256 private key in PEM (PKCS#8), as Apple's .p8 files"
                    )
                )
            } catch let error as CertificateError {
                problems.append(
                    Problem(
                        at: SourcePlace(file: apns.certificateFile ?? "", line: 0),
                        key: "\(key).certificate_file",
                        message: "\(error)",
                        allowed: "the app's certificate in PEM, with its key, here or in key_file"
                    )
                )
            } catch {
                // That it cannot be read was reported by the loader, at its place in the file.
                continue
            }
        }
        return credentials
    }

    private static func readCertificate(_ file: String, keyFile: String) throws -> APNsCertificate {
        let certificates = try String(contentsOfFile: file, encoding: .utf8)
        let key = keyFile.isEmpty ? nil : try String(contentsOfFile: keyFile, encoding: .utf8)
        return try APNsCertificate(certificates: certificates, key: key)
    }

    private static func report(
        _ settings: APNsConfiguration,
        _ certificate: APNsCertificate,
        _ source: (file: String, key: String),
        _ problems: inout [Problem]
    ) {
        let nowMs = Int64(Date().timeIntervalSince1970 * 1_000)
        for finding in settings.findings(of: certificate, nowMs: nowMs) {
            problems.append(
                Problem(
                    finding.isFatal ? .error : .warning,
                    at: SourcePlace(file: source.file, line: 0),
                    key: source.key,
                    message: "\(finding)"
                )
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

import Foundation
import Logging
import PushCore
import PushCrypto
import PushPipeline
import PushProviders

/// Has the pipeline use credentials as their files change, and says what became of it: in the log, the metrics and the readiness.
///
/// It also says when a certificate in use comes to its end.
struct CredentialReload {
    private var watch: CredentialWatch
    private let interval: Duration
    private let metrics: Metrics
    private let standing: ProviderStanding
    private let logger: Logger
    private let replace: (AppCredential, String) -> Void
    /// Those in use, by app.
    private var certificates: [String: APNsCertificate] = [:]
    private let apns: [String: APNsConfiguration]
    /// What was last said about each.
    private var findingsSaid: [String: [APNsCertificate.Finding]] = [:]

    /// `replace`: Has the app with this name use a credential.
    init(
        _ configuration: Configuration,
        _ credentials: AppCredentials,
        watch: CredentialWatch,
        metrics: Metrics,
        standing: ProviderStanding,
        logger: Logger,
        replace: @escaping (AppCredential, String) -> Void
    ) {
        self.watch = watch
        self.metrics = metrics
        self.standing = standing
        self.logger = logger
        self.replace = replace
        interval = configuration.credentials.checkInterval
        var apns: [String: APNsConfiguration] = [:]
        for app in configuration.apps {
            if case .apns(let settings) = app.settings {
                apns[app.name] = PipelineAssembly.settings(settings, app: app.name)
            }
            let labels: KeyValuePairs = ["provider": app.provider.rawValue, "app": app.name]
            metrics.set(Series(.credentialUnusable, labels), 0)
        }
        self.apns = apns
        for (app, credential) in credentials.apns { note(.apns(credential), app: app) }
    }

    /// Looks at the files again and again, until the task is cancelled.
    mutating func run() async {
        while (try? await Task.sleep(for: interval)) != nil {
            look(nowMs: Int64(Date().timeIntervalSince1970 * 1_000))
        }
    }

    /// `nowMs`: Milliseconds since the Unix epoch.
    mutating func look(nowMs: Int64) {
        for change in watch.look(nowMs: nowMs) { take(change) }
        checkCertificates(nowMs)
    }

    private mutating func take(_ change: CredentialWatch.Change) {
        let labels: KeyValuePairs = ["provider": change.provider.rawValue, "app": change.app]
        let name = "credential \(change.provider.rawValue) \(change.app)"
        let metadata: Logger.Metadata = [
            "provider": "\(change.provider.rawValue)", "app": "\(change.app)",
            "files": "\(change.files.joined(separator: ","))",
        ]
        switch change.finding {
        case .usable(let credential, let warnings):
            note(credential, app: change.app)
            replace(credential, change.app)
            count(change, "replaced")
            metrics.set(Series(.credentialUnusable, labels), 0)
            standing.note(nil, under: name)
            logger.notice("a credential file changed: what it holds is used", metadata: metadata)
            for warning in warnings {
                logger.warning("about the new credential", metadata: metadata.merging(said(warning)) { $1 })
            }
        case .unusable(let problems):
            count(change, "refused")
            metrics.set(Series(.credentialUnusable, labels), 1)
            let errors = problems.filter { $0.severity == .error }
            let words = errors.map { "\($0.place.file): \($0.message)" }.joined(separator: "; ")
            standing.note(
                "\(change.provider.rawValue) \(change.app): the former credential is used, since \(words)",
                under: name
            )
            for problem in errors {
                logger.error(
                    "a credential file changed and cannot be used: the former credential stays",
                    metadata: metadata.merging(said(problem)) { $1 }
                )
            }
        case .restored:
            metrics.set(Series(.credentialUnusable, labels), 0)
            standing.note(nil, under: name)
            logger.notice("a credential file holds again what is used", metadata: metadata)
        }
    }

    private func said(_ problem: Problem) -> Logger.Metadata {
        ["file": "\(problem.place.file)", "key": "\(problem.key)", "problem": "\(problem.message)"]
    }

    private func count(_ change: CredentialWatch.Change, _ result: String) {
        let labels: KeyValuePairs = ["provider": change.provider.rawValue, "app": change.app, "result": result]
        metrics.add(Series(.credentialReloads, labels))
    }

    // MARK: Certificates

    private mutating func note(_ credential: AppCredential, app: String) {
        guard case .apns(.certificate(let certificate)) = credential else { return }
        certificates[app] = certificate
        metrics.set(
            Series(.credentialExpiry, ["provider": Provider.apns.rawValue, "app": app]),
            Double(certificate.notAfterMs / 1_000)
        )
    }

    /// A certificate that was good at the start ends one day: said each day of its last weeks, and when it is over.
    private mutating func checkCertificates(_ nowMs: Int64) {
        for (app, certificate) in certificates {
            guard let findings = apns[app]?.findings(of: certificate, nowMs: nowMs), findingsSaid[app] != findings
            else {
                continue
            }
            findingsSaid[app] = findings
            let words = findings.map { "\($0)" }.joined(separator: "; ")
            standing.note(findings.isEmpty ? nil : "apns \(app): \(words)", under: "certificate \(app)")
            for finding in findings {
                logger.log(
                    level: finding.isFatal ? .error : .warning,
                    "a certificate in use needs a person",
                    metadata: ["app": "\(app)", "problem": "\(finding)"]
                )
            }
        }
    }
}

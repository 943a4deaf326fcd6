import Logging
import PushCore
import PushCrypto
import PushPipeline
import PushProviders
import Synchronization
import Testing

@testable import belfry

/// Files that change: what is noticed, what is used, and what is said.
struct CredentialWatchTests {
    private static let nowMs: Int64 = 1_795_000_000_000

    private static let document = """
        kafka:
          bootstrap_servers: localhost:9092
          topics: { events: [shop.events] }
        apps:
          - { provider: apns, app: com.example.token, team_id: ABCDE12345, key_id: KEY1234567, key_file: keys/apns.p8 }
          - { provider: apns, app: com.example.shop, certificate_file: keys/shop.pem, key_file: keys/shop.key }
          - { provider: fcm, app: shop, service_account_file: keys/fcm.json }
          - { provider: webpush, app: https://shop.example, vapid_key_file: keys/vapid.pem, subject: mailto:a@b.example }
        rules: [rules/*.yaml]

        """

    private let files: ChangingFiles
    private let configuration: Configuration

    init() throws {
        files = ChangingFiles([
            "belfry.yaml": Self.document,
            "keys/apns.p8": try ES256Key.generate().pem(), "keys/vapid.pem": try ES256Key.generate().pem(),
            "keys/fcm.json": Self.account("a"), "keys/shop.pem": CertificateSample.app,
            "keys/shop.key": CertificateSample.key,
        ])
        configuration = try #require(Sample.load(files.memory).configuration)
    }

    private static func account(_ name: String) -> String {
        """
        {"type": "service_account", "project_id": "shop", "private_key_id": "1",
         "private_key": "\(RSASample.privateKey.replacing("\n", with: "\\n"))", "client_email": "\(name)@shop.example"}
        """
    }

    private func look(_ watch: inout CredentialWatch, times: Int = 2) -> [CredentialWatch.Change] {
        (0..<times).flatMap { _ in watch.look(nowMs: Self.nowMs) }
    }

    // MARK: What is noticed

    @Test("files that do not change are no news")
    func unchanged() {
        var watch = CredentialWatch(configuration, files.fileSystem)
        #expect(look(&watch, times: 5).isEmpty)
        let same = files["keys/apns.p8"]
        files["keys/apns.p8"] = same
        #expect(look(&watch).isEmpty)
    }

    @Test(
        "what changed is read for the app that it belongs to, once",
        arguments: [
            ("keys/apns.p8", Provider.apns, "com.example.token"), ("keys/fcm.json", .fcm, "shop"),
            ("keys/vapid.pem", .webpush, "https://shop.example"), ("keys/shop.pem", .apns, "com.example.shop"),
        ]
    )
    func changed(path: String, provider: Provider, app: String) throws {
        var watch = CredentialWatch(configuration, files.fileSystem)
        files[path] =
            switch path {
            case "keys/fcm.json": Self.account("b")
            case "keys/shop.pem": "subject=x\n" + CertificateSample.app
            default: try ES256Key.generate().pem()
            }
        let changes = look(&watch, times: 4)
        try #require(changes.count == 1)
        #expect(changes[0].provider == provider && changes[0].app == app && changes[0].files.contains(path))
        guard case .usable(let credential, let warnings) = changes[0].finding else {
            Issue.record("\(changes)")
            return
        }
        #expect(warnings.isEmpty)
        switch credential {
        case .apns(.key(let key)): #expect(try files[path] == key.pem())
        case .apns(.certificate(let certificate)): #expect(certificate.chain.starts(with: "subject".utf8))
        case .fcm(let account): #expect(account.clientEmail == "b@shop.example")
        case .webpush(let key): #expect(try files[path] == key.pem())
        }
    }

    @Test("what is found once only is not judged: it may be half written, or half of a pair")
    func settling() throws {
        var watch = CredentialWatch(configuration, files.fileSystem)
        let key = try ES256Key.generate().pem()
        files["keys/apns.p8"] = String(key.prefix(40))
        #expect(look(&watch, times: 1).isEmpty)
        files["keys/apns.p8"] = key
        #expect(look(&watch, times: 1).isEmpty)
        #expect(look(&watch, times: 1).count == 1)
    }

    // MARK: What cannot be used

    static let unusable: [(path: String, text: String?, problem: String)] = [
        ("keys/apns.p8", nil, "no such file"),
        ("keys/apns.p8", "", "PEM"),
        ("keys/apns.p8", RSASample.privateKey, "P-256"),
        ("keys/fcm.json", "{", "not JSON"),
        ("keys/vapid.pem", "key", "key"),
        ("keys/shop.pem", CertificateSample.key, "not of a certificate"),
        ("keys/shop.key", "broken", "not PEM"),
        ("keys/shop.key", CertificateSample.otherKey, "does not belong to the certificate"),
    ]

    @Test(
        "what cannot be used is told once, and what was there before is no news when it comes back",
        arguments: unusable
    )
    func refused(path: String, text: String?, problem: String) throws {
        var watch = CredentialWatch(configuration, files.fileSystem)
        let former = files[path]
        files[path] = text
        let changes = look(&watch, times: 4)
        try #require(changes.count == 1)
        guard case .unusable(let problems) = changes[0].finding else {
            Issue.record("\(changes)")
            return
        }
        let told = problems.filter { $0.severity == .error && $0.description.contains(problem) }
        #expect(told.map(\.place.file) == [path], "\(problems)")
        files[path] = former
        let restored = look(&watch, times: 4)
        try #require(restored.count == 1)
        guard case .restored = restored[0].finding else {
            Issue.record("\(restored)")
            return
        }
    }

    @Test(
        "a certificate that is not valid now, or for another app, is not used",
        arguments: [
            (CertificateSample.notBeforeMs - 1, "not valid yet"), (CertificateSample.notAfterMs + 1, "ended"),
        ]
    )
    func certificateTimes(nowMs: Int64, problem: String) throws {
        var watch = CredentialWatch(configuration, files.fileSystem)
        files["keys/shop.pem"] = CertificateSample.app + "\n"
        let changes = watch.look(nowMs: nowMs) + watch.look(nowMs: nowMs)
        guard case .unusable(let problems)? = changes.first?.finding else {
            Issue.record("\(changes)")
            return
        }
        #expect(problems.contains { $0.message.contains(problem) })
    }

    // MARK: What is done and said

    private final class Replaced: Sendable {
        let apps = Mutex<[String]>([])
    }

    @Test("a good file is handed to the pipeline; a bad one leaves the former, a metric, a note and no secret")
    func reload() throws {
        let metrics = Metrics()
        let standing = ProviderStanding()
        let replaced = Replaced()
        var credentials = AppCredentials()
        var problems: [Problem] = []
        credentials.read(configuration, from: files.fileSystem, nowMs: Self.nowMs, &problems)
        #expect(problems.isEmpty)
        var reload = CredentialReload(
            configuration,
            credentials,
            watch: CredentialWatch(configuration, files.fileSystem),
            metrics: metrics,
            standing: standing,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { _, app in replaced.apps.withLock { $0.append(app) } }
        func look() { for _ in 0..<3 { reload.look(nowMs: Self.nowMs) } }
        func value(_ name: MetricName, _ result: String? = nil) -> Double {
            metrics.snapshot().values.reduce(0) { sum, entry in
                let labels = Dictionary(uniqueKeysWithValues: entry.key.labels.map { ($0.name, $0.value) })
                let matches =
                    entry.key.name == name && labels["app"] == "com.example.token"
                    && (result == nil || labels["result"] == result)
                return matches ? sum + entry.value : sum
            }
        }
        let expiry = Series(.credentialExpiry, ["provider": "apns", "app": "com.example.shop"])
        #expect(metrics.value(expiry) == Double(CertificateSample.notAfterMs / 1_000))

        files["keys/apns.p8"] = try ES256Key.generate().pem()
        look()
        #expect(replaced.apps.withLock { $0 } == ["com.example.token"])
        #expect(value(.credentialReloads, "replaced") == 1 && standing.notes.isEmpty)

        let secret = "c2VjcmV0LW9mLW91cnM"
        files["keys/apns.p8"] = secret
        look()
        #expect(replaced.apps.withLock { $0.count } == 1)
        #expect(value(.credentialReloads, "refused") == 1 && value(.credentialUnusable) == 1)
        #expect(standing.notes.count == 1 && standing.all.isEmpty)
        #expect(standing.notes[0].contains("keys/apns.p8") && !standing.notes[0].contains(secret))

        files["keys/apns.p8"] = try ES256Key.generate().pem()
        look()
        #expect(replaced.apps.withLock { $0.count } == 2)
        #expect(value(.credentialUnusable) == 0 && standing.notes.isEmpty)
    }

    @Test("a certificate in use that comes to its end is noted, and its successor ends the note")
    func ending() throws {
        let standing = ProviderStanding()
        var credentials = AppCredentials()
        var problems: [Problem] = []
        credentials.read(configuration, from: files.fileSystem, nowMs: Self.nowMs, &problems)
        var reload = CredentialReload(
            configuration,
            credentials,
            watch: CredentialWatch(configuration, files.fileSystem),
            metrics: Metrics(),
            standing: standing,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { _, _ in }
        let dayMs: Int64 = 86_400_000
        reload.look(nowMs: CertificateSample.notAfterMs - 31 * dayMs)
        #expect(standing.notes.isEmpty)
        reload.look(nowMs: CertificateSample.notAfterMs - 3 * dayMs)
        #expect(
            standing.notes == ["apns com.example.shop: the certificate ends in 3 days; Apple gives a new one any time"]
        )
        reload.look(nowMs: CertificateSample.notAfterMs + 2 * dayMs)
        #expect(standing.notes == ["apns com.example.shop: the certificate ended 2 days ago"])
        reload.look(nowMs: CertificateSample.notAfterMs - 40 * dayMs)
        #expect(standing.notes.isEmpty)
    }
}

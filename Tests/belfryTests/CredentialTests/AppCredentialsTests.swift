import Foundation
import PushCore
import PushCrypto
import PushPipeline
import PushProviders
import Testing

@testable import belfry

/// The files of keys: what is read, and what is said of those that cannot be used.
struct AppCredentialsTests {
    private static let nowMs: Int64 = 1_795_000_000_000

    private static let document = """
        kafka:
          bootstrap_servers: localhost:9092
          topics: { events: [shop.events] }
        apps:
          - { provider: apns, app: shop, team_id: ABCDE12345, key_id: KEY1234567, key_file: keys/apns.p8, token: { renewal: 30m } }
          - { provider: fcm, app: shop, service_account_file: keys/fcm.json }
          - { provider: webpush, app: https://shop.example, vapid_key_file: keys/vapid.pem, subject: mailto:a@b.example }
        rules: [rules/*.yaml]

        """

    private func read(_ files: [String: String]) throws -> (credentials: AppCredentials, problems: [Problem]) {
        var memory = Sample.files
        memory.files["belfry.yaml"] = Array(Self.document.utf8)
        for (path, text) in files { memory.files[path] = Array(text.utf8) }
        let loaded = Sample.load(memory)
        var credentials = AppCredentials()
        var problems = loaded.problems
        credentials.read(try #require(loaded.configuration), from: memory.fileSystem, nowMs: Self.nowMs, &problems)
        return (credentials, problems)
    }

    private func good() throws -> [String: String] {
        [
            "keys/apns.p8": try ES256Key.generate().pem(), "keys/vapid.pem": try ES256Key.generate().pem(),
            "keys/fcm.json": Self.account(project: "shop"),
        ]
    }

    private static func account(project: String, key: String = RSASample.privateKey) -> String {
        """
        {"type": "service_account", "project_id": "\(project)", "private_key_id": "1",
         "private_key": "\(key.replacing("\n", with: "\\n"))", "client_email": "a@\(project).iam.example"}
        """
    }

    @Test("each app has the credential of its provider, although names are equal")
    func read() throws {
        let files = try good()
        let (credentials, problems) = try read(files)
        #expect(problems.isEmpty, "\(problems)")
        #expect(credentials.fcm["shop"]?.projectID == "shop")
        let apns = try ES256Key(pem: try #require(files["keys/apns.p8"]))
        let vapid = try ES256Key(pem: try #require(files["keys/vapid.pem"]))
        guard case .key(let key) = try #require(credentials.apns["shop"]) else {
            Issue.record("not a key")
            return
        }
        #expect(key.publicKey.octets == apns.publicKey.octets)
        #expect(credentials.webpush["https://shop.example"]?.publicKey.octets == vapid.publicKey.octets)
    }

    @Test("a VAPID key may be its raw number, as other tools write it")
    func rawKey() throws {
        var files = try good()
        // RFC 8291 appendix A: as_private and as_public.
        files["keys/vapid.pem"] = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw\n"
        let (credentials, problems) = try read(files)
        #expect(problems.isEmpty, "\(problems)")
        #expect(
            credentials.webpush["https://shop.example"]?.publicKey.base64URL
                == "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
        )
    }

    private static let secret = "c2VjcmV0LW9mLW91cnM"

    static let brokenFiles: [(file: String, text: String, key: String, expected: String)] = [
        ("keys/fcm.json", "{", "apps[1].service_account_file", "not JSON"),
        ("keys/fcm.json", "[]", "apps[1].service_account_file", "not a JSON object"),
        ("keys/fcm.json", "{\"private_key\": \"\(secret)\"}", "apps[1].service_account_file", "type: missing"),
        ("keys/fcm.json", "{\"private_key\": \"\(secret)", "apps[1].service_account_file", "not JSON"),
        (
            "keys/fcm.json", "{\"type\": \"authorized_user\", \"private_key\": \"\(secret)\"}",
            "apps[1].service_account_file", "\"authorized_user\" (allowed: service_account)"
        ),
        (
            "keys/fcm.json", account(project: "shop", key: secret), "apps[1].service_account_file", "private_key: "
        ),
        ("keys/apns.p8", secret, "apps[0].key_file", "a P-256 private key in PEM (PKCS#8), as Apple's .p8 files"),
        ("keys/vapid.pem", secret, "apps[2].vapid_key_file", "as \"belfry vapid generate\" makes it"),
        (
            "keys/apns.p8", RSASample.privateKey, "apps[0].key_file",
            "a P-256 private key in PEM (PKCS#8), as Apple's .p8 files"
        ),
        (
            "keys/vapid.pem", "-----BEGIN PRIVATE KEY-----\n\(secret)\n-----END PRIVATE KEY-----\n",
            "apps[2].vapid_key_file", "a P-256 private key"
        ),
        ("keys/vapid.pem", RSASample.privateKey, "apps[2].vapid_key_file", "a P-256 private key"),
    ]

    @Test("a file that holds no such key is an error that does not show it", arguments: brokenFiles)
    func broken(file: String, text: String, key: String, expected: String) throws {
        var files = try good()
        files[file] = text
        let problems = try read(files).problems
        #expect(problems.count == 1, "\(problems)")
        let problem = try #require(problems.first)
        #expect(problem.severity == .error && problem.place.file == file && problem.key == key)
        #expect(problem.description.contains(expected), "\(problem)")
        #expect(!ProblemReport(problems).text.contains(Self.secret))
        #expect(!problem.description.contains("MIIEv"))
    }

    @Test("a service account of another project is a warning")
    func otherProject() throws {
        var files = try good()
        files["keys/fcm.json"] = Self.account(project: "other-shop")
        let (credentials, problems) = try read(files)
        #expect(problems.map(\.severity) == [.warning])
        #expect(problems.first?.message.contains("other-shop") == true)
        #expect(credentials.fcm["shop"] != nil)
    }

    @Test("the apps of the pipeline are those whose credentials are there")
    func assembly() throws {
        var memory = Sample.files
        memory.files["belfry.yaml"] = Array(Self.document.utf8)
        for (path, text) in try good() { memory.files[path] = Array(text.utf8) }
        let configuration = try #require(Sample.load(memory).configuration)
        var credentials = AppCredentials()
        #expect(PipelineAssembly.apnsApps(configuration, credentials).isEmpty)
        #expect(PipelineAssembly.fcmApps(configuration, credentials).isEmpty)
        var problems: [Problem] = []
        credentials.read(configuration, from: memory.fileSystem, nowMs: Self.nowMs, &problems)
        let apns = PipelineAssembly.apnsApps(configuration, credentials)
        #expect(apns.map(\.configuration.app) == ["shop"] && apns.first?.configuration.token.renewal == .seconds(1_800))
        let fcm = PipelineAssembly.fcmApps(configuration, credentials)
        #expect(fcm.map(\.configuration) == [FCMConfiguration(app: "shop")])
        #expect(fcm.first?.account.clientEmail == "a@shop.iam.example")
    }

    static let caFiles: [(text: String?, problem: String?)] = [
        (CertificateSample.app, nil), ("no certificate\n", "CA file"), (CertificateSample.key, "CA file"),
        (String(CertificateSample.app.dropLast(60)), "CA file"),
    ]

    @Test("what is to be trusted is read at start, and not by the first connection", arguments: caFiles)
    func caFile(text: String?, problem: String?) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("belfry-ca-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var files = try good()
        files["belfry.yaml"] = Self.document + "tls: { ca_file: keys/ca.pem }\n"
        files["rules/orders.yaml"] = Sample.rule
        files["keys/ca.pem"] = text
        for (path, text) in files {
            let file = folder.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
        let loaded = LoadedConfiguration.load(path: folder.appendingPathComponent("belfry.yaml").path, environment: [:])
        let found = loaded.problems.filter { $0.key == "tls.ca_file" }
        #expect(loaded.isUsable == (problem == nil), "\(loaded.problems)")
        #expect(found.map(\.severity) == (problem == nil ? [] : [.error]))
        if let problem { #expect(found.first?.message.contains(problem) == true, "\(found)") }
    }
}

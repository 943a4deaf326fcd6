import CryptoExtras
import Foundation
import ProviderSimulator
import Testing

/// One assertion and what the OAuth endpoint answers.
struct AssertionCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Empty where a token is given.
    let error: String
    let change: @Sendable (inout TestAccount.Assertion) -> Void

    init(_ name: String, _ error: String, _ change: @escaping @Sendable (inout TestAccount.Assertion) -> Void) {
        testDescription = name
        self.error = error
        self.change = change
    }
}

@Suite("The FCM simulator's OAuth endpoint", .timeLimit(.minutes(5)))
struct OAuthTests {
    static let now = Int64(Date().timeIntervalSince1970)

    static let assertions: [AssertionCase] = [
        AssertionCase("as Google's libraries make it", "") { _ in },
        AssertionCase("aud is the simulator's own address", "") { $0.text["aud"] = "https://localhost/token" },
        AssertionCase("aud is another", "invalid_grant") { $0.text["aud"] = "https://example.com/token" },
        AssertionCase("no aud", "invalid_grant") { $0.text["aud"] = nil },
        AssertionCase("iss is another account", "invalid_grant") { $0.text["iss"] = "a@example.com" },
        AssertionCase("scope cloud-platform among others", "") {
            $0.text["scope"] = "openid https://www.googleapis.com/auth/cloud-platform"
        },
        AssertionCase("scope for something else", "invalid_scope") {
            $0.text["scope"] = "https://www.googleapis.com/auth/devstorage.read_only"
        },
        AssertionCase("no scope", "invalid_scope") { $0.text["scope"] = nil },
        AssertionCase("alg HS256", "invalid_grant") { $0.header["alg"] = "HS256" },
        AssertionCase("alg none", "invalid_grant") { $0.header["alg"] = "none" },
        AssertionCase("no kid", "") { $0.header["kid"] = nil },
        AssertionCase("another kid", "invalid_grant") { $0.header["kid"] = "0000" },
        AssertionCase("lives longer than an hour", "invalid_grant") { $0.numbers["exp"] = now + 3700 },
        AssertionCase("expired", "invalid_grant") {
            $0.numbers["iat"] = now - 4000
            $0.numbers["exp"] = now - 400
        },
        AssertionCase("issued in the future", "invalid_grant") {
            $0.numbers["iat"] = now + 1000
            $0.numbers["exp"] = now + 2000
        },
        AssertionCase("ends before it begins", "invalid_grant") { $0.numbers["exp"] = now - 10 },
        AssertionCase("no iat", "invalid_grant") { $0.numbers["iat"] = nil },
        AssertionCase("no exp", "invalid_grant") { $0.numbers["exp"] = nil },
        AssertionCase("a hostile iat", "invalid_grant") { $0.numbers["iat"] = .min },
    ]

    @Test("an assertion is judged by its claims", arguments: assertions)
    func assertion(_ rule: AssertionCase) async throws {
        try await Fixture.runFCM { client in
            var assertion = client.account.assertion(now: Self.now)
            rule.change(&assertion)
            let answer = try await client.connection.send(
                client.tokenRequest(assertion: client.account.sign(assertion))
            )
            #expect(answer.status == (rule.error.isEmpty ? 200 : 400))
            let object = try #require(JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
            #expect(object["error"] as? String ?? "" == rule.error)
            if rule.error.isEmpty {
                #expect(object["token_type"] as? String == "Bearer")
                #expect(object["expires_in"] as? Int == 3599)
            } else {
                #expect((object["error_description"] as? String)?.isEmpty == false)
            }
        }
    }

    @Test("an assertion that another key has signed is refused")
    func signature() async throws {
        try await Fixture.runFCM { client in
            var account = client.account
            account.key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            let answer = try await client.connection.send(
                client.tokenRequest(assertion: account.sign(account.assertion()))
            )
            #expect(answer.status == 400)
            #expect(answer.body.contains("Invalid JWT Signature."))
        }
    }

    static let forms: [(form: String, type: String, error: String)] = [
        ("assertion=x", "application/x-www-form-urlencoded", "unsupported_grant_type"),
        ("grant_type=password&assertion=x", "application/x-www-form-urlencoded", "unsupported_grant_type"),
        ("grant_type=\(Fixture.grantType)", "application/x-www-form-urlencoded", "invalid_request"),
        (
            "grant_type=\(Fixture.grantType)&assertion=x&assertion=y", "application/x-www-form-urlencoded",
            "invalid_request"
        ),
        ("grant_type=\(Fixture.grantType)&assertion=a.b.c", "application/x-www-form-urlencoded", "invalid_grant"),
        ("{}", "application/json", "invalid_request"),
    ]

    @Test("a form is judged by its parameters", arguments: forms)
    func form(form: String, type: String, error: String) async throws {
        try await Fixture.runFCM { client in
            var request = client.tokenRequest(assertion: "")
            request.body = Array(form.utf8)
            request.set("content-type", type)
            let answer = try await client.connection.send(request)
            #expect(answer.status == 400)
            #expect(answer.body.contains(#""error":"\#(error)""#), "\(answer.body)")
        }
    }

    @Test("a fault on the path of the endpoint strikes it, a fault without a path strikes what sends")
    func faults() async throws {
        let faults = """
            - { provider: fcm, path: "/tok*", every: 2, status: 500 }
            - { provider: fcm, requests: "1", status: 503, reason: UNAVAILABLE }
            """
        try await Fixture.runFCM(faults: faults) { client in
            let struck = try await client.send(client.message())
            #expect(struck.errorCode == "UNAVAILABLE")
            let assertion = try client.account.sign(client.account.assertion())
            let token = try await client.connection.send(client.tokenRequest(assertion: assertion))
            #expect(token.status == 500)
            #expect(token.body.contains(#""error":"internal_failure""#))
        }
    }

    @Test("the service account keeps its key over a restart, and outlives a change of the port")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        func start() async throws -> TestAccount {
            var configuration = SimulatorConfiguration(directory: directory.path)
            configuration.providers = [.fcm]
            let simulator = ProviderSimulator(configuration)
            let addresses = try await simulator.start()
            let file = try #require(addresses.serviceAccountFile)
            let permissions = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(permissions == 0o600)
            let account = try TestAccount(file: file)
            #expect(account.tokenURI == "https://localhost:\(addresses.fcmPort)/token")
            await simulator.stop()
            return account
        }
        let (first, second) = (try await start(), try await start())
        #expect(first.key.derRepresentation == second.key.derRepresentation)
        #expect(first.email == second.email)
    }
}

import Crypto
import CryptoExtras
import Foundation
import ProviderSimulator
import Testing

/// The service account that the simulator wrote, in the hands of a client.
struct TestAccount: Sendable {
    private struct KeyFile: Decodable {
        let privateKey: String
        let privateKeyId: String
        let clientEmail: String
        let tokenUri: String
        let projectId: String
    }

    var key: _RSA.Signing.PrivateKey
    let keyID: String
    let email: String
    let tokenURI: String
    let project: String

    init(file: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let content = try decoder.decode(KeyFile.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        key = try _RSA.Signing.PrivateKey(pemRepresentation: content.privateKey)
        (keyID, email) = (content.privateKeyId, content.clientEmail)
        (tokenURI, project) = (content.tokenUri, content.projectId)
    }

    /// One key for all tests: to make an RSA key takes seconds in a debug build.
    private static let sharedKey = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    /// Puts a service account there for the simulator to find.
    static func place(in directory: String) throws {
        let content = [
            "type": "service_account", "project_id": "example-shop", "private_key_id": "", "client_email": "",
            "private_key": try sharedKey.get().pkcs8PEMRepresentation, "token_uri": "",
        ]
        let file = URL(fileURLWithPath: directory + "/service-account.json")
        try JSONSerialization.data(withJSONObject: content).write(to: file)
    }

    /// Parts of an assertion, for a test to falsify.
    struct Assertion: Sendable {
        var header: [String: String]
        var text: [String: String]
        var numbers: [String: Int64]
    }

    func assertion(now: Int64 = Int64(Date().timeIntervalSince1970)) -> Assertion {
        Assertion(
            header: ["alg": "RS256", "typ": "JWT", "kid": keyID],
            text: [
                "iss": email, "aud": "https://oauth2.googleapis.com/token",
                "scope": "https://www.googleapis.com/auth/firebase.messaging",
            ],
            numbers: ["iat": now, "exp": now + 3600]
        )
    }

    func sign(_ assertion: Assertion) throws -> String {
        var claims: [String: Any] = assertion.numbers
        for (name, value) in assertion.text { claims[name] = value }
        let parts = try [assertion.header, claims].map { part in
            base64URL(try JSONSerialization.data(withJSONObject: part))
        }
        let signed = parts.joined(separator: ".")
        let signature = try key.signature(for: Data(signed.utf8), padding: .insecurePKCS1v1_5)
        return signed + "." + base64URL(signature.rawRepresentation)
    }
}

extension Fixture {
    static let grantType = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"

    /// Runs the body against an FCM simulator with an access token.
    static func runFCM(
        faults: String? = nil,
        configure: (inout SimulatorConfiguration) -> Void = { _ in },
        _ body: (FCMClient) async throws -> Void
    ) async throws {
        try await run(
            faults: faults,
            configure: {
                $0.providers = [.fcm]
                try TestAccount.place(in: $0.directory)
                configure(&$0)
            }
        ) { fixture in
            let account = try TestAccount(file: try #require(fixture.addresses.serviceAccountFile))
            let connection = try await fixture.connect(to: fixture.addresses.fcmPort)
            var client = FCMClient(fixture: fixture, account: account, connection: connection)
            let answer = try await connection.send(client.tokenRequest(assertion: account.sign(account.assertion())))
            let object = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
            client.accessToken = try #require(object?["access_token"] as? String, "\(answer)")
            try await body(client)
            await connection.close()
        }
    }
}

/// A client of the FCM simulator.
struct FCMClient: Sendable {
    let fixture: Fixture
    let account: TestAccount
    let connection: TestClient
    var accessToken = ""

    func tokenRequest(assertion: String) -> TestRequest {
        let form = "grant_type=\(Fixture.grantType)&assertion=\(assertion)"
        var request = request("POST", "/token", form)
        request.set("authorization", nil)
        request.set("content-type", "application/x-www-form-urlencoded")
        return request
    }

    func request(_ method: String, _ path: String, _ body: String) -> TestRequest {
        TestRequest(
            headers: [
                (":method", method), (":scheme", "https"), (":authority", "localhost"), (":path", path),
                ("authorization", "Bearer \(accessToken)"), ("content-type", "application/json"),
            ],
            body: Array(body.utf8)
        )
    }

    func message(_ message: String = #"{"token":"token-1"}"#, project: String = "example-shop") -> TestRequest {
        request("POST", "/v1/projects/\(project)/messages:send", #"{"message":\#(message)}"#)
    }

    func send(_ request: TestRequest) async throws -> FCMAnswer {
        FCMAnswer(try await connection.send(request))
    }
}

/// FCM's answer, taken apart.
struct FCMAnswer: Sendable {
    let status: Int?
    let header: [String: String]
    let body: String
    /// Name of a success.
    let name: String
    let statusName: String
    let errorCode: String?
    let fields: [String]
    let detailTypes: [String]
    let message: String

    init(_ answer: TestAnswer) {
        (status, header, body) = (answer.status, answer.header, answer.body)
        let object = try? JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
        name = object?["name"] as? String ?? ""
        let error = object?["error"] as? [String: Any]
        statusName = error?["status"] as? String ?? ""
        message = error?["message"] as? String ?? ""
        let details = error?["details"] as? [[String: Any]] ?? []
        errorCode = details.lazy.compactMap { $0["errorCode"] as? String }.first
        let violations = details.compactMap { $0["fieldViolations"] as? [[String: Any]] }.joined()
        fields = violations.map { $0["field"] as? String ?? "" }
        detailTypes = details.compactMap { ($0["@type"] as? String)?.split(separator: ".").last.map(String.init) }
    }
}

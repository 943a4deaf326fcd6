import Crypto
import Foundation
import ProviderSimulator
import Testing

/// A subscription as the simulator gave it.
struct TestSubscription: Sendable, Equatable {
    let endpoint: String
    let key: Data
    let auth: Data

    init(_ json: String) throws {
        struct Text: Decodable {
            struct Keys: Decodable {
                let p256dh: String
                let auth: String
            }
            let endpoint: String
            let keys: Keys
        }
        let text = try JSONDecoder().decode(Text.self, from: Data(json.utf8))
        endpoint = text.endpoint
        key = try #require(Data(base64URL: text.keys.p256dh))
        auth = try #require(Data(base64URL: text.keys.auth))
    }

    /// Path and query of the endpoint.
    var path: String {
        "/" + endpoint.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)[2]
    }

    var origin: String { endpoint.split(separator: "/").prefix(2).joined(separator: "//") }
}

/// How a message is encrypted, for a test to falsify (RFC 8291).
struct TestEncryption: Sendable {
    var senderKey = P256.KeyAgreement.PrivateKey()
    var salt = Data((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    var recordSize: UInt32 = 4096
    var padding = Data([2])
    var auth: Data?

    func encrypt(_ text: Data, for subscription: TestSubscription) throws -> Data {
        let own = senderKey.publicKey.x963Representation
        let secret = try senderKey.sharedSecretFromKeyAgreement(with: .init(x963Representation: subscription.key))
        let input = secret.hkdfDerivedSymmetricKey(
            using: SHA256.self,
            salt: auth ?? subscription.auth,
            sharedInfo: Data("WebPush: info".utf8) + [0] + subscription.key + own,
            outputByteCount: 32
        )
        func derive(_ info: String, _ count: Int) -> SymmetricKey {
            let info = Data("Content-Encoding: \(info)".utf8) + [0]
            return HKDF<SHA256>.deriveKey(inputKeyMaterial: input, salt: salt, info: info, outputByteCount: count)
        }
        // SAFETY: the octets are copied before the pointer ends with the closure.
        let nonce = unsafe derive("nonce", 12).withUnsafeBytes { unsafe Data($0) }
        let sealed = try AES.GCM.seal(
            text + padding,
            using: derive("aes128gcm", 16),
            nonce: AES.GCM.Nonce(data: nonce)
        )
        var header = salt
        for shift in [24, 16, 8, 0] { header.append(UInt8(truncatingIfNeeded: recordSize >> UInt32(shift))) }
        return header + [65] + own + sealed.ciphertext + sealed.tag
    }
}

/// A VAPID token's parts, for a test to falsify.
struct TestVAPID: Sendable {
    var key = P256.Signing.PrivateKey()
    var algorithm = "ES256"
    var text: [String: String] = ["sub": "mailto:ops@example.com"]
    var numbers: [String: Int64] = ["exp": Int64(Date().timeIntervalSince1970) + 43_200]
    var usesDER = false

    func header() throws -> String {
        var claims: [String: Any] = numbers
        for (name, value) in text { claims[name] = value }
        let header = try JSONSerialization.data(withJSONObject: ["typ": "JWT", "alg": algorithm])
        let signed = base64URL(header) + "." + base64URL(try JSONSerialization.data(withJSONObject: claims))
        let signature = try key.signature(for: Data(signed.utf8))
        let octets = usesDER ? signature.derRepresentation : signature.rawRepresentation
        return "vapid t=\(signed).\(base64URL(octets)), k=\(base64URL(key.publicKey.x963Representation))"
    }
}

/// A client of the Web Push simulator.
struct WebPushClient: Sendable {
    let fixture: Fixture
    let connection: TestClient
    var vapid = TestVAPID()

    func get(_ path: String, method: String = "GET") async throws -> TestAnswer {
        try await connection.send(
            TestRequest(
                headers: [(":method", method), (":scheme", "https"), (":authority", "127.0.0.1"), (":path", path)],
                body: []
            )
        )
    }

    func subscription(_ name: String = "alice", vendor: String = "mozilla", more: String = "") async throws
        -> TestSubscription
    {
        try TestSubscription(try await get("/subscriptions/\(name)?vendor=\(vendor)\(more)").body)
    }

    /// A message that every push service accepts.
    func message(
        _ text: String = #"{"title":"Your parcel is on its way."}"#,
        to subscription: TestSubscription,
        encryption: TestEncryption = TestEncryption()
    ) throws -> TestRequest {
        var vapid = vapid
        vapid.text["aud"] = vapid.text["aud"] ?? subscription.origin
        return TestRequest(
            headers: [
                (":method", "POST"), (":scheme", "https"), (":authority", "127.0.0.1"),
                (":path", subscription.path), ("ttl", "60"), ("content-encoding", "aes128gcm"),
                ("authorization", try vapid.header()),
            ],
            body: Array(try encryption.encrypt(Data(text.utf8), for: subscription))
        )
    }
}

extension Fixture {
    /// Runs the body against a Web Push simulator.
    static func runWebPush(
        faults: String? = nil,
        configure: (inout SimulatorConfiguration) -> Void = { _ in },
        _ body: (WebPushClient) async throws -> Void
    ) async throws {
        try await run(
            faults: faults,
            configure: {
                $0.providers = [.webpush]
                configure(&$0)
            }
        ) { fixture in
            let connection = try await fixture.connect(to: fixture.addresses.webPushPort)
            try await body(WebPushClient(fixture: fixture, connection: connection))
            await connection.close()
        }
    }
}

extension Data {
    init?(base64URL text: String) {
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        self.init(base64Encoded: standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4))
    }
}

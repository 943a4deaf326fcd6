import Crypto
import Foundation
import ProviderSimulator
import Synchronization
import Testing

/// One way to make a provider token, and what APNs says to it.
struct TokenCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let status: Int
    let reason: String
    /// The `authorization` header, made with the key that the simulator knows.
    let authorization: @Sendable (TestKey) throws -> String?

    init(
        _ name: String,
        _ status: Int,
        _ reason: String = "",
        _ authorization: @escaping @Sendable (TestKey) throws -> String?
    ) {
        testDescription = name
        self.status = status
        self.reason = reason
        self.authorization = authorization
    }

    /// A token whose parts are changed before it is signed.
    static func changed(
        _ name: String,
        _ status: Int,
        _ reason: String = "",
        _ change: @escaping @Sendable (inout TestKey.Token) -> Void
    ) -> TokenCase {
        TokenCase(name, status, reason) { key in
            var token = key.parts()
            change(&token)
            return "bearer \(try key.sign(token))"
        }
    }

    static func aged(_ seconds: Int64, _ status: Int, _ reason: String = "") -> TokenCase {
        TokenCase("issued \(seconds) s ago", status, reason) { key in
            "bearer \(try key.token(issuedAt: Int64(Date().timeIntervalSince1970) - seconds))"
        }
    }
}

@Suite("Provider tokens", .timeLimit(.minutes(5)))
struct ProviderTokenTests {
    static let cases: [TokenCase] = [
        TokenCase("no header", 403, "MissingProviderToken") { _ in nil },
        TokenCase("another scheme", 403, "MissingProviderToken") { "basic \(try $0.token())" },
        TokenCase("no token", 403, "MissingProviderToken") { _ in "bearer" },
        TokenCase("Bearer with a capital", 200) { "Bearer \(try $0.token())" },
        TokenCase("not a JWT", 403, "InvalidProviderToken") { _ in "bearer nonsense" },
        TokenCase("two parts", 403, "InvalidProviderToken") { _ in "bearer YQ.YQ" },
        TokenCase("padded base64", 403, "InvalidProviderToken") { "bearer \(try $0.token())==" },
        TokenCase("another key", 403, "InvalidProviderToken") { _ in "bearer \(try TestKey().token())" },
        TokenCase("a changed claim", 403, "InvalidProviderToken") { key in
            let parts = try key.token().split(separator: ".")
            let claims = base64URL(Data(key.parts(issuedAt: 1_700_000_000).claims.utf8))
            return "bearer \(parts[0]).\(claims).\(parts[2])"
        },
        TokenCase("alg none, unsigned", 403, "InvalidProviderToken") { key in
            let header = base64URL(Data(#"{"alg":"none","kid":"KEY1234567"}"#.utf8))
            return "bearer \(header).\(base64URL(Data(key.parts().claims.utf8)))."
        },
        .changed("alg RS256", 403, "InvalidProviderToken") { $0.header = #"{"alg":"RS256","kid":"KEY1234567"}"# },
        .changed("no alg", 403, "InvalidProviderToken") { $0.header = #"{"kid":"KEY1234567"}"# },
        .changed("no kid", 403, "InvalidProviderToken") { $0.header = #"{"alg":"ES256"}"# },
        .changed("kid of another key", 403, "InvalidProviderToken") {
            $0.header = #"{"alg":"ES256","kid":"KEY7654321"}"#
        },
        .changed("typ as well", 200) { $0.header = #"{"alg":"ES256","kid":"KEY1234567","typ":"JWT"}"# },
        .changed("ASN.1 signature", 200) { $0.usesDER = true },
        .changed("no iss", 403, "InvalidProviderToken") { $0.claims = #"{"iat":1700000000}"# },
        .changed("iss too short", 403, "InvalidProviderToken") {
            $0.claims = $0.claims.replacing("TEAM123456", with: "TEAM12345")
        },
        .changed("no iat", 403, "InvalidProviderToken") { $0.claims = #"{"iss":"TEAM123456"}"# },
        .changed("iat as text", 403, "InvalidProviderToken") { $0.claims = #"{"iss":"TEAM123456","iat":"1"}"# },
        .changed("iat with a fraction", 403, "InvalidProviderToken") {
            $0.claims = #"{"iss":"TEAM123456","iat":1700000000.5}"#
        },
        .changed("iat beyond all bounds", 403, "ExpiredProviderToken") {
            $0.claims = #"{"iss":"TEAM123456","iat":-9223372036854775808}"#
        },
        .aged(3590, 200),
        .aged(3610, 403, "ExpiredProviderToken"),
        .aged(-3590, 200),
        .aged(-3610, 403, "ExpiredProviderToken"),
    ]

    @Test("form, signature and age", arguments: cases)
    func token(_ token: TokenCase) async throws {
        try await Fixture.run { fixture in
            let client = try await fixture.connect()
            var request = fixture.request()
            request.set("authorization", try token.authorization(fixture.key))
            let answer = try await client.send(request)
            #expect(answer.status == token.status)
            #expect(answer.reason == token.reason)
            await client.close()
        }
    }

    @Test("a team that is not on the list is refused")
    func teams() async throws {
        try await Fixture.run(configure: { $0.apns.teamIDs = ["TEAM000000"] }) { fixture in
            let client = try await fixture.connect()
            #expect(try await client.send(fixture.request()).reason == "InvalidProviderToken")
            await client.close()
        }
    }

    @Test("a public key file is enough, and without a key id in its name any will do")
    func publicKeyFile() async throws {
        let other = TestKey(keyID: "ANYKEYID42")
        let directory = try TemporaryDirectory()
        let file = try directory.write(other.privateKey.publicKey.pemRepresentation, to: "provider.pem")
        try await Fixture.run(configure: { $0.apns.keyFiles = [file] }) { fixture in
            let client = try await fixture.connect()
            let request = fixture.request(authorization: "bearer \(try other.token())")
            #expect(try await client.send(request).status == 200)
            await client.close()
        }
    }

    @Test("a key file that is none stops the start and is named")
    func brokenKeyFile() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("no key", to: "AuthKey_KEY1234567.p8")
        let simulator = ProviderSimulator(SimulatorConfiguration(directory: directory.path))
        let error = await #expect(throws: SimulatorError.self) { try await simulator.start() }
        #expect(error?.description.contains(file) == true)
    }

    /// Step: seconds on the clock, age of the token by then, team, answer.
    @Test("new tokens on one connection: 20 minutes apart, one team; the older one goes on")
    func updates() async throws {
        let clock = Mutex<Int64>(1_800_000_000)
        let now: @Sendable () -> Int64 = { clock.withLock { $0 } * 1000 }
        try await Fixture.run(configure: { $0.now = now }) { fixture in
            let client = try await fixture.connect()
            func reason(_ authorization: String) async throws -> String {
                try await client.send(fixture.request(authorization: authorization)).reason
            }
            let start = clock.withLock { $0 }
            let first = "bearer \(try fixture.key.token(issuedAt: start - 2900))"
            #expect(try await reason(first) == "")
            // The first was old: its renewal comes soon after the connection, and is in order.
            let second = "bearer \(try fixture.key.token(issuedAt: start))"
            #expect(try await reason(second) == "")
            clock.withLock { $0 += 1100 }
            let third = "bearer \(try fixture.key.token(issuedAt: start + 1100))"
            #expect(try await reason(third) == "TooManyProviderTokenUpdates")
            #expect(try await reason(second) == "")
            var otherTeam = fixture.key
            otherTeam.teamID = "TEAM999999"
            let foreign = "bearer \(try otherTeam.token(issuedAt: start + 1100))"
            #expect(try await reason(foreign) == "UnrelatedKeyIdInToken")
            clock.withLock { $0 += 100 }
            #expect(try await reason(third) == "")
            clock.withLock { $0 += 3000 }
            // Age is judged at every use, also of a remembered token.
            #expect(try await reason(second) == "ExpiredProviderToken")
            await client.close()
        }
    }
}

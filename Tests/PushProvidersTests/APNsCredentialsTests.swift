import Foundation
import PushCrypto
import PushProviders
import Testing

@Suite("APNs provider tokens")
struct APNsCredentialsTests {
    static let startMs: Int64 = 1_795_000_000_123
    static let minuteMs: Int64 = 60_000

    private let key: ES256Key
    private var configuration = APNsConfiguration(app: "com.example.shop", teamID: "ABCDE12345", keyID: "KEY1234567")

    init() throws {
        key = try ES256Key.generate()
    }

    @Test("the token says key, team and time, and verifies with the key")
    func structure() throws {
        var credentials = APNsCredentials(configuration: configuration, key: key)
        let authorization = try credentials.authorization(nowMs: Self.startMs)
        #expect(String(decoding: authorization.header, as: UTF8.self) == "bearer " + authorization.token)
        #expect(try credentials.token(nowMs: Self.startMs) == authorization.token)

        let parts = authorization.token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        try #require(parts.count == 3)
        let header = try #require(Base64URL.decode(parts[0]))
        let claims = try #require(Base64URL.decode(parts[1]))
        #expect(
            try JSONDecoder().decode([String: String].self, from: Data(header)) == [
                "alg": "ES256", "kid": "KEY1234567",
            ]
        )
        #expect(String(decoding: claims, as: UTF8.self) == #"{"iss":"ABCDE12345","iat":1795000000}"#)
        let signature = try #require(Base64URL.decode(parts[2]))
        #expect(try key.publicKey.verifies(signature, of: Array("\(parts[0]).\(parts[1])".utf8)))
    }

    @Test("a provider token is not printed")
    func description() throws {
        var credentials = APNsCredentials(configuration: configuration, key: key)
        let authorization = try credentials.authorization(nowMs: Self.startMs)
        for text in ["\(authorization)", String(reflecting: authorization), "\([authorization])"] {
            #expect(text.contains("the provider token issued at \(Self.startMs)"))
            #expect(!text.contains(authorization.token) && !text.contains("\(authorization.header[0]), "))
        }
    }

    @Test(
        "a token serves for 50 minutes and is renewed then",
        arguments: [
            (0, false), (1, false), (49, false), (50, true), (51, true), (600, true), (-19, false), (-49, false),
            (-50, true),
        ]
    )
    func renewal(minutes: Int64, isRenewed: Bool) throws {
        var credentials = APNsCredentials(configuration: configuration, key: key)
        let first = try credentials.authorization(nowMs: Self.startMs)
        let second = try credentials.authorization(nowMs: Self.startMs + minutes * Self.minuteMs)
        #expect((first != second) == isRenewed)
        #expect((second.issuedAtMs == Self.startMs + minutes * Self.minuteMs) == (isRenewed || minutes == 0))
    }

    @Test("the age of renewal is configured", arguments: [20, 35, 60])
    func configuredRenewal(minutes: Int64) throws {
        var configuration = configuration
        configuration.token.renewal = .seconds(minutes * 60)
        var credentials = APNsCredentials(configuration: configuration, key: key)
        let first = try credentials.authorization(nowMs: Self.startMs)
        #expect(try credentials.authorization(nowMs: Self.startMs + minutes * Self.minuteMs - 1) == first)
        #expect(try credentials.authorization(nowMs: Self.startMs + minutes * Self.minuteMs) != first)
    }

    @Test("a refused token is renewed at once, however young it is", arguments: [0, 1, 19, 20, 49] as [Int64])
    func refusal(minute: Int64) throws {
        var credentials = APNsCredentials(configuration: configuration, key: key)
        let first = try credentials.authorization(nowMs: Self.startMs)
        let refusedAtMs = Self.startMs + minute * Self.minuteMs + 1
        #expect(credentials.invalidate(first, nowMs: refusedAtMs) == .now)
        let second = try credentials.authorization(nowMs: refusedAtMs)
        #expect(second.issuedAtMs == refusedAtMs)
        #expect(second.header != first.header)
    }

    @Test(
        "a token that was renewed before its time and is refused too waits for 20 minutes",
        arguments: [0, 1, 19] as [Int64]
    )
    func secondRefusal(minute: Int64) throws {
        var credentials = APNsCredentials(configuration: configuration, key: key)
        let first = try credentials.authorization(nowMs: Self.startMs)
        let forcedAtMs = Self.startMs + Self.minuteMs
        _ = credentials.invalidate(first, nowMs: forcedAtMs)
        let second = try credentials.authorization(nowMs: forcedAtMs)
        let againMs = forcedAtMs + minute * Self.minuteMs
        let renewedAtMs = forcedAtMs + 20 * Self.minuteMs
        #expect(credentials.invalidate(second, nowMs: againMs) == .notBefore(renewedAtMs))
        #expect(try credentials.authorization(nowMs: againMs) == second)
        #expect(try credentials.authorization(nowMs: renewedAtMs - 1) == second)
        #expect(try credentials.authorization(nowMs: renewedAtMs).issuedAtMs == renewedAtMs)
    }

    @Test("a token that was renewed in its time may be renewed before its time once")
    func refusalAfterRenewal() throws {
        var credentials = APNsCredentials(configuration: configuration, key: key)
        _ = try credentials.authorization(nowMs: Self.startMs)
        let renewedAtMs = Self.startMs + 50 * Self.minuteMs
        let second = try credentials.authorization(nowMs: renewedAtMs)
        #expect(credentials.invalidate(second, nowMs: renewedAtMs + 1) == .now)
        #expect(try credentials.authorization(nowMs: renewedAtMs + 1).issuedAtMs == renewedAtMs + 1)
    }

    @Test("answers to the former token do not touch its successor")
    func lateRefusals() throws {
        var credentials = APNsCredentials(configuration: configuration, key: key)
        let first = try credentials.authorization(nowMs: Self.startMs)
        let refusedAtMs = Self.startMs + 30 * Self.minuteMs
        _ = credentials.invalidate(first, nowMs: refusedAtMs)
        let second = try credentials.authorization(nowMs: refusedAtMs)
        #expect(second != first)
        for minute in [1, 25, 45] as [Int64] {
            let lateMs = refusedAtMs + minute * Self.minuteMs
            #expect(credentials.invalidate(first, nowMs: lateMs) == .done)
            #expect(try credentials.authorization(nowMs: lateMs) == second)
        }
    }

    @Test("a new token starts without the refusal of the former one")
    func refusalEnds() throws {
        var credentials = APNsCredentials(configuration: configuration, key: key)
        let first = try credentials.authorization(nowMs: Self.startMs)
        _ = credentials.invalidate(first, nowMs: Self.startMs + 20 * Self.minuteMs)
        let second = try credentials.authorization(nowMs: Self.startMs + 20 * Self.minuteMs)
        #expect(try credentials.authorization(nowMs: Self.startMs + 69 * Self.minuteMs) == second)
        #expect(try credentials.authorization(nowMs: Self.startMs + 70 * Self.minuteMs) != second)
    }

    @Test(
        "whatever happens, no three tokens are made within 20 minutes and none serves beyond its age",
        arguments: [1, 2, 3] as [UInt64]
    )
    func invariants(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        var credentials = APNsCredentials(configuration: configuration, key: key)
        var nowMs = Self.startMs
        var last = try credentials.authorization(nowMs: nowMs)
        var made = [last.issuedAtMs]
        for step in 0..<400 {
            nowMs += Int64.random(in: 0...(8 * Self.minuteMs), using: &random)
            if Bool.random(using: &random) { _ = credentials.invalidate(last, nowMs: nowMs) }
            let next = try credentials.authorization(nowMs: nowMs)
            if next != last {
                made.append(next.issuedAtMs)
                if made.count > 2 {
                    let spanMs = next.issuedAtMs - made[made.count - 3]
                    #expect(spanMs >= 20 * Self.minuteMs, "seed \(seed), step \(step)")
                }
            }
            #expect(nowMs - next.issuedAtMs < 50 * Self.minuteMs, "seed \(seed), step \(step)")
            last = next
        }
    }

    @Test("another key signs from the next request on, and answers to the former's tokens concern nobody")
    func replaced() throws {
        let other = try ES256Key.generate()
        var credentials = APNsCredentials(configuration: configuration, key: key)
        let former = try credentials.authorization(nowMs: Self.startMs)
        let isOther = credentials.replace(other)
        #expect(isOther)
        // In the same millisecond: the tokens differ all the same.
        let renewed = try credentials.authorization(nowMs: Self.startMs)
        #expect(renewed != former)
        let parts = renewed.token.split(separator: ".").map(String.init)
        let signature = try #require(Base64URL.decode(parts[2]))
        #expect(try other.publicKey.verifies(signature, of: Array("\(parts[0]).\(parts[1])".utf8)))
        #expect(credentials.invalidate(former, nowMs: Self.startMs + 1) == .done)
        #expect(try credentials.authorization(nowMs: Self.startMs + 1) == renewed)
    }

    @Test("the same key again costs no token, and no connection")
    func replacedBySame() throws {
        var credentials = APNsCredentials(configuration: configuration, key: key)
        let former = try credentials.authorization(nowMs: Self.startMs)
        let isOther = credentials.replace(try ES256Key(pem: key.pem()))
        #expect(!isOther)
        #expect(try credentials.authorization(nowMs: Self.startMs + 1) == former)
    }
}

@Suite("APNs configuration")
struct APNsConfigurationTests {
    @Test("a usable configuration has no violations, and the servers are Apple's unless another is set")
    func usable() {
        var configuration = APNsConfiguration(app: "com.example.shop", teamID: "ABCDE12345", keyID: "KEY1234567")
        #expect(configuration.violations.isEmpty)
        #expect(configuration.server(for: .production) == .init(host: "api.push.apple.com", port: 443))
        #expect(configuration.server(for: .sandbox) == .init(host: "api.sandbox.push.apple.com", port: 443))
        configuration.server = .init(host: "127.0.0.1", port: 8443)
        #expect(configuration.violations.isEmpty)
        #expect(configuration.server(for: .sandbox) == .init(host: "127.0.0.1", port: 8443))
    }

    @Test("broadcasts and channels have servers of their own, which can be set like the first")
    func otherServers() {
        var configuration = APNsConfiguration(app: "com.example.shop", authentication: .certificate)
        #expect(configuration.violations.isEmpty)
        #expect(configuration.broadcastServer(for: .production) == .init(host: "api-broadcast.push.apple.com"))
        #expect(configuration.broadcastServer(for: .sandbox) == .init(host: "api-broadcast.sandbox.push.apple.com"))
        let management = "api-manage-broadcast"
        #expect(
            configuration.channelServer(for: .production) == .init(host: "\(management).push.apple.com", port: 2196)
        )
        #expect(
            configuration.channelServer(for: .sandbox)
                == .init(host: "\(management).sandbox.push.apple.com", port: 2195)
        )
        configuration.server = .init(host: "127.0.0.1", port: 8443)
        #expect(configuration.broadcastServer(for: .sandbox) == .init(host: "127.0.0.1", port: 8443))
        #expect(configuration.channelServer(for: .production) == .init(host: "127.0.0.1", port: 8443))
        configuration.broadcastServer = .init(host: "127.0.0.1", port: 1)
        configuration.channelServer = .init(host: "127.0.0.1", port: 2)
        #expect(configuration.broadcastServer(for: .production) == .init(host: "127.0.0.1", port: 1))
        #expect(configuration.channelServer(for: .sandbox) == .init(host: "127.0.0.1", port: 2))
    }

    @Test("a certificate sends everything but location queries, a token everything", arguments: APNsPushType.allCases)
    func pushTypes(pushType: APNsPushType) {
        #expect(APNsConfiguration.Authentication.token(teamID: "", keyID: "").allows(pushType))
        #expect(APNsConfiguration.Authentication.certificate.allows(pushType) == (pushType != .location))
    }

    static let outOfRange: [(key: String, change: @Sendable (inout APNsConfiguration) -> Void)] = [
        ("app", { $0.app = "" }),
        ("app", { $0.app = "com.example shop" }),
        ("app", { $0.app = "com.example\r\nx: y" }),
        ("team_id", { $0.authentication = .token(teamID: "ABCDE1234", keyID: "KEY1234567") }),
        ("team_id", { $0.authentication = .token(teamID: "abcde12345", keyID: "KEY1234567") }),
        ("key_id", { $0.authentication = .token(teamID: "ABCDE12345", keyID: "KEY12345678") }),
        ("key_id", { $0.authentication = .token(teamID: "ABCDE12345", keyID: "KEY\"234567") }),
        ("token.renewal", { $0.token.renewal = .seconds(19 * 60) }),
        ("token.renewal", { $0.token.renewal = .seconds(3_601) }),
        ("server", { $0.server = .init(host: "", port: 443) }),
        ("server", { $0.server = .init(host: "127.0.0.1", port: 0) }),
        ("broadcast_server", { $0.broadcastServer = .init(host: "", port: 443) }),
        ("channel_server", { $0.channelServer = .init(host: "127.0.0.1", port: 0) }),
    ]

    @Test("every value out of range is named", arguments: outOfRange)
    func violations(key: String, change: @Sendable (inout APNsConfiguration) -> Void) {
        var configuration = APNsConfiguration(app: "com.example.shop", teamID: "ABCDE12345", keyID: "KEY1234567")
        change(&configuration)
        #expect(configuration.violations.map(\.key) == [key])
    }
}

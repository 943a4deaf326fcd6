import PushCore
import PushCrypto
import PushProviders
import Testing

@Suite("VAPID tokens")
struct WebPushCredentialsTests {
    static let startMs: Int64 = 1_795_000_000_123
    static let hourMs: Int64 = 3_600_000

    private let key: ES256Key

    init() throws {
        key = try ES256Key.generate()
    }

    private func credentials(lifetime: Duration = .seconds(12 * 3_600), originsMax: Int = 256) -> WebPushCredentials {
        var configuration = WebPushFixtures.configuration
        configuration.token.lifetime = lifetime
        return WebPushCredentials(configuration: configuration, key: key, originsMax: originsMax)
    }

    /// The parts of `vapid t=<token>, k=<key>`.
    private static func parts(_ authorization: WebPushCredentials.Authorization) throws -> (
        token: [String], key: String
    ) {
        let text = String(decoding: authorization.header, as: UTF8.self)
        try #require(text.hasPrefix("vapid t="))
        let halves = text.dropFirst("vapid t=".count).split(separator: ", k=", omittingEmptySubsequences: false)
        try #require(halves.count == 2)
        let token = halves[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        try #require(token.count == 3)
        return (token, String(halves[1]))
    }

    @Test("the token says for whom, until when and from whom, and verifies with the key beside it")
    func structure() throws {
        var credentials = credentials()
        let authorization = try credentials.authorization(for: "https://push.example.net:8443", nowMs: Self.startMs)
        let (token, publicText) = try Self.parts(authorization)
        #expect(
            String(decoding: try #require(Base64URL.decode(token[0])), as: UTF8.self) == #"{"typ":"JWT","alg":"ES256"}"#
        )
        #expect(
            String(decoding: try #require(Base64URL.decode(token[1])), as: UTF8.self)
                == #"{"aud":"https://push.example.net:8443","exp":1795043200,"sub":"mailto:push@example.com"}"#
        )
        let point = try #require(Base64URL.decode(publicText))
        #expect(point == key.publicKey.octets && point.count == 65 && publicText.utf8.count == 87)
        let signature = try #require(Base64URL.decode(token[2]))
        #expect(try ES256PublicKey(octets: point).verifies(signature, of: Array("\(token[0]).\(token[1])".utf8)))
        #expect("\(authorization)" == "token for https://push.example.net:8443 from 1795000000123")
    }

    @Test("the example of RFC 8292 section 2.4 verifies in the same way")
    func publishedVector() throws {
        let token =
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0"
        let signature = try #require(
            Base64URL.decode("i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA")
        )
        let point = try #require(
            Base64URL.decode("BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs")
        )
        #expect(try ES256PublicKey(octets: point).verifies(signature, of: Array(token.utf8)))
        // Our header is the example's, and our claims are its in the same order.
        #expect(Base64URL.encode(Array(#"{"typ":"JWT","alg":"ES256"}"#.utf8).span) == token.prefix { $0 != "." })
    }

    @Test("a token serves for half of its life", arguments: [2, 3, 12, 24] as [Int64])
    func renewal(hours: Int64) throws {
        var credentials = credentials(lifetime: .seconds(hours * 3_600))
        let first = try credentials.authorization(for: "https://a.example", nowMs: Self.startMs)
        let lastMs = Self.startMs + hours * Self.hourMs / 2 - 1
        #expect(try credentials.authorization(for: "https://a.example", nowMs: lastMs) == first)
        let second = try credentials.authorization(for: "https://a.example", nowMs: lastMs + 1)
        #expect(second != first && second.issuedAtMs == lastMs + 1)
        #expect(try credentials.authorization(for: "https://a.example", nowMs: lastMs + 2) == second)
    }

    @Test("a clock that is set back renews a token from the future")
    func clockSetBack() throws {
        var credentials = credentials()
        let future = try credentials.authorization(for: "https://a.example", nowMs: Self.startMs + 100 * Self.hourMs)
        let present = try credentials.authorization(for: "https://a.example", nowMs: Self.startMs)
        #expect(present != future && present.issuedAtMs == Self.startMs)
    }

    @Test("each origin has its own token")
    func origins() throws {
        var credentials = credentials()
        let one = try credentials.authorization(for: "https://a.example", nowMs: Self.startMs)
        let other = try credentials.authorization(for: "https://b.example", nowMs: Self.startMs)
        #expect(one.origin == "https://a.example" && other.origin == "https://b.example" && one.header != other.header)
        #expect(try credentials.authorization(for: "https://a.example", nowMs: Self.startMs) == one)
        #expect(credentials.count == 2)
    }

    @Test("of too many origins the one that was used longest ago goes")
    func bounded() throws {
        var credentials = credentials(originsMax: 3)
        func token(_ name: String, _ ms: Int64) throws -> WebPushCredentials.Authorization {
            try credentials.authorization(for: "https://\(name).example", nowMs: Self.startMs + ms)
        }
        let first = try token("a", 0)
        _ = try token("b", 1)
        let third = try token("c", 2)
        #expect(try token("a", 3) == first)
        _ = try token("d", 4)
        #expect(credentials.count == 3)
        #expect(try token("a", 5) == first)
        #expect(try token("c", 6) == third)
        #expect(try token("b", 7).issuedAtMs == Self.startMs + 7)
        #expect(credentials.count == 3)
        for number in 0..<50 { _ = try token("n\(number)", 8) }
        #expect(credentials.count == 3)
    }
}

@Suite("Web Push configuration")
struct WebPushConfigurationTests {
    @Test("a usable configuration has no violations, and knows the browsers' push services")
    func usable() {
        var configuration = WebPushFixtures.configuration
        #expect(configuration.violations.isEmpty)
        #expect(
            configuration.allowedHosts == [
                "fcm.googleapis.com", "jmt17.google.com", "*.push.services.mozilla.com", "*.push.apple.com",
                "*.notify.windows.com",
            ]
        )
        #expect(configuration.token.lifetime == .seconds(43_200) && !configuration.allowPrivateAddresses)
        configuration.app = "https://localhost:8443"
        configuration.subject = "https://example.com/contact?a#b"
        configuration.token.lifetime = .seconds(86_400)
        configuration.allowedHosts = ["127.0.0.1:8443", "[::1]:8443", "*.push.example:1", "PUSH.example", "localhost"]
        configuration.padding = 3_993
        #expect(configuration.violations.isEmpty)
    }

    static let outOfRange: [(key: String, change: @Sendable (inout WebPushConfiguration) -> Void)] = [
        ("app", { $0.app = "" }), ("app", { $0.app = "shop.example.com" }),
        ("app", { $0.app = "http://shop.example.com" }),
        ("app", { $0.app = "https://shop.example.com/" }), ("app", { $0.app = "https://Shop.example.com" }),
        ("app", { $0.app = "https://shop.example.com:443" }), ("app", { $0.app = "https://a@shop.example.com" }),
        ("app", { $0.app = "https://shop.example.com/a" }), ("app", { $0.app = "https://" }),
        ("subject", { $0.subject = "" }), ("subject", { $0.subject = "push@example.com" }),
        ("subject", { $0.subject = "mailto:" }), ("subject", { $0.subject = "mailto:push" }),
        ("subject", { $0.subject = "mailto:@example.com" }), ("subject", { $0.subject = "mailto:a@b@c" }),
        ("subject", { $0.subject = "mailto: push@example.com" }),
        ("subject", { $0.subject = "mailto:<push@example.com>" }),
        ("subject", { $0.subject = "mailto:push@example.com:25" }), ("subject", { $0.subject = "mailto:push@" }),
        ("subject", { $0.subject = "http://example.com" }), ("subject", { $0.subject = "https://" }),
        ("token.lifetime", { $0.token.lifetime = .seconds(7_199) }),
        ("token.lifetime", { $0.token.lifetime = .seconds(86_401) }),
        ("allowed_hosts", { $0.allowedHosts = [] }), ("allowed_hosts[5]", { $0.allowedHosts.append("") }),
        ("allowed_hosts[0]", { $0.allowedHosts = ["*"] }), ("allowed_hosts[0]", { $0.allowedHosts = ["*."] }),
        ("allowed_hosts[0]", { $0.allowedHosts = ["*.com"] }),
        ("allowed_hosts[0]", { $0.allowedHosts = ["a.*.example"] }),
        ("allowed_hosts[0]", { $0.allowedHosts = ["*push.example"] }),
        ("allowed_hosts[0]", { $0.allowedHosts = ["*.127.0.0.1"] }),
        ("allowed_hosts[1]", { $0.allowedHosts = ["a.example", "https://push.example"] }),
        ("allowed_hosts[0]", { $0.allowedHosts = ["push.example/a"] }),
        ("allowed_hosts[0]", { $0.allowedHosts = ["push.example:0"] }),
        ("padding", { $0.padding = -1 }), ("padding", { $0.padding = 3_994 }),
    ]

    @Test("every value out of range is named", arguments: outOfRange)
    func violations(key: String, change: @Sendable (inout WebPushConfiguration) -> Void) {
        var configuration = WebPushFixtures.configuration
        change(&configuration)
        #expect(configuration.violations.map(\.key) == [key])
    }
}

import PushCore
import PushCrypto
import PushProviders
import Testing

@Suite("FCM configuration")
struct FCMConfigurationTests {
    @Test("a usable configuration has no violations, and its endpoints are Google's unless others are set")
    func usable() throws {
        var configuration = FCMConfiguration(app: "example-shop")
        #expect(configuration.violations.isEmpty)
        #expect(configuration.endpoint.description == "https://fcm.googleapis.com")
        #expect(configuration.topicEndpoint.description == "https://iid.googleapis.com")
        #expect(configuration.quota.messagesPerMinute == 600_000)
        configuration.baseURL = "https://127.0.0.1:8443/fcm/"
        configuration.tokenURI = "http://localhost:8080/token"
        #expect(configuration.violations.isEmpty)
        #expect(configuration.endpoint.path == "/fcm")
        #expect(configuration.tokenEndpoint(of: try FCMFixtures.account()).description == "http://localhost:8080/token")
    }

    static let outOfRange: [(key: String, change: @Sendable (inout FCMConfiguration) -> Void)] = [
        ("app", { $0.app = "" }), ("app", { $0.app = "Example" }), ("app", { $0.app = "a/b" }),
        ("app", { $0.app = String(repeating: "a", count: 64) }), ("base_url", { $0.baseURL = "fcm.googleapis.com" }),
        ("base_url", { $0.baseURL = "http://fcm.googleapis.com" }), ("token_uri", { $0.tokenURI = "" }),
        ("topic_base_url", { $0.topicBaseURL = "https://" }),
        ("quota.messages_per_minute", { $0.quota.messagesPerMinute = 0 }),
        ("quota.messages_per_minute", { $0.quota.messagesPerMinute = 100_000_001 }),
        ("quota.ramp_up", { $0.quota.rampUp = .seconds(-1) }),
        ("quota.ramp_up", { $0.quota.rampUp = .seconds(86_401) }),
        ("analytics_label", { $0.analyticsLabel = "" }), ("analytics_label", { $0.analyticsLabel = "a b" }),
        ("analytics_label", { $0.analyticsLabel = String(repeating: "a", count: 51) }),
    ]

    @Test("every value out of range is named", arguments: outOfRange)
    func violations(key: String, change: @Sendable (inout FCMConfiguration) -> Void) {
        var configuration = FCMConfiguration(app: "example-shop")
        change(&configuration)
        #expect(configuration.violations.map(\.key) == [key])
    }

    @Test(
        "an endpoint is read into its parts",
        arguments: [
            ("https://fcm.googleapis.com", "fcm.googleapis.com", 443, true, "", "fcm.googleapis.com"),
            ("HTTPS://FCM.googleapis.com/", "fcm.googleapis.com", 443, true, "", "fcm.googleapis.com"),
            ("https://a.example:8443/x/y", "a.example", 8_443, true, "/x/y", "a.example:8443"),
            ("https://[2001:db8::1]:443", "2001:db8::1", 443, true, "", "[2001:db8::1]"),
            ("http://127.0.0.1", "127.0.0.1", 80, false, "", "127.0.0.1"),
            ("http://[::1]:8080/t", "::1", 8_080, false, "/t", "[::1]:8080"),
        ] as [(String, String, UInt16, Bool, String, String)]
    )
    func endpoints(text: String, host: String, port: UInt16, isSecure: Bool, path: String, authority: String) throws {
        let endpoint = try #require(FCMEndpoint(text))
        #expect(endpoint.host == host && endpoint.port == port && endpoint.isSecure == isSecure)
        #expect(endpoint.path == path && endpoint.authority == authority)
        #expect(FCMEndpoint(endpoint.description) == endpoint)
    }

    @Test(
        "what is no endpoint is refused",
        arguments: [
            "", "https", "https://", "ftp://a", "https://a:0", "https://a:65536", "https://a:b", "https://u@a",
            "https://a?b",
            "https://a#b", "https://a b", "https://a\r\nx: y", "https://[::1", "https://[::1]x", "https://:443",
            "http://example.com", "http://127.0.0.1.example.com", "http://10.0.0.1", "https://a\\b",
        ]
    )
    func refusedEndpoints(text: String) {
        #expect(FCMEndpoint(text) == nil)
    }
}

@Suite("FCM service accounts")
struct FCMServiceAccountTests {
    @Test("the file that Google hands out is read")
    func whole() throws {
        let account = try FCMFixtures.account()
        #expect(account.projectID == "example-shop")
        #expect(account.clientEmail == "push@example-shop.iam.gserviceaccount.com")
        #expect(account.privateKeyID == "0123456789abcdef")
        #expect(account.tokenURI.description == "https://oauth2.googleapis.com/token")
        #expect(account.privateKey.bits == 2_048)
    }

    @Test("key id and token URI may be absent")
    func optional() throws {
        let account = try FCMServiceAccount(
            json: FCMFixtures.accountJSON(without: ["private_key_id", "token_uri"])
        )
        #expect(account.privateKeyID == nil)
        #expect(account.tokenURI.description == "https://oauth2.googleapis.com/token")
    }

    static let refusals: [(change: [String: JSONTree], failure: FCMServiceAccount.Failure)] = [
        (["type": .null], .missing(key: "type")),
        (
            ["type": "authorized_user"],
            .notAllowed(key: "type", value: "authorized_user", allowed: "service_account")
        ),
        (["project_id": ""], .missing(key: "project_id")),
        (["project_id": 17], .notText(key: "project_id")),
        (["project_id": "a/b"], .notAllowed(key: "project_id", value: "a/b", allowed: "a project id")),
        (["client_email": .null], .missing(key: "client_email")),
        (["client_email": "push"], .notAllowed(key: "client_email", value: "push", allowed: "an e-mail address")),
        (["private_key_id": ["a"]], .notText(key: "private_key_id")),
        (["token_uri": "ftp://a"], .notAllowed(key: "token_uri", value: "ftp://a", allowed: FCMEndpoint.allowed)),
        (["private_key": "x"], .privateKey(.notPEM)),
        (["private_key": true], .notText(key: "private_key")),
    ]

    @Test("what is wrong with a file is said", arguments: refusals)
    func refused(change: [String: JSONTree], failure: FCMServiceAccount.Failure) {
        #expect(throws: failure) { try FCMServiceAccount(json: FCMFixtures.accountJSON(change)) }
    }

    @Test("what is absent is named", arguments: ["type", "project_id", "client_email", "private_key"])
    func absent(key: String) {
        #expect(throws: FCMServiceAccount.Failure.missing(key: key)) {
            try FCMServiceAccount(json: FCMFixtures.accountJSON(without: [key]))
        }
    }

    @Test("a text that is no JSON object is refused, with the place")
    func notJSON() {
        #expect(throws: FCMServiceAccount.Failure.notObject) { try FCMServiceAccount(json: Array("[]".utf8)) }
        let failure = #expect(throws: FCMServiceAccount.Failure.self) {
            try FCMServiceAccount(json: Array("{\n  type: 1}".utf8))
        }
        guard case .notJSON(2, 3, _) = failure else {
            Issue.record("refused as something else: \(String(describing: failure))")
            return
        }
    }

    @Test("nothing that is printed holds a line of the key")
    func keepsSecrets() throws {
        let broken = FCMFixtures.privateKey.replacing("MII", with: "***")
        let failure = #expect(throws: FCMServiceAccount.Failure.self) {
            try FCMServiceAccount(json: FCMFixtures.accountJSON(["private_key": .string(broken)]))
        }
        var dumped = ""
        dump(try FCMFixtures.account(), to: &dumped)
        let texts = [
            failure?.description ?? "", "\(try FCMFixtures.account())", String(reflecting: try FCMFixtures.account()),
            dumped,
        ]
        for text in texts {
            for line in FCMFixtures.privateKey.split(separator: "\n") where !line.hasPrefix("-----") {
                #expect(!text.contains(line))
            }
        }
        #expect("\(try FCMFixtures.account())" == "push@example-shop.iam.gserviceaccount.com of example-shop")
    }
}

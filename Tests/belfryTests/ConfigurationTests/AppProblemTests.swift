import PushCore
import Testing

@testable import belfry

/// Each mistake in an app gives exactly one error, at its place, with its key.
struct AppProblemTests {
    private func expect(_ mistake: Mistake, in loaded: Loaded) throws {
        let found = loaded.problems.filter { $0.severity == mistake.severity }
        #expect(found.count == 1, "\(loaded.problems)")
        let problem = try #require(found.first)
        #expect(problem.place == SourcePlace(file: "belfry.yaml", line: mistake.line, column: mistake.column))
        #expect(problem.key == mistake.key)
        #expect(problem.description.contains(mistake.fragment), "\(problem)")
        #expect((loaded.configuration == nil) == (mistake.severity == .error))
    }

    /// Put as a second app, in line 6, from column 5.
    static let appMistakes: [Mistake] = [
        Mistake("{ app: a }", 6, 5, "apps[1].provider", "missing"),
        Mistake("{ provider: apple, app: a }", 6, 17, "apps[1].provider", "allowed: apns, fcm, webpush"),
        Mistake(
            "{ provider: apns, app: com.example.shop, team_id: ABCDE12345, key_id: KEY1234567, key_file: keys/apns.p8 }",
            6,
            28,
            "apps[1].app",
            "already, at belfry.yaml:5:28"
        ),
        Mistake(
            "{ provider: apns, app: b, team_id: ABCDE12345, key_id: KEY1234567 }",
            6,
            5,
            "apps[1].key_file",
            "missing"
        ),
        Mistake(
            "{ provider: apns, app: b, team_id: A-CDE12345, key_id: KEY1234567, key_file: keys/apns.p8 }",
            6,
            40,
            "apps[1].team_id",
            "letters and digits"
        ),
        Mistake(
            "{ provider: apns, app: b, team_id: ABCDE12345, key_id: KEY1234567, key_file: keys/other.p8 }",
            6,
            82,
            "apps[1].key_file",
            "no such file"
        ),
        Mistake(
            "{ provider: apns, app: b, team_id: ABCDE12345, key_id: KEY1234567, key_file: keys/apns.p8, subject: x }",
            6,
            96,
            "apps[1].subject",
            "a key of provider webpush"
        ),
        Mistake(
            "{ provider: apns, app: b, team_id: ABCDE12345, key_id: KEY1234567, key_file: keys/apns.p8, base_url: http://x }",
            6,
            106,
            "apps[1].base_url",
            "allowed: https://host:port"
        ),
        Mistake(
            "{ provider: apns, app: b, team_id: ABCDE12345, certificate_file: keys/apns.p8 }",
            6,
            40,
            "apps[1].team_id",
            "or certificate_file"
        ),
        Mistake(
            "{ provider: apns, app: b, certificate_file: keys/other.pem }",
            6,
            49,
            "apps[1].certificate_file",
            "no such file"
        ),
        Mistake("{ provider: fcm, app: b }", 6, 5, "apps[1].service_account_file", "missing"),
        Mistake(
            "{ provider: webpush, app: shop, vapid_key_file: keys/vapid.pem, subject: mailto:a@example.com }",
            6,
            31,
            "apps[1].app",
            "an origin"
        ),
        Mistake(
            "{ provider: webpush, app: https://a.example, vapid_key_file: keys/vapid.pem, subject: me }",
            6,
            91,
            "apps[1].subject",
            "not of this form"
        ),
        Mistake(
            "{ provider: webpush, app: https://a.example, vapid_key_file: keys/vapid.pem, subject: mailto:a@b.example, allowed_hosts: [a/b] }",
            6,
            127,
            "apps[1].allowed_hosts[0]",
            "not of this form"
        ),
    ]

    /// Mistakes in a second app, in line 6 from column 5: a beginning, more keys, and where in those the mistake is.
    private static func mistakes(
        _ beginning: String,
        _ table: [(keys: String, part: String, key: String, fragment: String)]
    ) -> [Mistake] {
        table.map { row in
            let offset = row.keys.firstRange(of: row.part)?.lowerBound.utf16Offset(in: row.keys) ?? -1_000
            let column = 5 + beginning.count + offset
            return Mistake("\(beginning)\(row.keys) }", 6, column, "apps[1].\(row.key)", row.fragment)
        }
    }

    static let apnsMistakes = mistakes(
        "{ provider: apns, app: b, team_id: ABCDE12345, key_id: KEY1234567, key_file: keys/apns.p8, ",
        [
            (
                "token: { lifetime: 3h }", "lifetime:", "token.lifetime",
                "a key of provider webpush, in an app of provider apns"
            ),
            ("token: { renewal: 19m }", "19m", "token.renewal", "allowed: 20m to 1h"),
            ("token: { refresh: 30m }", "refresh:", "token.refresh", "unknown key (allowed: renewal, lifetime)"),
        ]
    )

    static let fcmMistakes = mistakes(
        "{ provider: fcm, app: shop, service_account_file: keys/fcm.json, ",
        [
            (
                "base_url: http://fcm.example", "http://fcm.example", "base_url",
                "allowed: https://host[:port][/path], or http:// on this machine"
            ),
            ("base_url: fcm.example", "fcm.example", "base_url", "not of this form"),
            (
                "base_url: https://a@b.example", "https://a@b.example", "base_url",
                "\"https://a@b.example\": not of this form"
            ),
            ("token_uri: https://a.example:0", "https://a.example:0", "token_uri", "not of this form"),
            ("topic_base_url: ftp://a.example", "ftp://a.example", "topic_base_url", "not of this form"),
            ("base_url: 5", "5", "base_url", "put it in quotation marks"),
            ("quota: 600", "600", "quota", "a number where a map is needed"),
            ("quota: { messages_per_minute: 0 }", "0", "quota.messages_per_minute", "allowed: 1 to 100000000"),
            ("quota: { messages_per_minute: 100000001 }", "100000001", "quota.messages_per_minute", "out of range"),
            ("quota: { ramp_up: 25h }", "25h", "quota.ramp_up", "allowed: 0s to 1d"),
            ("quota: { ramp_up: 60 }", "60", "quota.ramp_up", "not a duration"),
            ("quota: { rampup: 60s }", "rampup:", "quota.rampup", "did you mean \"ramp_up\"?"),
            ("analytics_label: a b", "a ", "analytics_label", "allowed: 1 to 50 of"),
            (
                "analytics_label: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "analytics_label", "not of this form"
            ),
            ("validate_only: yes", "yes", "validate_only", "not a bool"),
            ("key_id: KEY1234567", "key_id:", "key_id", "a key of provider apns, in an app of provider fcm"),
            ("padding: 1", "padding:", "padding", "a key of provider webpush"),
            ("service_acount: x", "service_acount:", "service_acount", "did you mean \"service_account_file\"?"),
            ("token: { renewal: 30m }", "token:", "token", "a key of provider apns and webpush"),
        ]
    )

    static let webPushMistakes = mistakes(
        "{ provider: webpush, app: https://a.example, vapid_key_file: keys/vapid.pem, subject: mailto:a@b.example, ",
        [
            (
                "base_url: https://a.example", "base_url:", "base_url",
                "a key of provider apns and fcm, in an app of provider webpush"
            ),
            ("quota: { ramp_up: 1m }", "quota:", "quota", "a key of provider fcm"),
            ("padding: 3994", "3994", "padding", "allowed: 0 to 3993"),
            ("padding: -1", "-1", "padding", "out of range"),
            ("declarative: 1", "1", "declarative", "not a bool"),
            ("allowed_hosts: []", "[]", "allowed_hosts", "at least one host"),
            ("allowed_hosts: \"*.\"", "*.", "allowed_hosts", "perhaps with :port"),
            ("token: { lifetime: 25h }", "25h", "token.lifetime", "allowed: 2h to 1d"),
            ("token: { lifetime: 1h }", "1h", "token.lifetime", "out of range"),
            (
                "token: { renewal: 30m }", "renewal:", "token.renewal",
                "a key of provider apns, in an app of provider webpush"
            ),
            ("allowed_hosts: 'a:0'", "a:0", "allowed_hosts", "perhaps with :port"),
            ("allowed_hosts: 'a:65536'", "a:65536", "allowed_hosts", "perhaps with :port"),
            ("allowed_hosts: '[::1'", "[::1", "allowed_hosts", "perhaps with :port"),
            ("allowed_hosts: 'a/'", "a/", "allowed_hosts", "perhaps with :port"),
            ("allowed_hosts: 'https://a'", "https://a", "allowed_hosts", "perhaps with :port"),
        ]
    )

    static let nameMistakes = mistakes(
        "{ provider: fcm, ",
        [
            ("app: Shop_1, service_account_file: keys/fcm.json", "Shop_1", "app", "a project id"),
            ("app: a/b, service_account_file: keys/fcm.json", "a/b", "app", "a project id"),
            (
                "app: shop, service_account_file: keys/none.json", "keys/none.json", "service_account_file",
                "no such file"
            ),
        ]
    )

    static let subjects = [
        "mailto:", "mailto:a", "mailto:a@", "mailto:<a@b.example>", "https://", "https:///x", "tel:1", "a@b.example",
    ]

    static let subjectMistakes = mistakes(
        "{ provider: webpush, app: https://a.example, vapid_key_file: keys/vapid.pem, ",
        subjects.map { subject in
            (
                "subject: \"\(subject)\"", "\(subject)\"", "subject",
                "not of this form (allowed: mailto: and an e-mail address, or an https: URL)"
            )
        }
    )

    @Test(
        "a mistake in an app is found at its place",
        arguments: appMistakes + apnsMistakes + fcmMistakes + webPushMistakes + nameMistakes + subjectMistakes
    )
    func app(mistake: Mistake) throws {
        let text = Sample.configuration.replacing("rules:", with: "  - \(mistake.text)\nrules:")
        try expect(mistake, in: Sample.load(text))
    }

    static let warnings: [Mistake] = [
        Mistake(
            "{ provider: fcm, app: shop, service_account_file: keys/fcm.json, validate_only: true }",
            6,
            85,
            "apps[1].validate_only",
            "delivers none of them",
            .warning
        ),
        Mistake(
            "{ provider: webpush, app: https://a.example, vapid_key_file: keys/vapid.pem, subject: mailto:a@b.example, allow_private_addresses: true }",
            6,
            136,
            "apps[1].allow_private_addresses",
            "into private networks",
            .warning
        ),
    ]

    @Test("what is dangerous in earnest is a warning", arguments: warnings)
    func warning(mistake: Mistake) throws {
        let text = Sample.configuration.replacing("rules:", with: "  - \(mistake.text)\nrules:")
        try expect(mistake, in: Sample.load(text))
    }

    @Test(
        "a file of any provider's key that others can read is a warning",
        arguments: [
            (
                "{ provider: fcm, app: shop, service_account_file: keys/fcm.json }", "keys/fcm.json",
                "service_account_file"
            ),
            (
                "{ provider: webpush, app: https://a.example, vapid_key_file: keys/vapid.pem, subject: mailto:a@b.example }",
                "keys/vapid.pem", "vapid_key_file"
            ),
        ]
    )
    func permissions(app: String, file: String, key: String) {
        var files = Sample.files
        files.files["belfry.yaml"] = Array(
            Sample.configuration.replacing("rules:", with: "  - \(app)\nrules:").utf8
        )
        #expect(Sample.load(files).problems.isEmpty)
        files.permissions[file] = 0o604
        let problems = Sample.load(files).problems
        #expect(problems.map(\.severity) == [.warning] && problems.map(\.key) == ["apps[1].\(key)"])
        #expect(problems.first?.message.contains("mode 604") == true)
    }
}

import PushCore
import PushProviders

/// Reads `apps`.
struct AppsReader {
    let root: SectionReader
    let files: FileChecks

    private static let sharedKeys: Set<String> = ["provider", "app"]
    private static let keys: [Provider: Set<String>] = [
        .apns: [
            "team_id", "key_id", "key_file", "certificate_file", "environment", "base_url", "broadcast_base_url",
            "channels_base_url", "token.renewal",
        ],
        .fcm: [
            "service_account_file", "base_url", "token_uri", "topic_base_url", "proxy",
            "quota.messages_per_minute", "quota.ramp_up", "validate_only", "analytics_label",
        ],
        .webpush: [
            "vapid_key_file", "subject", "allowed_hosts", "allow_private_addresses", "token.lifetime", "padding",
            "declarative",
        ],
    ]

    func read() -> [Configuration.App] {
        guard let node = root.node("apps") else {
            root.reportMissing("apps")
            return []
        }
        let sections = root.sections("apps")
        if sections.isEmpty, case .list = node.content {
            root.report("apps", at: node, "an empty list", allowed: "at least one app")
        }
        var places: [String: SourcePlace] = [:]
        return sections.compactMap { app -> Configuration.App? in
            guard let provider = app.choice("provider").flatMap(Provider.init) else { return nil }
            reportForeignKeys(in: app, provider: provider)
            guard let name = readName(app, provider: provider) else { return nil }
            if let first = places["\(provider.rawValue) \(name)"] {
                app.report(
                    "app",
                    at: app.node("app"),
                    value: name,
                    "contradiction: \(provider.rawValue) has this app already, at \(first)"
                )
            }
            places["\(provider.rawValue) \(name)"] = app.node("app")?.place ?? app.place
            return Configuration.App(
                provider: provider,
                name: name,
                settings: readSettings(app, provider: provider, name: name)
            )
        }
    }

    /// Keys of another provider, those inside maps that several have too; what nobody knows is reported as such elsewhere.
    private func reportForeignKeys(in app: SectionReader, provider: Provider) {
        reportForeignKeys(app.entries, below: "", in: app, provider: provider)
    }

    private func reportForeignKeys(
        _ entries: [DocumentEntry],
        below prefix: String,
        in app: SectionReader,
        provider: Provider
    ) {
        for entry in entries {
            let name = prefix + entry.key
            let owners = Provider.allCases.filter { owner in
                Self.keys[owner]?.contains { $0 == name || $0.hasPrefix(name + ".") } == true
            }
            if owners.contains(provider) {
                if case .map(let inner) = entry.value.content {
                    reportForeignKeys(inner, below: name + ".", in: app, provider: provider)
                }
            } else if !owners.isEmpty {
                let names = owners.map(\.rawValue).joined(separator: " and ")
                let own = Self.sharedKeys.union(Self.keys[provider] ?? []).sorted().joined(separator: ", ")
                app.log.add(
                    Problem(
                        at: entry.keyPlace,
                        key: "\(app.key).\(name)",
                        message: "a key of provider \(names), in an app of provider \(provider.rawValue)",
                        allowed: own
                    )
                )
            }
        }
    }

    private func readName(_ app: SectionReader, provider: Provider) -> String? {
        guard let name = app.text("app") else { return nil }
        let isValid: Bool
        let allowed: String
        switch provider {
        case .apns:
            isValid = name.value.utf8.count <= 255 && name.value.utf8.allSatisfy(isNameOctet)
            allowed = "a bundle id, such as com.example.shop"
        case .fcm:
            isValid = !FCMConfiguration(app: name.value).violations.contains { $0.key == "app" }
            allowed = "a project id, such as example-shop"
        case .webpush:
            isValid = !WebPushConfiguration(app: name.value, subject: "").violations.contains { $0.key == "app" }
            allowed = "an origin in lower case, such as https://shop.example.com"
        }
        guard isValid else {
            app.report(
                "app",
                at: app.node("app"),
                value: name.value,
                "not an app of \(provider.rawValue)",
                allowed: allowed
            )
            return nil
        }
        return name.value
    }

    private func readSettings(_ app: SectionReader, provider: Provider, name: String) -> Configuration.App.Settings {
        switch provider {
        case .apns: .apns(readAPNs(app))
        case .fcm: .fcm(readFCM(app, name: name))
        case .webpush: .webpush(readWebPush(app, name: name))
        }
    }

    // MARK: APNs

    /// A certificate, with its key in the same file or apart; or team, key id and key of a token.
    private func readAPNs(_ app: SectionReader) -> Configuration.APNs {
        var settings = Configuration.APNs(
            teamID: "",
            keyID: "",
            keyFile: "",
            environment: app.choice("environment").flatMap(Configuration.APNs.Environment.init) ?? .production,
            baseURL: readBaseURL("base_url", in: app),
            broadcastBaseURL: readBaseURL("broadcast_base_url", in: app),
            channelsBaseURL: readBaseURL("channels_base_url", in: app),
            tokenRenewal: app.section("token").duration("renewal") ?? .zero
        )
        guard app.node("certificate_file") != nil else {
            settings.teamID = readAppleID("team_id", in: app)
            settings.keyID = readAppleID("key_id", in: app)
            settings.keyFile = readKeyFile("key_file", in: app)
            return settings
        }
        for name in ["team_id", "key_id", "token"] {
            guard let node = app.node(name) else { continue }
            app.report(
                name,
                at: node,
                "contradiction: of a token, beside certificate_file",
                allowed: "team_id, key_id and key_file, or certificate_file"
            )
        }
        settings.keyFile = app.node("key_file") == nil ? "" : readKeyFile("key_file", in: app)
        settings.certificateFile = readKeyFile("certificate_file", in: app)
        return settings
    }

    /// Apple's team and key ids have 10 characters; other lengths are only warned about, since nothing promises it.
    private func readAppleID(_ name: String, in app: SectionReader) -> String {
        guard let text = required(name, in: app) else { return "" }
        let isAlphanumeric = text.value.utf8.allSatisfy { isNameOctet($0) && !"._-".utf8.contains($0) }
        if !isAlphanumeric {
            app.report(
                name,
                at: app.node(name),
                value: text.value,
                "not an id of Apple's",
                allowed: "letters and digits"
            )
        } else if text.value.utf8.count != 10 {
            app.warn(
                name,
                at: app.node(name),
                value: text.value,
                "\(text.value.utf8.count) characters; Apple's ids have 10"
            )
        }
        return text.value
    }

    private func readBaseURL(_ name: String, in app: SectionReader) -> Configuration.BaseURL? {
        guard let text = app.text(name) else { return nil }
        guard let url = HTTPSOrigin.parse(text.value) else {
            app.report(
                name,
                at: app.node(name),
                value: text.value,
                "not the address of an HTTPS server",
                allowed: "https://host:port"
            )
            return nil
        }
        return url
    }

    // MARK: What all have

    /// The path of a file that holds a secret; empty where it cannot be used, which is reported.
    func readKeyFile(_ name: String, in app: SectionReader) -> String {
        guard let text = required(name, in: app) else { return "" }
        return files.check(text, secrecy: .secret) ?? ""
    }

    func required(_ name: String, in app: SectionReader) -> Located<String>? {
        guard app.node(name) != nil else {
            app.reportMissing(name)
            return nil
        }
        return app.text(name)
    }
}

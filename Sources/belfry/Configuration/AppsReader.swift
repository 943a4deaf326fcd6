import PushCore

/// Reads `apps`.
struct AppsReader {
    let root: SectionReader
    let files: FileChecks

    private static let sharedKeys: Set<String> = ["provider", "app", "base_url"]
    private static let keys: [Provider: Set<String>] = [
        .apns: ["team_id", "key_id", "key_file", "certificate_file", "environment"],
        .fcm: ["service_account_file"],
        .webpush: ["vapid_key_file", "subject", "allowed_hosts", "allow_private_addresses"],
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
                baseURL: readBaseURL(app),
                credentials: readCredentials(app, provider: provider)
            )
        }
    }

    private func reportForeignKeys(in app: SectionReader, provider: Provider) {
        for other in Provider.allCases where other != provider {
            for entry in app.entries where Self.keys[other]?.contains(entry.key) == true {
                let allowed = Self.sharedKeys.union(Self.keys[provider] ?? []).sorted().joined(separator: ", ")
                app.log.add(
                    Problem(
                        at: entry.keyPlace,
                        key: app.path(entry.key),
                        message: "a key of provider \(other.rawValue), in an app of provider \(provider.rawValue)",
                        allowed: allowed
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
        case .apns, .fcm:
            isValid = name.value.utf8.count <= 255 && name.value.utf8.allSatisfy(isNameOctet)
            allowed = provider == .apns ? "a bundle id, such as com.example.shop" : "a project id, such as example-shop"
        case .webpush:
            isValid = HTTPSOrigin.parse(name.value) != nil
            allowed = "an origin, such as https://shop.example.com"
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

    private func readBaseURL(_ app: SectionReader) -> Configuration.BaseURL? {
        guard let text = app.text("base_url") else { return nil }
        guard let url = HTTPSOrigin.parse(text.value) else {
            app.report(
                "base_url",
                at: app.node("base_url"),
                value: text.value,
                "not the address of an HTTPS server",
                allowed: "https://host:port"
            )
            return nil
        }
        return url
    }

    private func readCredentials(_ app: SectionReader, provider: Provider) -> Configuration.App.Credentials {
        switch provider {
        case .apns:
            return .apns(readAPNs(app))
        case .fcm:
            warnNotSent(app, provider)
            return .fcm(serviceAccountFile: readKeyFile("service_account_file", in: app))
        case .webpush:
            warnNotSent(app, provider)
            return .webpush(readWebPush(app))
        }
    }

    /// A certificate, with its key in the same file or apart; or team, key id and key of a token.
    private func readAPNs(_ app: SectionReader) -> Configuration.APNs {
        let environment = app.choice("environment").flatMap(Configuration.APNs.Environment.init) ?? .production
        guard app.node("certificate_file") != nil else {
            return Configuration.APNs(
                teamID: readAppleID("team_id", in: app),
                keyID: readAppleID("key_id", in: app),
                keyFile: readKeyFile("key_file", in: app),
                environment: environment
            )
        }
        for name in ["team_id", "key_id"] {
            guard let node = app.node(name) else { continue }
            app.report(
                name,
                at: node,
                "contradiction: of a token, beside certificate_file",
                allowed: "team_id, key_id and key_file, or certificate_file"
            )
        }
        return Configuration.APNs(
            teamID: "",
            keyID: "",
            keyFile: app.node("key_file") == nil ? "" : readKeyFile("key_file", in: app),
            certificateFile: readKeyFile("certificate_file", in: app),
            environment: environment
        )
    }

    private func warnNotSent(_ app: SectionReader, _ provider: Provider) {
        app.warn("provider", at: app.node("provider"), value: provider.rawValue, "not sent by this version")
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

    private func readKeyFile(_ name: String, in app: SectionReader) -> String {
        guard let text = required(name, in: app) else { return "" }
        return files.check(text, secrecy: .secret) ?? ""
    }

    private func readWebPush(_ app: SectionReader) -> Configuration.WebPush {
        let subject = required("subject", in: app)
        if let subject, !subject.value.hasPrefix("mailto:"), !subject.value.hasPrefix("https:") {
            app.report(
                "subject",
                at: app.node("subject"),
                value: subject.value,
                "not a contact",
                allowed: "mailto:… or https:…"
            )
        }
        let hosts = app.texts("allowed_hosts")
        for host in hosts {
            let name = host.value.hasPrefix("*.") ? String(host.value.dropFirst(2)) : host.value
            guard !name.isEmpty, name.utf8.allSatisfy(isNameOctet) else {
                app.log.add(
                    Problem(
                        at: host.place,
                        key: host.key,
                        value: displayed(host.value),
                        message: "not a host",
                        allowed: "a host name, or *. and a domain"
                    )
                )
                continue
            }
        }
        let allowPrivateAddresses = app.flag("allow_private_addresses")
        if allowPrivateAddresses {
            app.warn(
                "allow_private_addresses",
                at: app.node("allow_private_addresses"),
                value: "true",
                "subscriptions can make Belfry send requests into private networks"
            )
        }
        return Configuration.WebPush(
            vapidKeyFile: readKeyFile("vapid_key_file", in: app),
            subject: subject?.value ?? "",
            allowedHosts: app.node("allowed_hosts") == nil ? nil : hosts.map(\.value),
            allowPrivateAddresses: allowPrivateAddresses
        )
    }

    private func required(_ name: String, in app: SectionReader) -> Located<String>? {
        guard app.node(name) != nil else {
            app.reportMissing(name)
            return nil
        }
        return app.text(name)
    }
}

/// Reads `https://host[:port]`.
enum HTTPSOrigin {
    /// Nil for another scheme, a path, a query or user information.
    static func parse(_ text: String) -> Configuration.BaseURL? {
        guard text.lowercased().hasPrefix("https://") else { return nil }
        var authority = text.dropFirst(8)
        if authority.hasSuffix("/") { authority = authority.dropLast() }
        var host = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
            guard host.contains(":"), host.utf8.allSatisfy({ $0 == UInt8(ascii: ":") || isNameOctet($0) }) else {
                return nil
            }
        } else {
            if let colon = authority.firstIndex(of: ":") {
                host = authority[..<colon]
                port = authority[authority.index(after: colon)...]
            }
            guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(isNameOctet) else { return nil }
        }
        guard let port else { return Configuration.BaseURL(host: String(host), port: 443) }
        guard port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = UInt16(port),
            number > 0
        else { return nil }
        return Configuration.BaseURL(host: String(host), port: Int(number))
    }
}

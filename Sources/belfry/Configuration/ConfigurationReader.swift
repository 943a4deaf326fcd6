import PushCore

/// Reads the merged document of `belfry.yaml` and the environment into a ``Configuration``.
struct ConfigurationReader {
    let root: SectionReader
    let files: FileChecks

    init(_ document: DocumentNode, files: FileChecks, log: ProblemLog) {
        root = SectionReader(document, tree: ConfigurationKeys.tree, key: "", parentPlace: document.place, log: log)
        self.files = files
    }

    /// What was read; only to be used if the log has no error.
    func read() -> Configuration {
        let dispatch = readDispatch()
        let admin = root.section("admin")
        let users = root.section("users")
        let log = root.section("log")
        let ruleGlobs = root.texts("rules")
        return Configuration(
            kafka: KafkaReader(root.section("kafka")).read(),
            apps: AppsReader(root: root, files: files).read(),
            caFile: readCAFile(),
            limits: readLimits(),
            quietHours: readQuietHours(),
            onQuiet: root.section("quiet_hours").choice("on_quiet").flatMap(UsersConfiguration.OnQuiet.init) ?? .defer,
            quietSpread: root.section("quiet_hours").duration("spread") ?? .zero,
            categories: readCategories(),
            users: Configuration.Users(
                dedupeWindow: users.duration("dedupe_window") ?? .zero,
                decisionsMax: Int(users.wholeNumber("decisions_max") ?? 0),
                dedupeKeysMax: Int(users.wholeNumber("dedupe_keys_max") ?? 0),
                devicesMax: Int(users.wholeNumber("devices_max") ?? 1),
                inactiveDeviceDays: Int(users.wholeNumber("inactive_device_days") ?? 0),
                scheduledMax: Int(users.wholeNumber("scheduled_max") ?? 1),
                scheduledBytesMax: Int(users.wholeNumber("scheduled_bytes_max") ?? 1),
                fanOutInFlightMax: Int(users.wholeNumber("fan_out_in_flight_max") ?? 1),
                fanOutsMax: Int(users.wholeNumber("fan_outs_max") ?? 1),
                digestItemsMax: Int(users.wholeNumber("digest_items_max") ?? 1),
                timezone: readTimezone(users)
            ),
            state: readState(),
            dispatch: dispatch,
            transport: readTransport(),
            credentials: Configuration.Credentials(
                checkInterval: root.section("credentials").duration("check_interval") ?? .seconds(5)
            ),
            admin: Configuration.Admin(
                host: admin.text("host")?.value ?? "",
                port: Int(admin.wholeNumber("port") ?? 0)
            ),
            log: Configuration.Log(
                level: log.choice("level") ?? "info",
                format: log.choice("format").flatMap(Configuration.Log.Format.init) ?? .text
            ),
            ruleFiles: files.expand(ruleGlobs),
            ruleGlobs: ruleGlobs,
            folder: files.folder,
            rulesCheckInterval: root.duration("rules_check_interval") ?? .seconds(5)
        )
    }

    private func readState() -> Configuration.State {
        let state = root.section("state")
        return Configuration.State(
            directory: state.text("directory").map { FileGlob.join(files.folder, $0.value) },
            snapshotInterval: state.duration("snapshot_interval") ?? .zero,
            snapshotMaxAge: state.duration("snapshot_max_age") ?? .zero
        )
    }

    private func readCAFile() -> String? {
        let tls = root.section("tls")
        guard let file = tls.text("ca_file") else { return nil }
        return files.check(file, secrecy: .open)
    }

    private func readDispatch() -> Configuration.Dispatch {
        let dispatch = root.section("dispatch")
        let retry = dispatch.section("retry")
        let webPush = dispatch.section("webpush")
        return Configuration.Dispatch(
            inFlightMax: Int(dispatch.wholeNumber("in_flight_max") ?? 1),
            requestTimeout: dispatch.duration("request_timeout") ?? .zero,
            retry: readRetry(retry),
            webPush: Configuration.Dispatch.WebPush(
                senderKeyMessages: Int(webPush.wholeNumber("sender_key_messages") ?? 1),
                senderKeyLifetime: webPush.duration("sender_key_lifetime") ?? .zero
            )
        )
    }

    private func readRetry(_ retry: SectionReader) -> Configuration.Dispatch.Retry {
        let (base, cap) = readBounds("base", "cap", in: retry)
        let (laterBase, laterCap) = readBounds("later_base", "later_cap", in: retry)
        return Configuration.Dispatch.Retry(
            budget: retry.duration("budget") ?? .zero,
            base: base,
            cap: cap,
            laterBase: laterBase,
            laterCap: laterCap,
            attemptsMax: Int(retry.wholeNumber("attempts_max") ?? 1)
        )
    }

    /// The first and the last bound of a wait that doubles.
    private func readBounds(
        _ baseName: String,
        _ capName: String,
        in retry: SectionReader
    ) -> (base: Duration, cap: Duration) {
        let base = retry.duration(baseName) ?? .zero
        let cap = retry.duration(capName) ?? .zero
        if cap < base {
            let name = retry.node(capName) == nil ? baseName : capName
            let bounds =
                "\(capName) (\(DurationText.describe(cap))) is less than \(baseName) (\(DurationText.describe(base)))"
            retry.report(name, at: retry.node(name), "contradiction: \(bounds)")
        }
        return (base, cap)
    }

    private func readTransport() -> Configuration.Transport {
        let transport = root.section("transport")
        let connections = transport.wholeNumber("connections") ?? 1
        let connectionsMin = transport.wholeNumber("connections_min") ?? 0
        // The default is one, which is never too many.
        if connectionsMin > connections {
            transport.report(
                "connections_min",
                at: transport.node("connections_min"),
                value: "\(connectionsMin)",
                "contradiction: more than connections (\(connections))"
            )
        }
        let ping = transport.section("ping")
        return Configuration.Transport(
            connections: Int(connections),
            connectionsMin: Int(connectionsMin),
            connectionIdle: transport.duration("connection_idle") ?? .zero,
            connectionAge: transport.duration("connection_age"),
            connectTimeout: transport.duration("connect_timeout") ?? .zero,
            requestBytesMax: Int(transport.wholeNumber("request_bytes_max") ?? 1),
            streamsMax: Int(transport.wholeNumber("streams_max") ?? 1),
            ping: Configuration.Transport.Ping(
                idle: ping.duration("idle") ?? .zero,
                silence: ping.duration("silence") ?? .zero,
                timeout: ping.duration("timeout") ?? .zero,
                beforeUse: ping.duration("before_use") ?? .zero
            )
        )
    }

    // MARK: Limits

    private func readLimits() -> [Configuration.Limit] {
        let limits = root.section("limits")
        return limits.entries.map { entry in
            checkLimitName(entry, in: limits)
            let windows = limits.sections(entry.key)
            if windows.isEmpty, case .list = entry.value.content {
                limits.report(entry.key, at: entry.value, "an empty list", allowed: "at least one window")
            }
            if entry.value.isNull { limits.reportMissing(entry.key) }
            if windows.count > Self.windowsMax {
                limits.report(entry.key, at: entry.value, "too many windows", allowed: "at most \(Self.windowsMax)")
            }
            var lengths: Set<LimitWindow.Period> = []
            return Configuration.Limit(name: entry.key, windows: windows.map { readWindow($0, lengths: &lengths) })
        }
    }

    /// Every notification asks each of its windows.
    private static var windowsMax: Int { 16 }

    private func checkLimitName(_ entry: DocumentEntry, in limits: SectionReader) {
        if entry.key == "none" {
            limits.report(entry.key, at: entry.value, "the name \"none\" is reserved: in a rule it means no limit")
        }
        let isName = entry.key.utf8.allSatisfy { isNameOctet($0) && $0 != UInt8(ascii: ".") }
        guard isName, (1...64).contains(entry.key.utf8.count) else {
            limits.log.add(
                Problem(
                    at: entry.keyPlace,
                    key: limits.path(entry.key),
                    message: "not a name for a limit",
                    allowed: "1 to 64 of A-Z a-z 0-9 _ -"
                )
            )
            return
        }
    }

    private func readWindow(
        _ window: SectionReader,
        lengths: inout Set<LimitWindow.Period>
    ) -> Configuration.Limit.Window {
        let per = readPeriod(window)
        if let per, !lengths.insert(per).inserted {
            window.report(
                "per",
                at: window.node("per"),
                value: per.description,
                "contradiction: this limit has another window of the same length"
            )
        }
        return Configuration.Limit.Window(
            max: Int(window.wholeNumber("max") ?? 1),
            per: per ?? .calendar(.day),
            onExceed: window.choice("on_exceed").flatMap(LimitWindow.OnExceed.init) ?? .drop
        )
    }

    private func readPeriod(_ window: SectionReader) -> LimitWindow.Period? {
        guard let node = window.node("per"), case .scalar(let scalar) = node.content else {
            // A list or a map is no text, and said to be none; what is absent is missing.
            if window.node("per") == nil { window.reportMissing("per") } else { _ = window.text("per") }
            return nil
        }
        if let period = CalendarPeriod(rawValue: scalar.text) { return .calendar(period) }
        let periods = CalendarPeriod.allCases.map(\.rawValue)
        let allowed = "1s to 366d, or one of \(periods.joined(separator: ", "))"
        guard let duration = DurationText.parse(scalar.text) else {
            let nearest = NearestName.find(scalar.text, in: periods)
            let message = "neither a duration (a whole number and a unit) nor a period of the calendar"
            window.report(
                "per",
                at: node,
                value: scalar.text,
                nearest.map { "\(message); did you mean \"\($0)\"?" } ?? message,
                allowed: allowed
            )
            return nil
        }
        guard (.seconds(1)...(.seconds(366 * 86_400))).contains(duration) else {
            window.report("per", at: node, value: scalar.text, "out of range", allowed: allowed)
            return nil
        }
        return .pace(ms: duration.wholeMilliseconds)
    }

    // MARK: People

    private func readCategories() -> [Configuration.Category] {
        let categories = root.section("categories")
        return categories.entries.map { entry in
            if !TextForm.category.accepts(entry.key) {
                categories.log.add(
                    Problem(
                        at: entry.keyPlace,
                        key: categories.path(entry.key),
                        message: "not a name for a category",
                        allowed: TextForm.category.allowed
                    )
                )
            }
            let category = categories.section(entry.key)
            var settings = UsersConfiguration.Category()
            settings.isRefusable = !category.flag("mandatory")
            settings.isWanted = category.choice("default") != "opted_out"
            settings.bypassesQuietHours = category.flag("bypass_quiet_hours")
            return Configuration.Category(name: entry.key, settings: settings)
        }
    }

    private func readTimezone(_ users: SectionReader) -> String {
        guard let text = users.text("timezone") else { return "" }
        if !TextForm.timezone.accepts(text.value) {
            users.report(
                "timezone",
                at: users.node("timezone"),
                value: text.value,
                "not the name of a time zone",
                allowed: "UTC, or an IANA name such as Europe/Berlin"
            )
        }
        return text.value
    }

    private func readQuietHours() -> Configuration.QuietHours? {
        let quietHours = root.section("quiet_hours")
        guard quietHours.isPresent else { return nil }
        let start = readTimeOfDay("start", in: quietHours)
        let end = readTimeOfDay("end", in: quietHours)
        if let start, start == end {
            quietHours.report("end", at: quietHours.node("end"), "contradiction: quiet hours end when they start")
        }
        return Configuration.QuietHours(startMinute: start ?? 0, endMinute: end ?? 0)
    }

    private func readTimeOfDay(_ name: String, in section: SectionReader) -> Int? {
        guard section.node(name) != nil else {
            section.reportMissing(name)
            return nil
        }
        guard let text = section.text(name) else { return nil }
        let parts = text.value.split(separator: ":", omittingEmptySubsequences: false)
        let isWellFormed = text.value.utf8.count == 5 && parts.count == 2 && parts.allSatisfy { $0.utf8.count == 2 }
        guard isWellFormed, let hour = UInt(parts[0]), let minute = UInt(parts[1]), hour < 24, minute < 60 else {
            section.report(
                name,
                at: section.node(name),
                value: text.value,
                "not a time of day",
                allowed: "\"00:00\" to \"23:59\""
            )
            return nil
        }
        return Int(hour * 60 + minute)
    }
}

/// The characters of Kafka names: `A-Z a-z 0-9 . _ -`.
func isNameOctet(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
    default:
        false
    }
}

extension LimitWindow.Period {
    /// As it is written in the file.
    fileprivate var description: String {
        switch self {
        case .pace(let ms): DurationText.describe(.milliseconds(ms))
        case .calendar(let period): period.rawValue
        }
    }
}

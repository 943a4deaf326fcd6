import PushCore
import PushPipeline

/// The users core alone, on one thread: decoding, limits, the user's record read and written, deliveries encoded.
struct UsersBench {
    let users: Int
    let devicesPerUser: Int
    let commands: Int
    /// Windows that each notification is charged to.
    var limits = 3

    /// The shell commits once a second; so many commands are finished by then at the least.
    private static let commitEvery = 2048

    func run() -> BenchReport {
        let startMs = BenchClock.wallMs
        let rules = RulesBench.core(rules: 1, matches: 1)
        let rssBefore = ProcessUsage.ownRSSOctets
        var core = UsersCore(partition: 0, configuration: configuration, digests: .openSSL)
        var offset = register(&core, startMs)
        // One notification each: so all limits are in use.
        for user in 0..<users {
            var command = Self.notification(user: user, event: commands + user, rules, startMs)
            command.offset = offset
            _ = command.withInputRecord { core.handle($0, nowMs: startMs) }
            offset += 1
            if user % Self.commitEvery == 0 { core.committed(upTo: offset) }
        }
        core.committed(upTo: offset)
        let rssAfter = ProcessUsage.ownRSSOctets
        let octets = core.recordOctets
        let recordCount = core.recordCount
        let records = LentRecords(notifications(startMs))
        var deliveries = 0
        let cost = BenchClock.measure {
            for index in 0..<commands {
                let nowMs = startMs + Int64(index) / 100
                let decided = records.withRecord(index, offset: offset) { core.handle($0, nowMs: nowMs) }
                deliveries += decided.deliveries
                offset += 1
                if index % Self.commitEvery == 0 { core.committed(upTo: offset) }
            }
        }
        precondition(deliveries == commands * devicesPerUser, "every command of the scenario is admitted")
        var report = BenchReport("users core, one thread")
        report.add("users", "users", users)
        report.add("devices_per_user", "devices of each", devicesPerUser)
        report.add("limits_per_user", "limits in use of each", limits)
        report.add("records", "records of users and addresses", recordCount)
        report.add("commands", "notify commands", commands)
        report.add("command_bytes", "command", records.firstRecordOctets, "bytes")
        report.add("commands_per_second", "commands", cost.perSecond(commands), "/s")
        report.add("commands_per_cpu_second", "commands on a whole core", cost.perSecondOfCPU(commands), "/s")
        report.add(
            "cpu_microseconds_per_command",
            "CPU",
            cost.microseconds(each: commands),
            "µs per command",
            decimals: 2
        )
        report.add("record_bytes_per_user", "records of each user with their keys", octets / users, "bytes")
        report.add("rss_bytes_per_user", "memory for each user (RSS)", (rssAfter - rssBefore) / users, "bytes")
        return report
    }

    /// Deliveries of the commands, as the core leaves them for dispatch; one for each device of a command's user.
    ///
    /// - Throws: never, unless the core wrote what is no delivery.
    func deliveries() throws -> [PushCore.Delivery] {
        let nowMs = BenchClock.wallMs
        var core = UsersCore(partition: 0, configuration: configuration, digests: .openSSL)
        let offset = register(&core, nowMs)
        let records = LentRecords(notifications(nowMs))
        let outputs = (0..<commands).flatMap { index in
            let decided = records.withRecord(index, offset: offset + Int64(index)) { core.handle($0, nowMs: nowMs) }
            return decided.effects.outputs.filter { $0.topic == .outbox(.apns) }
        }
        precondition(outputs.count == commands * devicesPerUser, "every command of the scenario is admitted")
        return try outputs.map { try PushCore.Delivery(encoded: $0.value ?? []) }
    }

    /// Visits the records of all users and their addresses as they are in the end.
    ///
    /// - Throws: what `body` throws.
    func forEachRecord(_ body: (_ user: Int, _ key: [UInt8], _ value: [UInt8]) throws -> Void) rethrows {
        let nowMs = BenchClock.wallMs
        let rules = RulesBench.core(rules: 1, matches: 1)
        for user in 0..<users {
            var core = UsersCore(partition: 0, configuration: configuration, digests: .openSSL)
            var offset: Int64 = 0
            var latest: [[UInt8]: [UInt8]] = [:]
            register(user, &core, &offset, nowMs) { state in
                if let key = state.key, let value = state.value { latest[key] = value }
            }
            var command = Self.notification(user: user, event: commands + user, rules, nowMs)
            command.offset = offset
            let decided = command.withInputRecord { core.handle($0, nowMs: nowMs) }
            if let state = decided.effects.state, let key = state.key, let value = state.value { latest[key] = value }
            for (key, value) in latest { try body(user, key, value) }
        }
    }

    /// The first window is the one that ends first: 20 a day, 40 in two days, and so on.
    var configuration: UsersConfiguration {
        let day: Int64 = 24 * 60 * 60 * 1000
        let windows = (1...limits).map { LimitWindow(max: 21 * Int64($0), periodMs: day * Int64($0)) }
        let limits = Limits(["all": windows])
        return UsersConfiguration(apps: [.init(provider: .apns, app: BenchScenario.app)], limits: limits)
    }

    /// Registers all devices: each address is claimed, and tells its user.
    ///
    /// - Returns: The offset after the registrations.
    private func register(_ core: inout UsersCore, _ nowMs: Int64) -> Int64 {
        var offset: Int64 = 0
        for user in 0..<users {
            register(user, &core, &offset, nowMs) { _ in }
            if user % Self.commitEvery == 0 { core.committed(upTo: offset) }
        }
        core.committed(upTo: offset)
        return offset
    }

    private func register(
        _ user: Int,
        _ core: inout UsersCore,
        _ offset: inout Int64,
        _ nowMs: Int64,
        logged: (Outgoing) -> Void
    ) {
        for number in 0..<devicesPerUser {
            var claim = ClaimAddress()
            claim.userID = BenchScenario.user(user)
            claim.device.id = "device-\(number)"
            claim.device.provider = Provider.apns.rawValue
            claim.device.app = BenchScenario.app
            claim.device.token = BenchScenario.token(user * devicesPerUser + number)
            claim.device.locale = "en"
            claim.device.registeredAtMs = nowMs
            var command = Command()
            command.claim = claim
            let key = "a:\(Digests.openSSL.fingerprint(of: claim.device))"
            var record = OwnedRecord(topic: "push.inbox", key: Array(key.utf8), value: command.encoded())
            record.offset = offset
            let claimed = record.withInputRecord { core.handle($0, nowMs: nowMs) }
            if let state = claimed.effects.state { logged(state) }
            offset += 1
            for output in claimed.effects.outputs {
                var record = OwnedRecord(topic: "push.inbox", key: output.key, value: output.value)
                record.offset = offset
                let attached = record.withInputRecord { core.handle($0, nowMs: nowMs) }
                if let state = attached.effects.state { logged(state) }
                offset += 1
            }
        }
    }

    /// Commands as the rules core makes them of the scenario's events, for users in no order.
    private func notifications(_ nowMs: Int64) -> [OwnedRecord] {
        let rules = RulesBench.core(rules: 1, matches: 1)
        return (0..<commands).map { index in
            Self.notification(user: index &* 7919 % users, event: index, rules, nowMs)
        }
    }

    private static func notification(user: Int, event index: Int, _ rules: RulesCore, _ nowMs: Int64) -> OwnedRecord {
        let event = BenchScenario.record(event: index, user: user, timeMs: nowMs)
        let outputs = event.withInputRecord { rules.handle(event: $0).effects.outputs }
        precondition(outputs.count == 1, "every event of the scenario gives one command")
        return OwnedRecord(topic: "push.inbox", key: outputs[0].key, value: outputs[0].value)
    }
}

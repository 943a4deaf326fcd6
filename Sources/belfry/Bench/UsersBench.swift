import PushCore
import PushPipeline

/// The users core alone, on one thread: decoding, limits, the user's record read and written, deliveries encoded.
struct UsersBench {
    let users: Int
    let devicesPerUser: Int
    let commands: Int

    /// The shell commits once a second; so many commands are finished by then at the least.
    private static let commitEvery = 2048

    func run() -> BenchReport {
        let startMs = BenchClock.wallMs
        let rssBefore = ProcessUsage.ownRSSOctets
        var core = UsersCore(partition: 0, configuration: Self.configuration, digests: .openSSL)
        var offset = register(&core, startMs)
        let rssAfter = ProcessUsage.ownRSSOctets
        let octets = core.recordOctets
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
        report.add("record_bytes", "record of a user with devices", octets / max(core.recordCount, 1), "bytes")
        report.add("rss_bytes_per_user", "memory for each user", (rssAfter - rssBefore) / users, "bytes")
        return report
    }

    /// Deliveries of the commands, as the core leaves them for dispatch; one for each device of a command's user.
    ///
    /// - Throws: never, unless the core wrote what is no delivery.
    func deliveries() throws -> [PushCore.Delivery] {
        let nowMs = BenchClock.wallMs
        var core = UsersCore(partition: 0, configuration: Self.configuration, digests: .openSSL)
        let offset = register(&core, nowMs)
        let records = LentRecords(notifications(nowMs))
        let outputs = (0..<commands).flatMap { index in
            let decided = records.withRecord(index, offset: offset + Int64(index)) { core.handle($0, nowMs: nowMs) }
            return decided.effects.outputs.filter { $0.topic == .outbox(.apns) }
        }
        precondition(outputs.count == commands * devicesPerUser, "every command of the scenario is admitted")
        return try outputs.map { try PushCore.Delivery(encoded: $0.value ?? []) }
    }

    private static let configuration: UsersConfiguration = {
        let day: Int64 = 24 * 60 * 60 * 1000
        let limits = Limits(["all": [LimitWindow(max: 20, periodMs: day)]])
        return UsersConfiguration(apps: [.init(provider: .apns, app: BenchScenario.app)], limits: limits)
    }()

    /// - Returns: The offset after the registrations.
    private func register(_ core: inout UsersCore, _ nowMs: Int64) -> Int64 {
        var offset: Int64 = 0
        for user in 0..<users {
            for number in 0..<devicesPerUser {
                var attach = AttachDevice()
                attach.device.id = "device-\(number)"
                attach.device.provider = Provider.apns.rawValue
                attach.device.app = BenchScenario.app
                attach.device.token = BenchScenario.token(user * devicesPerUser + number)
                attach.device.locale = "en"
                attach.device.registeredAtMs = nowMs
                var command = Command()
                command.attach = attach
                let record = OwnedRecord(
                    topic: "push.inbox",
                    offset: offset,
                    key: Array("u:\(BenchScenario.user(user))".utf8),
                    value: command.encoded()
                )
                _ = record.withInputRecord { core.handle($0, nowMs: nowMs) }
                offset += 1
            }
        }
        core.committed(upTo: offset)
        return offset
    }

    /// Commands as the rules core makes them of the scenario's events, for users in no order.
    private func notifications(_ nowMs: Int64) -> [OwnedRecord] {
        let rules = RulesBench.core(rules: 1, matches: 1)
        return (0..<commands).map { index in
            let event = BenchScenario.record(event: index, user: index &* 7919 % users, timeMs: nowMs)
            let outputs = event.withInputRecord { rules.handle(event: $0).effects.outputs }
            precondition(outputs.count == 1, "every event of the scenario gives one command")
            return OwnedRecord(topic: "push.inbox", key: outputs[0].key, value: outputs[0].value)
        }
    }
}

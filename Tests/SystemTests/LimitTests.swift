import Foundation
import Testing

/// People who are asked for more often than their limit allows.
private struct Askers {
    let users: Int
    let limit: Int
    private(set) var produced = 0

    var registrations: [TestRecord] {
        (0..<users).map { .registered("u-\($0)", "d-1", token: Self.token($0)) }
    }

    private static func token(_ user: Int) -> String {
        let number = String(user, radix: 16)
        return String(repeating: "0", count: 64 - number.count) + number
    }

    mutating func next(_ count: Int) -> [TestRecord] {
        (0..<count).map { _ in
            defer { produced += 1 }
            return .shipped("e-\(produced)", to: "u-\(produced % users)")
        }
    }

    /// Each event has one final receipt, which says the same wherever it stands; each user got as many as the limit, and no request
    /// beyond those reached the provider.
    func check(_ receipts: ReceiptLog, _ record: RecordFile) throws {
        let byEvent = Dictionary(grouping: receipts.receipts, by: \.eventID)
        #expect(byEvent.count == produced)
        for (event, receipts) in byEvent {
            let said = Set(receipts.map { "\($0.id) \($0.outcome) \($0.reason ?? "")" })
            #expect(said.count == 1, "\(event): \(said)")
        }
        var accepted: [String: Set<String>] = [:]
        for receipt in receipts.receipts where receipt.outcome == "accepted" {
            accepted[receipt.userID, default: []].insert(receipt.eventID)
        }
        #expect(accepted.count == users)
        #expect(accepted.filter { $0.value.count != limit }.isEmpty, "\(accepted.mapValues(\.count))")
        let suppressed = receipts.receipts.filter { $0.outcome != "accepted" }
        #expect(suppressed.allSatisfy { $0.outcome == "suppressed" && $0.reason == "rate_limited" })
        var sent: [String: Set<String>] = [:]
        for request in record.requests { sent[request.token, default: []].insert(request.header("apns-id") ?? "") }
        #expect(sent.filter { $0.value.count > limit }.isEmpty, "\(sent.mapValues(\.count))")
        #expect(try receipts.problems().prefix(10) == [])
    }
}

extension SystemTests {
    @Suite(.serialized)
    struct Limited {
        private static let seed = ProcessInfo.processInfo.environment["BELFRY_SYSTEM_SEED"].flatMap(UInt64.init)

        /// Longer than the session: the group goes on without whoever is stopped, who goes on later with what it held.
        @Test(
            "limits are exact while instances are killed, and stopped for longer than their session",
            .timeLimit(.minutes(15))
        )
        func exact() async throws {
            let seed = Self.seed ?? .random(in: 0..<1_000_000)
            print("seed of the kills and stops: \(seed) (BELFRY_SYSTEM_SEED)")
            var random = SeededGenerator(seed: seed)
            var setup = ClusterSetup()
            setup.faults = "- { latency: 20ms, jitter: 15ms }\n"
            setup.configuration = "limits: { few: [{ max: 5, per: 1h }] }"
            setup.rules = setup.rules.replacingOccurrences(of: "limit: none", with: "limit: few")
            try await TestCluster.with(setup) { cluster in
                var askers = Askers(users: 100, limit: 5)
                let receipts = try ReceiptLog(settings: cluster.settings)
                var instances = [try cluster.start(), try cluster.start(), try cluster.start()]
                for instance in instances { try await instance.line(beginningWith: "ready") }
                try await cluster.register(askers.registrations)
                for round in 0..<(4 * Load.scale) {
                    try await cluster.producer.produce(askers.next(400), to: "shop.events")
                    let goal = receipts.count + Int.random(in: 1...100, using: &random)
                    try await receipts.receipts(atLeast: goal, within: .seconds(60))
                    let victim = Int.random(in: 0..<3, using: &random)
                    if round % 2 == 0 {
                        instances[victim].signal(SIGSTOP)
                        try await Task.sleep(for: .seconds(9))
                        instances[victim].signal(SIGCONT)
                    } else {
                        instances[victim].signal(SIGKILL)
                        #expect(try await instances[victim].ended() == .killed(SIGKILL))
                        instances[victim] = try cluster.start()
                    }
                }
                try await cluster.producer.produce(askers.next(400), to: "shop.events")
                try await receipts.receipts(atLeast: askers.produced, within: .seconds(180))
                try await cluster.allIsCommitted(within: .seconds(120))
                try receipts.refresh()
                try cluster.record.refresh()
                try askers.check(receipts, cluster.record)
                let stalls = cluster.instances.filter { $0.errors.contains("stood still") }.count
                print("\(askers.produced) events, \(receipts.receipts.count) receipts, \(stalls) noticed stalls")
                #expect(stalls > 0)
            }
        }
    }
}

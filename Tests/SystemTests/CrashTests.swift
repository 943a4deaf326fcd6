import Foundation
import Testing

/// Numbers that a seed repeats.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Users with their devices, and events for them in portions.
struct Load {
    /// `BELFRY_SYSTEM_SCALE` makes everything as many times larger.
    static let scale = Int(ProcessInfo.processInfo.environment["BELFRY_SYSTEM_SCALE"] ?? "") ?? 1

    let users: Int
    private(set) var produced = 0
    /// Event id and device of every delivery that is to come.
    private(set) var expected: Set<String> = []

    init(users: Int = 200) {
        self.users = users
    }

    /// One device each, and a second one for every fifth user.
    var registrations: [TestRecord] {
        (0..<users).flatMap { user in
            devices(of: user).map { .registered("u-\(user)", $0, token: Self.token(user, $0)) }
        }
    }

    private func devices(of user: Int) -> [String] { user % 5 == 0 ? ["d-1", "d-2"] : ["d-1"] }

    private static func token(_ user: Int, _ device: String) -> String {
        let number = String(user, radix: 16) + (device == "d-1" ? "a" : "b")
        return String(repeating: "0", count: 64 - number.count) + number
    }

    /// The next events, one user after the other.
    mutating func next(_ count: Int) -> [TestRecord] {
        (0..<count).map { _ in
            let (id, user) = ("e-\(produced)", produced % users)
            produced += 1
            for device in devices(of: user) { expected.insert("\(id)/\(device)") }
            return .shipped(id, to: "u-\(user)")
        }
    }

    /// What must hold at the end, whatever happened: one final receipt for each delivery, and each accepted.
    func check(_ receipts: ReceiptLog) throws {
        let ids = Dictionary(grouping: receipts.receipts) { "\($0.eventID)/\($0.deviceID ?? "")" }
            .mapValues { Set($0.map(\.id)) }
        #expect(expected.subtracting(ids.keys).sorted().prefix(10) == [], "deliveries without a receipt")
        #expect(Set(ids.keys).subtracting(expected).sorted().prefix(10) == [], "receipts of nothing")
        #expect(ids.filter { $0.value.count > 1 }.isEmpty, "deliveries with two receipts")
        let others = receipts.receipts.filter { $0.outcome != "accepted" }
        #expect(others.isEmpty, "\(others.prefix(5).map(\.value))")
        #expect(try receipts.problems().prefix(10) == [])
    }

    /// A request that was accepted twice is the same once more, replaces the first on the device, and its receipt says so.
    ///
    /// - Returns: how many there are.
    func checkRepeats(_ record: RecordFile, _ receipts: ReceiptLog) -> Int {
        var flagged: Set<String> = []
        for receipt in receipts.receipts where receipt.isPossibleDuplicate {
            flagged.insert("\(receipt.eventID)/\(receipt.deviceID ?? "")")
        }
        for (apnsID, requests) in record.acceptedTwice {
            let first = requests[0]
            for other in requests {
                #expect(other.header("apns-collapse-id") == first.header("apns-collapse-id"))
                #expect(other.payload == first.payload && other.token == first.token)
            }
            let event = first.payload["order_id"]?.text ?? ""
            let device = first.token.hasSuffix("a") ? "d-1" : "d-2"
            #expect(
                flagged.contains("\(event)/\(device)"),
                "\(apnsID) of \(event)/\(device) was accepted twice unnoticed"
            )
        }
        return record.acceptedTwice.count
    }
}

extension SystemTests {
    @Suite(.serialized)
    struct Crash {
        private static let seed = ProcessInfo.processInfo.environment["BELFRY_SYSTEM_SEED"].flatMap(UInt64.init)

        @Test(
            "instances that are killed at any moment lose nothing and pass on what they finished",
            .timeLimit(.minutes(15))
        )
        func killed() async throws {
            let seed = Self.seed ?? .random(in: 0..<1_000_000)
            print("seed of the kills: \(seed) (BELFRY_SYSTEM_SEED)")
            var random = SeededGenerator(seed: seed)
            var setup = ClusterSetup()
            setup.faults = "- { latency: 20ms, jitter: 15ms }\n"
            try await TestCluster.with(setup) { cluster in
                var load = Load()
                let receipts = try ReceiptLog(settings: cluster.settings)
                var instances = [try cluster.start(), try cluster.start()]
                for instance in instances { try await instance.line(beginningWith: "ready") }
                try await cluster.register(load.registrations)
                let portion = 400
                for _ in 0..<(4 * Load.scale) {
                    try await cluster.producer.produce(load.next(portion), to: "shop.events")
                    try cluster.record.refresh()
                    let goal = cluster.record.requests.count + Int.random(in: 1...(portion / 3), using: &random)
                    try await cluster.record.requests(atLeast: goal)
                    let victim = Int.random(in: 0..<2, using: &random)
                    instances[victim].signal(SIGKILL)
                    #expect(try await instances[victim].ended() == .killed(SIGKILL))
                    instances[victim] = try cluster.start()
                }
                try await cluster.producer.produce(load.next(portion), to: "shop.events")
                try await receipts.receipts(atLeast: load.expected.count, within: .seconds(180))
                try await cluster.allIsCommitted(within: .seconds(120))
                try receipts.refresh()
                try cluster.record.refresh()
                try load.check(receipts)
                let repeats = load.checkRepeats(cluster.record, receipts)
                let flagged = receipts.receipts.filter(\.isPossibleDuplicate).count
                print(
                    "\(load.produced) events, \(receipts.count) receipts (\(receipts.receipts.count) records), ",
                    "\(cluster.record.requests.count) requests, \(repeats) accepted twice, \(flagged) receipts flagged"
                )
            }
        }

        @Test(
            "instances that are asked to end, one after the other, repeat nothing and lose nothing",
            .timeLimit(.minutes(15))
        )
        func rolled() async throws {
            var setup = ClusterSetup()
            setup.faults = "- { latency: 20ms, jitter: 15ms }\n"
            try await TestCluster.with(setup) { cluster in
                var load = Load()
                let receipts = try ReceiptLog(settings: cluster.settings)
                var instances = [try cluster.start(), try cluster.start()]
                for instance in instances { try await instance.line(beginningWith: "ready") }
                try await cluster.register(load.registrations)
                for round in 0..<(3 * Load.scale) {
                    try await cluster.producer.produce(load.next(400), to: "shop.events")
                    try cluster.record.refresh()
                    try await cluster.record.requests(atLeast: cluster.record.requests.count + 50)
                    instances[round % 2].signal(SIGTERM)
                    // Well below the drain's limit: nothing that could be waited for takes longer than its latency.
                    #expect(try await instances[round % 2].ended(within: .seconds(12)) == .exited(0))
                    instances[round % 2] = try await cluster.startReady()
                }
                try await receipts.receipts(atLeast: load.expected.count, within: .seconds(120))
                try await cluster.allIsCommitted()
                try receipts.refresh()
                try cluster.record.refresh()
                try load.check(receipts)
                #expect(cluster.record.acceptedTwice.count == 0)
                #expect(cluster.record.requests.count == load.expected.count)
                for instance in instances { instance.signal(SIGTERM) }
                for instance in instances { #expect(try await instance.ended() == .exited(0)) }
            }
        }
    }
}

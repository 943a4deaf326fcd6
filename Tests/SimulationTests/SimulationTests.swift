import Foundation
import Testing

/// Chaos from a seed: whatever crashes, is repeated, comes late or is decided twice, every event ends and is paid for once.
///
/// `BELFRY_SIMULATION_SEED=n` replays one seed with its whole trace, `BELFRY_SIMULATION_SEEDS=n` changes the number of seeds,
/// `BELFRY_SIMULATION_FIRST=n` the first of them.
@Suite("Simulation", .timeLimit(.minutes(10)))
struct SimulationTests {
    static let environment = ProcessInfo.processInfo.environment
    static let shards: UInt64 = 8
    static let seeds = environment["BELFRY_SIMULATION_SEEDS"].flatMap { UInt64($0) } ?? 1_000
    static let first = environment["BELFRY_SIMULATION_FIRST"].flatMap { UInt64($0) } ?? 0

    @Test("every history from chaos to calm keeps the promises", arguments: 0..<shards)
    func histories(shard: UInt64) {
        check(shard, hasTargets: false, seeds: Self.seeds)
    }

    @Test("so does every history in which rules address channels too", arguments: 0..<shards)
    func historiesWithTargets(shard: UInt64) {
        check(shard, hasTargets: true, seeds: (Self.seeds + 3) / 4)
    }

    @Test("so does every history in which rules address subscribers, who come and go", arguments: 0..<shards)
    func historiesWithSubscribers(shard: UInt64) {
        check(shard, hasTargets: false, hasSubscribers: true, seeds: (Self.seeds + 1) / 2)
    }

    @Test("so does every history in which notifications wait", arguments: 0..<shards)
    func historiesWithWaits(shard: UInt64) {
        check(shard, hasTargets: false, hasWaits: true, seeds: (Self.seeds + 1) / 2)
    }

    private func check(
        _ shard: UInt64,
        hasTargets: Bool,
        hasSubscribers: Bool = false,
        hasWaits: Bool = false,
        seeds: UInt64
    ) {
        if let seed = Self.environment["BELFRY_SIMULATION_SEED"].flatMap({ UInt64($0) }) {
            guard shard == seed % Self.shards,
                let failure = Simulation.failure(
                    of: seed,
                    hasTargets: hasTargets,
                    hasSubscribers: hasSubscribers,
                    hasWaits: hasWaits,
                    traceMax: .max
                )
            else { return }
            Issue.record("\(failure)")
            return
        }
        for seed in Self.first..<Self.first + seeds where seed % Self.shards == shard {
            let failure = Simulation.failure(
                of: seed,
                hasTargets: hasTargets,
                hasSubscribers: hasSubscribers,
                hasWaits: hasWaits
            )
            guard let failure else { continue }
            Issue.record("\(failure)")
            return
        }
    }

    @Test("the histories contain subscribers who are told, and steps that are made again")
    func coverageOfSubscribers() {
        let seen = (0..<40).map { Simulation.fanOuts(of: UInt64($0)) }
        let told = seen.reduce(0) { $0 + $1.told }
        let repeated = seen.reduce(0) { $0 + $1.repeated }
        #expect(told > 100 && repeated > 5, "told: \(told), repeated: \(repeated)")
    }

    @Test(
        "the histories contain what they are to try: every outcome, hand-backs and releases",
        arguments: [false, true]
    )
    func coverage(hasTargets: Bool) {
        let seen = (0..<120).reduce(into: Set<String>()) {
            $0.formUnion(Simulation.outcomes(of: UInt64($1), hasTargets: hasTargets))
        }
        let wanted = ["accepted", "rejected", "expired", "suppressed", "superseded", "deferred", "released"]
        #expect(seen.isSuperset(of: wanted), "seen: \(seen.sorted())")
    }
}

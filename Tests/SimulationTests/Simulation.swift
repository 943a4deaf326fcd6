/// The history of one seed: chaos, calm, and a day later.
struct Simulation {
    struct Failure: CustomStringConvertible {
        let seed: UInt64
        let mode: Settings.Mode
        let hasTargets: Bool
        let hasSubscribers: Bool
        let hasWaits: Bool
        let violations: [String]
        let trace: [String]

        var description: String {
            """
            seed \(seed) (\(mode.rawValue)\(hasTargets ? ", with targets" : "")\(hasSubscribers ? ", with subscribers" : "")\(hasWaits ? ", with waits" : "")): \(violations.count) violations
              \(violations.prefix(8).joined(separator: "\n  "))
            The last steps (all of them with BELFRY_SIMULATION_SEED=\(seed)):
              \(trace.joined(separator: "\n  "))
            """
        }
    }

    static let steps = 1_500
    private static let dayMs: Int64 = 26 * 60 * 60 * 1000

    static func mode(of seed: UInt64) -> Settings.Mode {
        Settings.Mode.allCases[Int(seed % UInt64(Settings.Mode.allCases.count))]
    }

    /// Runs a seed, and once more with a trace where it fails.
    ///
    /// `hasTargets`: Let rules address channels as well: another history.
    /// `traceMax`: Lines of the trace to keep.
    /// `hasSubscribers`: Let rules address subscribers, likewise.
    /// Returns: nil when every invariant holds.
    static func failure(
        of seed: UInt64,
        hasTargets: Bool,
        hasSubscribers: Bool = false,
        hasWaits: Bool = false,
        traceMax: Int = 80
    ) -> Failure? {
        let mode = mode(of: seed)
        func world(keepsTrace: Bool) -> World {
            World(
                seed: seed,
                mode: mode,
                hasTargets: hasTargets,
                hasSubscribers: hasSubscribers,
                hasWaits: hasWaits,
                keepsTrace: keepsTrace
            )
        }
        if violations(in: world(keepsTrace: false)).isEmpty { return nil }
        let traced = world(keepsTrace: true)
        return Failure(
            seed: seed,
            mode: mode,
            hasTargets: hasTargets,
            hasSubscribers: hasSubscribers,
            hasWaits: hasWaits,
            violations: violations(in: traced),
            trace: traced.trace.suffix(traceMax)
        )
    }

    /// How deliveries ended in the history of a seed, and `released` where one came back that had been handed back.
    ///
    /// `hasTargets`: In a history with targets, and theirs alone.
    static func outcomes(of seed: UInt64, hasTargets: Bool) -> Set<String> {
        let world = World(seed: seed, mode: mode(of: seed), hasTargets: hasTargets, keepsTrace: false)
        _ = violations(in: world)
        let receipts = world.witness.receipts.filter { !hasTargets || $0.fields["target"] != nil }
        let ends = receipts.compactMap { $0.fields["outcome"] }
        return Set(ends).union(world.witness.hasReleases ? ["released"] : [])
    }

    /// How many notifications to subscribers were decided about in the history of a seed, and how many of these were asked for by a
    /// step that was made again.
    static func fanOuts(of seed: UInt64) -> (told: Int, repeated: Int) {
        let world = World(seed: seed, mode: mode(of: seed), hasTargets: false, hasSubscribers: true, keepsTrace: false)
        _ = violations(in: world)
        return (world.witness.subscribersTold, world.witness.stepsRepeated)
    }

    private static func violations(in world: World) -> [String] {
        world.scenario.begin(in: world)
        for _ in 0..<steps {
            world.step()
            if !world.witness.violations.isEmpty { return world.witness.violations }
        }
        world.note("calm")
        guard world.calm() else { return ["it does not come to rest"] + world.witness.violations }
        let violations = world.witness.violations + Invariants.violations(in: world)
        if !violations.isEmpty { return violations }
        // A day later; the second event finds records that the first one's commits set free.
        for _ in 0..<2 {
            world.nowMs += dayMs
            world.scenario.lastEvent(in: world)
            guard world.calm() else { return ["it does not come to rest a day later"] }
        }
        return Invariants.memoryIsBounded(in: world)
    }
}

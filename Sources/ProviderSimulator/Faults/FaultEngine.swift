/// A fault script at work: it counts requests and says what happens to each.
struct FaultEngine {
    /// What a rule can know of a request.
    struct Request {
        /// From 1, over all connections, among the requests that send; 0 for others, which only rules on paths strike.
        var number: Int
        var provider: SimulatedProvider
        var token: String
        var topic: String
        var path = ""
        /// Since the simulator's start.
        var elapsed: Duration
    }

    /// What happens to one request.
    struct Fault: Equatable {
        var effect = FaultEffect.normalAnswer
        /// Before the answer.
        var delay: Duration = .zero
    }

    /// Where one rule stands.
    fileprivate struct Progress {
        var matched = 0
        var random: SplitMix64
    }

    private let rules: [FaultRule]
    private var progress: [Progress]

    init(_ script: FaultScript) {
        rules = script.rules
        progress = script.rules.map { Progress(random: SplitMix64(seed: $0.seed)) }
    }

    /// The first rule that strikes decides; counting goes on only in the rules up to that one.
    mutating func decide(_ request: Request) -> Fault {
        for index in rules.indices where rules[index].selector.covers(request) {
            if progress[index].strikes(rules[index].selector.portion) {
                return Fault(
                    effect: rules[index].effect,
                    delay: progress[index].delay(rules[index].latency)
                )
            }
        }
        return Fault()
    }
}

extension FaultSelector {
    /// Whether all but the portion holds.
    fileprivate func covers(_ request: FaultEngine.Request) -> Bool {
        if let provider, provider != request.provider { return false }
        if let requests, !requests.contains(request.number) { return false }
        if path == nil, request.number == 0 { return false }
        if let path, !path.matches(request.path) { return false }
        if request.elapsed < after { return false }
        if let length, request.elapsed >= after + length { return false }
        if let token, !token.matches(request.token) { return false }
        if let topic, !topic.matches(request.topic) { return false }
        return true
    }
}

extension FaultEngine.Progress {
    fileprivate mutating func strikes(_ portion: FaultSelector.Portion) -> Bool {
        switch portion {
        case .all:
            return true
        case .every(let interval):
            matched += 1
            return matched.isMultiple(of: interval)
        case .share(let share):
            return Double.random(in: 0..<1, using: &random) < share
        }
    }

    fileprivate mutating func delay(_ latency: FaultLatency) -> Duration {
        guard latency.jitter > .zero else { return latency.base }
        return max(.zero, latency.base + latency.jitter * Double.random(in: -1...1, using: &random))
    }
}

/// The generator SplitMix64: the same seed gives the same numbers on every machine.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

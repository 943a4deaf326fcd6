/// The fan-outs of one partition in memory: whose turn it is, what was asked for, and how much of it is under way.
///
/// What must survive is in their records (`FanOutRecord`); this follows from them, and from what was read since.
struct FanOuts: Sendable {
    /// Keys of those in progress, in the order of their turns.
    private(set) var inProgress: [String] = []
    /// The step that was asked for, and when; one at a time.
    private var asked: (key: String, atMs: Int64)?
    /// Notifications that steps asked for and that were not read again, by the origin of their event.
    private var underWay: [UInt64: Int] = [:]
    private(set) var underWayCount = 0
    private var lastStepMs: Int64 = 0
    /// Those that are over, and when to ask for their being forgotten.
    private var over: [String: Int64] = [:]
    private(set) var nextForgetMs: Int64?

    var isIdle: Bool { inProgress.isEmpty && over.isEmpty }
    var hasAsked: Bool { asked != nil }

    // MARK: Turns

    mutating func begin(_ key: String) {
        over[key] = nil
        if !inProgress.contains(key) { inProgress.append(key) }
    }

    /// The fan-out whose turn it is, which then counts as asked for; nil while one is.
    mutating func ask(nowMs: Int64, timeoutMs: Int64) -> String? {
        if let asked, asked.atMs + timeoutMs > nowMs { return nil }
        // It was not read: its turn is not over.
        guard let key = inProgress.first else { return nil }
        asked = (key, nowMs)
        return key
    }

    /// A command to a fan-out was read: the next in line has its turn.
    mutating func wasRead(_ key: String) {
        guard asked?.key == key else { return }
        asked = nil
        guard inProgress.first == key else { return }
        inProgress.removeFirst()
        inProgress.append(key)
    }

    /// It is over. `forgetAtMs`: When its record may say less.
    mutating func end(_ key: String, forgetAtMs: Int64) {
        inProgress.removeAll { $0 == key }
        over[key] = forgetAtMs
        nextForgetMs = over.values.min()
    }

    mutating func remove(_ key: String) {
        inProgress.removeAll { $0 == key }
        over[key] = nil
        nextForgetMs = over.values.min()
    }

    /// Those whose record may say less by now; each is asked for again after a while.
    mutating func toForget(nowMs: Int64, againMs: Int64, max: Int) -> [String] {
        guard let nextForgetMs, nextForgetMs <= nowMs else { return [] }
        let due = over.filter { $0.value <= nowMs }.keys.sorted().prefix(max)
        for key in due { over[key] = nowMs + againMs }
        self.nextForgetMs = over.values.min()
        return Array(due)
    }

    // MARK: Pace

    mutating func produced(_ count: Int, origin: UInt64, nowMs: Int64) {
        underWay[origin, default: 0] += count
        underWayCount += count
        lastStepMs = nowMs
    }

    /// A notification was read: perhaps one of a fan-out.
    mutating func read(origin: UInt64) {
        guard let count = underWay[origin] else { return }
        underWay[origin] = count > 1 ? count - 1 : nil
        underWayCount -= 1
    }

    /// What a step asked for is read soon, or was counted wrongly: another event's record may have stood in the same place.
    mutating func forgetUnderWay(nowMs: Int64, timeoutMs: Int64) {
        guard underWayCount > 0, lastStepMs + timeoutMs <= nowMs else { return }
        underWay.removeAll()
        underWayCount = 0
    }
}

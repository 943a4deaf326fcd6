/// The table that a run shows while it lasts.
struct LiveTable: Sendable {
    /// What the table says at one moment.
    struct Moment: Sendable {
        let numbers: LiveNumbers
        let eventsTotal: Int
        let elapsedSeconds: Double
        /// Since the table before.
        let eventsPerSecond: Double
    }

    private static let barWidth = 24

    let terminal: Terminal
    private var drawn = 0

    init(terminal: Terminal) {
        self.terminal = terminal
    }

    /// How often the table is drawn.
    var interval: Duration { terminal.isInteractive ? .milliseconds(250) : .seconds(2) }

    mutating func show(_ moment: Moment) {
        if terminal.isInteractive {
            drawn = terminal.redraw(lines(moment), over: drawn)
        } else {
            terminal.line(Self.plainLine(moment))
        }
    }

    func lines(_ moment: Moment) -> [String] {
        let numbers = moment.numbers
        let bar = Self.bar(numbers.eventsPlayed, of: moment.eventsTotal, width: Self.barWidth)
        let rate = Int(moment.eventsPerSecond.rounded()).grouped
        var rows: [(String, String, String)] = [
            ("events", numbers.eventsPlayed.grouped, "\(rate)/s"),
            ("  matched", numbers.matched.grouped, ""),
            ("  unmatched", numbers.unmatched.grouped, ""),
            ("  dead letters", numbers.deadLettered.grouped, ""),
            ("notifications", numbers.notifications.grouped, ""),
            ("attempts", numbers.attempts.grouped, "at the provider"),
        ]
        for outcome in Self.outcomes(numbers) {
            rows.append(("  \(outcome.key.name)", outcome.value.grouped, outcome.key.reason))
        }
        rows.append(("under way", numbers.underWay.grouped, ""))
        rows.append(
            ("latency", "\(Self.time(numbers.p50Ms))", "median, event to receipt; p99 \(Self.time(numbers.p99Ms))")
        )
        let head = "\(bar)  \(Self.seconds(moment.elapsedSeconds))"
        return [terminal.styled(head, .bold)]
            + rows.map { name, value, note in
                let number = String(repeating: " ", count: max(0, 10 - value.count)) + value
                let text = TextWidth.padded(name, to: 16) + number
                return note.isEmpty ? text : text + "  " + terminal.styled(note, .dim)
            }
    }

    /// Everything on one line, for logs.
    static func plainLine(_ moment: Moment) -> String {
        let numbers = moment.numbers
        var sums: [String: Int] = [:]
        for (outcome, count) in numbers.outcomes { sums[outcome.name, default: 0] += count }
        let outcomes = sums.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.grouped)" }.joined(separator: ", ")
        return
            "\(seconds(moment.elapsedSeconds))  events \(numbers.eventsPlayed.grouped) of \(moment.eventsTotal.grouped) "
            + "(\(Int(moment.eventsPerSecond.rounded()).grouped)/s), notifications \(numbers.notifications.grouped), "
            + "attempts \(numbers.attempts.grouped)\(outcomes.isEmpty ? "" : ", " + outcomes), "
            + "under way \(numbers.underWay.grouped), p50 \(time(numbers.p50Ms)), p99 \(time(numbers.p99Ms))"
    }

    private static func outcomes(_ numbers: LiveNumbers) -> [(key: LiveNumbers.Outcome, value: Int)] {
        numbers.outcomes.sorted { $0.key < $1.key }
    }

    static func bar(_ count: Int, of total: Int, width: Int) -> String {
        let share = total > 0 ? min(1, Double(count) / Double(total)) : 0
        let full = Int(share * Double(width))
        let percent = "\(Int(share * 100)) %"
        let gap = String(repeating: " ", count: max(0, 5 - percent.count))
        return String(repeating: "█", count: full) + String(repeating: "░", count: width - full) + " " + gap + percent
    }

    private static func seconds(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }

    private static func time(_ milliseconds: Double) -> String {
        milliseconds < 10_000 ? "\(Int(milliseconds.rounded())) ms" : seconds(milliseconds / 1000)
    }
}

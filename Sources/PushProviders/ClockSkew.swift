/// How far this machine's clock is from the servers', by the header `Date` of their answers.
///
/// Tokens carry times: a clock that is wrong by minutes has Google refuse them, one that is wrong by an hour APNs. One server
/// may itself be wrong, so that the middle of the last estimates counts. A machine of values: it is given the time, and keeps
/// no clock.
///
/// Source: RFC 9110 section 6.6.1 (`Date`); RFC 7523 section 3 and Apple's "Establishing a token-based connection to APNs", whose
/// limits are minutes and an hour.
package struct ClockSkew: Sendable {
    /// From here on a person should look, in milliseconds: well before anything is refused.
    package static let warningMs: Int64 = 30_000
    private static let samplesMin = 3
    private static let samplesMax = 9

    private var samples: [Int64] = []
    private var next = 0

    package init() {}

    /// How far our clock is ahead (behind: negative), in milliseconds, at least; nil while few answers said so.
    package var aheadMs: Int64? {
        samples.count < Self.samplesMin ? nil : samples.sorted()[samples.count / 2]
    }

    /// Whether that is far enough to be told.
    package var isWrong: Bool { aheadMs.map { abs($0) >= Self.warningMs } ?? false }

    /// Takes note of an answer.
    ///
    /// The server wrote the date, in whole seconds, after the request was sent and before its answer came: what can be
    /// explained so is no skew.
    ///
    /// - Parameters:
    ///   - date: the header `Date`; what is none is ignored.
    ///   - sentMs: when the request was sent, by our clock, in milliseconds since the Unix epoch.
    ///   - nowMs: when the answer came.
    package mutating func note(date: String, sentMs: Int64, nowMs: Int64) {
        guard let dateMs = HTTPDate.milliseconds(of: date, nowMs: nowMs), sentMs <= nowMs else { return }
        let least = sentMs - dateMs - 999
        let most = nowMs - dateMs
        let ahead = least > 0 ? least : most < 0 ? most : 0
        if samples.count < Self.samplesMax {
            samples.append(ahead)
        } else {
            samples[next] = ahead
        }
        next = (next + 1) % Self.samplesMax
    }
}

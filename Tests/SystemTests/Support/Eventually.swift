import Foundation

/// What did not come about in time.
struct TimedOut: Error, CustomStringConvertible {
    let description: String
}

/// Asks again and again until there is an answer.
///
/// - Parameters:
///   - what: completes the sentence "waited for …".
///   - limit: how long to ask.
///   - answer: nil: not yet.
/// - Returns: the answer.
/// - Throws: ``TimedOut``, and what `answer` throws.
func eventually<Answer>(
    _ what: @autoclosure () -> String,
    within limit: Duration = .seconds(60),
    _ answer: () throws -> Answer?
) async throws -> Answer {
    let deadline = ContinuousClock.now + limit
    while true {
        if let answer = try answer() { return answer }
        guard ContinuousClock.now < deadline else { throw TimedOut(description: "waited \(limit) for \(what())") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// As above, for a condition.
func eventually(
    _ what: @autoclosure () -> String,
    within limit: Duration = .seconds(60),
    holds condition: () throws -> Bool
) async throws {
    _ = try await eventually(what(), within: limit) { try condition() ? true : nil }
}

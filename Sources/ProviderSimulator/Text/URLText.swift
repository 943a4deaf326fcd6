internal import Foundation

/// Parts of a URL as text.
enum URLText {
    /// Resolves `%41`; text that is no percent-encoding stays.
    static func decode(_ text: some StringProtocol) -> String {
        text.removingPercentEncoding ?? String(text)
    }

    /// Resolves `%41` and `+`, as in a form.
    static func decodeForm(_ text: some StringProtocol) -> String {
        decode(String(text).replacing("+", with: " "))
    }

    /// The path's segments, decoded, and the query's parameters, of which the last with a name counts.
    static func parts(of target: String) -> (path: [String], query: [String: String]) {
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = halves[0].split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { decode($0) }
        var query: [String: String] = [:]
        for pair in (halves.count > 1 ? halves[1] : "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[decodeForm(parts[0])] = parts.count > 1 ? decodeForm(parts[1]) : ""
        }
        return (path, query)
    }
}

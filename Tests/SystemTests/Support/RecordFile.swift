import Foundation

/// A request as the provider simulator received it.
struct RecordedRequest {
    let value: JSONValue

    var token: String { value["token"]?.text ?? "" }
    var status: Int { value["status"]?.integer ?? 0 }
    var payload: JSONValue { value["payload"] ?? .null }
    var apnsID: String { header("apns-id") ?? "" }

    func header(_ name: String) -> String? { value["headers"]?[name]?.text }
}

/// The simulator's record: one line for each request, also across its restarts.
final class RecordFile {
    private let file: URL
    private var position: UInt64 = 0
    private var rest = Data()
    private(set) var requests: [RecordedRequest] = []

    init(_ file: URL) {
        self.file = file
    }

    func refresh() throws {
        guard let handle = try? FileHandle(forReadingFrom: file) else { return }
        defer { try? handle.close() }
        try handle.seek(toOffset: position)
        let data = try handle.readToEnd() ?? Data()
        position += UInt64(data.count)
        rest += data
        var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        rest = Data(lines.removeLast())
        for line in lines where !line.isEmpty {
            // A simulator that was killed may leave half a line, which the next one's first line then follows.
            let whole =
                line.range(of: Data(#"{"at":"#.utf8), options: .backwards).map { line[$0.lowerBound...] } ?? line
            requests.append(RecordedRequest(value: try JSONValue(parsing: whole)))
        }
    }

    /// Waits until there are so many requests.
    @discardableResult
    func requests(atLeast count: Int, within limit: Duration = .seconds(60)) async throws -> [RecordedRequest] {
        try await eventually("\(count) requests, there are \(requests.count)", within: limit) {
            try refresh()
            return requests.count >= count ? requests : nil
        }
    }

    /// Requests by `apns-id` that were accepted more than once.
    var acceptedTwice: [String: [RecordedRequest]] {
        Dictionary(grouping: requests.filter { $0.status == 200 }, by: \.apnsID).filter { $0.value.count > 1 }
    }
}

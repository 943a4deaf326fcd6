import PushCore

/// What is asked of the admin server, as far as it matters.
struct AdminQuestion: Sendable {
    var method: String
    /// Without the query.
    var path: String
    /// Without the question mark; empty where there is none.
    var query: String
    /// The header `accept`; nil where there is none.
    var accept: String?

    init(method: String = "GET", path: String, query: String = "", accept: String? = nil) {
        self.method = method
        self.path = path
        self.query = query
        self.accept = accept
    }

    fileprivate var wantsJSON: Bool {
        if query.split(separator: "&").contains("format=json") { return true }
        return accept.map { $0.split(separator: ",").contains(where: Self.isJSON) } ?? false
    }

    /// Whether an element of `accept` (RFC 9110 section 12.5.1) is JSON, such as `application/json;q=0.9`.
    ///
    /// Weights are not compared: who names JSON gets it, unless with a weight of zero.
    private static func isJSON(_ range: Substring) -> Bool {
        let parts = range.lowercased().split(separator: ";").map { $0.filter { !$0.isWhitespace } }
        guard parts.first == "application/json" else { return false }
        return !parts.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
    }
}

/// What the admin server answers.
struct AdminAnswer: Hashable, Sendable {
    var status: Int
    var contentType: String
    var body: String
    /// The header `allow`; nil where the method is right.
    var allow: String?

    private static let textType = "text/plain; charset=utf-8"

    /// Decides the answer.
    init(to question: AdminQuestion, state: AdminState) {
        guard let endpoint = Endpoint(rawValue: question.path) else {
            let known = Endpoint.allCases.map(\.rawValue).joined(separator: ", ")
            self.init(status: 404, contentType: Self.textType, body: "not found; there are \(known)\n")
            return
        }
        guard question.method == "GET" || question.method == "HEAD" else {
            self.init(
                status: 405,
                contentType: Self.textType,
                body: "only GET and HEAD are allowed\n",
                allow: "GET, HEAD"
            )
            return
        }
        switch endpoint {
        case .health:
            let failures = state.failures()
            let word = failures.isEmpty ? "ok" : "failed"
            self = Self.report(word, reasons: failures, asJSON: question.wantsJSON)
        case .readiness:
            let reasons = state.failures() + state.notReady()
            let word = reasons.isEmpty ? "ready" : "not_ready"
            self = Self.report(
                word,
                reasons: reasons,
                notes: state.notes(),
                rules: state.rules(),
                asJSON: question.wantsJSON
            )
        case .metrics:
            self.init(status: 200, contentType: MetricsText.contentType, body: state.metrics())
        }
    }

    private enum Endpoint: String, CaseIterable {
        case health = "/healthz"
        case readiness = "/readyz"
        case metrics = "/metrics"
    }

    private init(status: Int, contentType: String, body: String, allow: String? = nil) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.allow = allow
    }

    /// 200 with the word where nothing speaks against it; otherwise 503 with one line for each reason. The rules follow, and the notes.
    private static func report(
        _ word: String,
        reasons: [String],
        notes: [String] = [],
        rules: AdminState.Rules? = nil,
        asJSON: Bool
    ) -> AdminAnswer {
        let status = reasons.isEmpty ? 200 : 503
        if asJSON {
            return AdminAnswer(status: status, contentType: "application/json", body: json(word, reasons, notes, rules))
        }
        let lines =
            (reasons.isEmpty ? [word] : reasons.map(LogText.singleLine))
            + (rules.map { ["rules: \($0.count), version \($0.version)"] } ?? [])
            + notes.map { "note: \(LogText.singleLine($0))" }
        return AdminAnswer(status: status, contentType: textType, body: lines.joined(separator: "\n") + "\n")
    }

    private static func json(
        _ word: String,
        _ reasons: [String],
        _ notes: [String],
        _ rules: AdminState.Rules?
    ) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("status")
        writer.string(word)
        writer.key("reasons")
        writer.beginArray()
        for reason in reasons { writer.string(reason) }
        writer.endArray()
        if !notes.isEmpty {
            writer.key("notes")
            writer.beginArray()
            for note in notes { writer.string(note) }
            writer.endArray()
        }
        if let rules {
            writer.key("rules")
            writer.beginObject()
            writer.member("count", Int64(rules.count))
            writer.member("version", rules.version)
            writer.endObject()
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }
}

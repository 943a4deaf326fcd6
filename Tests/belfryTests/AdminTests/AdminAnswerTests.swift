import PushCore
import PushPipeline
import Testing

@testable import belfry

@Suite struct AdminAnswerTests {
    private static let well = AdminState(failures: { [] }, notReady: { [] }, metrics: { "m 1\n" })
    private static let starting = AdminState(
        failures: { [] },
        notReady: { ["stage rules has no assignment yet", "stage users has no assignment yet"] },
        metrics: { "m 1\n" }
    )
    private static let failed = AdminState(
        failures: { ["stage users failed: kafka: gone\nreally"] },
        notReady: { ["stage rules has no assignment yet"] },
        metrics: { "m 1\n" }
    )

    private static let noted = AdminState(
        failures: { [] },
        notReady: { [] },
        notes: { ["apns shop: the former\ncredential is used"] },
        metrics: { "m 1\n" }
    )

    private static let ruled = AdminState(
        failures: { [] },
        notReady: { [] },
        notes: { ["rules: the former ones are used"] },
        rules: { .init(version: "5d0c1a7e93f2", count: 12) },
        metrics: { "m 1\n" }
    )

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let state: AdminState
        let question: AdminQuestion
        let status: Int
        let body: String

        var testDescription: String { name }
    }

    @Test(
        "Each endpoint answers its state",
        arguments: [
            Case(name: "healthy", state: well, question: .init(path: "/healthz"), status: 200, body: "ok\n"),
            Case(
                name: "starting is healthy",
                state: starting,
                question: .init(path: "/healthz"),
                status: 200,
                body: "ok\n"
            ),
            Case(
                name: "failed",
                state: failed,
                question: .init(path: "/healthz"),
                status: 503,
                body: "stage users failed: kafka: gone\\nreally\n"
            ),
            Case(
                name: "which rules decide",
                state: ruled,
                question: .init(path: "/readyz"),
                status: 200,
                body: "ready\nrules: 12, version 5d0c1a7e93f2\nnote: rules: the former ones are used\n"
            ),
            Case(
                name: "which rules decide, for scripts",
                state: ruled,
                question: .init(path: "/readyz", query: "format=json"),
                status: 200,
                body: #"{"status":"ready","reasons":[],"notes":["rules: the former ones are used"],"#
                    + #""rules":{"count":12,"version":"5d0c1a7e93f2"}}"# + "\n"
            ),
            Case(
                name: "rules are no health",
                state: ruled,
                question: .init(path: "/healthz"),
                status: 200,
                body: "ok\n"
            ),
            Case(name: "ready", state: well, question: .init(path: "/readyz"), status: 200, body: "ready\n"),
            Case(
                name: "starting",
                state: starting,
                question: .init(path: "/readyz"),
                status: 503,
                body: "stage rules has no assignment yet\nstage users has no assignment yet\n"
            ),
            Case(
                name: "failed is not ready",
                state: failed,
                question: .init(path: "/readyz"),
                status: 503,
                body: "stage users failed: kafka: gone\\nreally\nstage rules has no assignment yet\n"
            ),
            Case(
                name: "as JSON",
                state: failed,
                question: .init(path: "/readyz", query: "format=json"),
                status: 503,
                body: #"{"status":"not_ready","reasons":["stage users failed: kafka: gone\nreally","#
                    + #""stage rules has no assignment yet"]}"# + "\n"
            ),
            Case(
                name: "ready as JSON",
                state: well,
                question: .init(path: "/readyz", query: "a=b&format=json"),
                status: 200,
                body: #"{"status":"ready","reasons":[]}"# + "\n"
            ),
            Case(
                name: "healthy as JSON",
                state: well,
                question: .init(path: "/healthz", accept: "application/json"),
                status: 200,
                body: #"{"status":"ok","reasons":[]}"# + "\n"
            ),
            Case(
                name: "notes do not stand against readiness",
                state: noted,
                question: .init(path: "/readyz"),
                status: 200,
                body: "ready\nnote: apns shop: the former\\ncredential is used\n"
            ),
            Case(
                name: "notes as JSON",
                state: noted,
                question: .init(path: "/readyz", query: "format=json"),
                status: 200,
                body: #"{"status":"ready","reasons":[],"notes":["apns shop: the former\ncredential is used"]}"# + "\n"
            ),
            Case(
                name: "notes are not about health",
                state: noted,
                question: .init(path: "/healthz"),
                status: 200,
                body: "ok\n"
            ),
            Case(name: "metrics", state: failed, question: .init(path: "/metrics"), status: 200, body: "m 1\n"),
            Case(
                name: "unknown",
                state: well,
                question: .init(path: "/"),
                status: 404,
                body: "not found; there are /healthz, /readyz, /metrics\n"
            ),
            Case(
                name: "one path is one spelling",
                state: well,
                question: .init(path: "/metrics/"),
                status: 404,
                body: "not found; there are /healthz, /readyz, /metrics\n"
            ),
            Case(
                name: "only for reading",
                state: well,
                question: .init(method: "POST", path: "/metrics"),
                status: 405,
                body: "only GET and HEAD are allowed\n"
            ),
        ]
    )
    func answers(of item: Case) {
        let answer = AdminAnswer(to: item.question, state: item.state)
        #expect(answer.status == item.status)
        #expect(answer.body == item.body)
        #expect(answer.allow == (item.status == 405 ? "GET, HEAD" : nil))
    }

    @Test(
        "JSON is for those who ask for it",
        arguments: [
            (nil, "", false), ("*/*", "", false), ("text/html,application/xhtml+xml", "", false),
            ("application/json", "", true), ("text/plain;q=0.5, Application/JSON ; q=0.9", "", true),
            ("application/json;q=0", "", false), ("application/json; q=0.0", "", false),
            ("application/jsonl", "", false),
            (nil, "format=json", true), (nil, "format=text", false), (nil, "xformat=json", false),
        ] as [(String?, String, Bool)]
    )
    func negotiation(accept: String?, query: String, isJSON: Bool) {
        let answer = AdminAnswer(to: .init(path: "/readyz", query: query, accept: accept), state: Self.well)
        #expect(answer.contentType == (isJSON ? "application/json" : "text/plain; charset=utf-8"))
    }

    @Test("Metrics have the content type of the text format, whatever is accepted")
    func metricsType() {
        let answer = AdminAnswer(to: .init(path: "/metrics", accept: "application/json"), state: Self.well)
        #expect(answer.contentType == "text/plain; version=0.0.4; charset=utf-8")
    }

    @Test("Stages without an assignment are named, and nothing has failed before anything ran")
    func stagesAtStart() {
        let state = AdminState.of(
            [StageStatus(name: "users"), StageStatus(name: "rules")],
            ProviderStanding(),
            Metrics(),
            version: "1"
        )
        #expect(state.failures().isEmpty)
        #expect(state.notReady() == ["stage users has no assignment yet", "stage rules has no assignment yet"])
        #expect(state.metrics().contains(#"belfry_assigned_partitions{stage="users"} 0"#))
    }
}

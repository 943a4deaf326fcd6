import HTTP2
import PushCore
import PushPipeline
import PushProviders
import Yardstick

/// The sending of the dispatch stage, on one thread, beside the least that a client on the same libraries can be.
///
/// Three send the same requests to the same server in turn, each over one connection: a plain loop on nghttp2, Belfry's HTTP/2
/// client with requests ready made, and what the dispatch stage sends with, from deliveries.
struct DispatchBench {
    /// A server on this machine that answers 200 to everything.
    struct Server {
        /// The name, or address, that its certificate carries.
        let host: String
        let port: UInt16
        let caFile: String
        /// nil where it is somebody else's.
        var processID: Int32?
    }

    private static let warmUpMax = 20_000

    let server: Server
    /// Of each round and each of the three.
    let requests: Int
    let rounds: Int
    let inFlight: Int

    /// One of the three: how many of so many requests were answered with 200.
    private struct Contestant {
        let key: String
        let label: String
        let play: (Int) throws -> Int
        var costs: [BenchClock.Cost] = []
        var accepted = 0

        /// Of the rounds, as they have an odd number or the upper of the two in the middle.
        func median(_ figure: (BenchClock.Cost) -> Double) -> Double {
            costs.map(figure).sorted()[costs.count / 2]
        }
    }

    /// Measures the three in turn, and reports medians.
    ///
    /// - Throws: where the server does not speak HTTP/2, ends a connection, or is silent.
    func run() throws -> BenchReport {
        let scenario = try DispatchScenario(.init(host: server.host, port: server.port))
        let sending = try sending(scenario)
        defer { sending.close() }
        let client = try Client(server, scenario, inFlight: inFlight)
        defer { client.close() }
        var contestants = [
            try plain(scenario),
            Contestant(key: "transport", label: "HTTP/2 client alone") { client.play($0) },
            Contestant(key: "dispatch", label: "with requests built and answers judged") {
                try accepted(of: sending.play($0, of: scenario.deliveries, wallMs: { BenchClock.wallMs }))
            },
        ]
        // Connections, header tables, and how much the server may be given, are no part of the figures.
        for contestant in contestants { _ = try contestant.play(min(requests, Self.warmUpMax)) }
        let usage = server.processID.flatMap { ProcessUsage(of: $0) }
        let all = try BenchClock.measure {
            for _ in 0..<rounds {
                for index in contestants.indices {
                    try Task.checkCancellation()
                    let cost = try BenchClock.measure {
                        contestants[index].accepted += try contestants[index].play(requests)
                    }
                    contestants[index].costs.append(cost)
                }
            }
        }
        var report = report(contestants, scenario)
        if let usage, let processID = server.processID, let after = ProcessUsage(of: processID) {
            let sink = Double(after.cpuNanoseconds - usage.cpuNanoseconds)
            let count = Double(3 * rounds * requests)
            report.add("sink_cpu_microseconds", "the sink's own CPU", sink / 1000 / count, "µs per push", decimals: 2)
            let share = 100 * sink / Double(all.wallNanoseconds)
            report.add("sink_busy_percent", "the sink's share of a core", share, "%")
        }
        return report
    }

    // MARK: The three

    private func plain(_ scenario: DispatchScenario) throws -> Contestant {
        let client = try PlainClient(
            port: server.port,
            caFile: server.caFile,
            serverName: server.host,
            requests: PlainRequests(scenario.plain)
        )
        return Contestant(key: "plain", label: "plain nghttp2 loop") { [inFlight] in
            try client.play($0, inFlightMax: inFlight)
        }
    }

    private func sending(_ scenario: DispatchScenario) throws -> APNsSending {
        let transport = TransportConfiguration(inFlightMax: inFlight, caFile: server.caFile)
        return try APNsSending(app: scenario.app, transport: transport)
    }

    private func accepted(of ends: APNsSending.Ends) throws -> Int {
        // None at all is no measurement.
        if ends.accepted == 0, let end = ends.firstOther {
            throw ChildProcess.Failure(description: "nothing sent: \(end)")
        }
        return ends.accepted
    }

    /// Belfry's client with requests that are ready made.
    private struct Client {
        private static let timeout = Duration.seconds(10)

        private let loop: EventLoop
        private let client: HTTP2Client
        private let requests: [HTTP2Request]

        init(_ server: Server, _ scenario: DispatchScenario, inFlight: Int) throws {
            loop = try EventLoop()
            var configuration = HTTP2Configuration()
            configuration.requestsMax = inFlight
            let tls = HTTP2Endpoint.TLS(caFile: server.caFile)
            let endpoint = HTTP2Endpoint(host: server.host, port: server.port, tls: tls)
            client = try HTTP2Client(endpoint, configuration, loop: loop)
            requests = scenario.http2
        }

        /// Keeps as many requests in flight as the client takes, until each has ended.
        func play(_ count: Int) -> Int {
            var submitted = 0
            var ended = 0
            var accepted = 0
            while ended < count {
                while submitted < count, client.capacity > 0 {
                    var request = requests[submitted % requests.count]
                    request.deadline = loop.now + Self.timeout
                    client.submit(request, id: UInt64(submitted))
                    submitted += 1
                }
                loop.turn(timeout: .seconds(1))
                for (_, outcome) in client.takeCompletions() {
                    ended += 1
                    if case .response(let response) = outcome, response.status == 200 { accepted += 1 }
                }
            }
            return accepted
        }

        func close() { client.close() }
    }

    // MARK: Report

    private func report(_ contestants: [Contestant], _ scenario: DispatchScenario) -> BenchReport {
        var report = BenchReport("dispatch's sending, one thread")
        report.add("requests", "pushes of each, in each round", requests)
        report.add("rounds", "rounds; figures are medians", rounds)
        report.add("in_flight_max", "in flight at most", inFlight)
        report.add("body_bytes", "body", scenario.bodyOctets, "bytes")
        let plain = contestants[0]
        for contestant in contestants {
            let key = contestant.key
            let missing = rounds * requests - contestant.accepted
            report.add("\(key)_pushes_per_second", contestant.label, contestant.median { $0.perSecond(requests) }, "/s")
            report.add(
                "\(key)_pushes_per_cpu_second",
                "  on a whole core",
                contestant.median { $0.perSecondOfCPU(requests) },
                "/s"
            )
            let cost = contestant.median { $0.microseconds(each: requests) }
            report.add("\(key)_cpu_microseconds", "  CPU", cost, "µs per push", decimals: 2)
            if key != plain.key {
                let ratio = cost / plain.median { $0.microseconds(each: requests) }
                report.add("\(key)_to_plain", "  CPU beside the plain loop", ratio, "times", decimals: 2)
            }
            if missing > 0 { report.add("\(key)_not_accepted", "  not accepted", missing) }
        }
        return report
    }
}

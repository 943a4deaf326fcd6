import Foundation
import HTTP2

/// The HTTP/2 client alone, on one thread, against a server that takes everything.
struct HTTP2Bench {
    let port: UInt16
    let caFile: String
    let requests: Int
    let inFlight: Int

    /// Answers counted by kind; only `responses` is what the measurement is about.
    private struct Tally {
        var responses = 0
        var notProcessed = 0
        var unknown = 0

        var count: Int { responses + notProcessed + unknown }
    }

    func run() throws -> BenchReport {
        let loop = try EventLoop()
        var configuration = HTTP2Configuration()
        configuration.requestsMax = inFlight
        let endpoint = HTTP2Endpoint(host: "127.0.0.1", port: port, tls: .init(caFile: caFile, serverName: "localhost"))
        let client = try HTTP2Client(endpoint, configuration, loop: loop)
        defer { client.close() }
        // Connection and header tables are no part of the figure.
        _ = play(min(requests, 1000), client, loop, endpoint)
        var tally = Tally()
        let cost = BenchClock.measure { tally = play(requests, client, loop, endpoint) }
        var report = BenchReport("HTTP/2 client, one thread")
        report.add("requests", "requests", requests)
        report.add("in_flight_max", "in flight at most", inFlight)
        report.add("responses", "answered", tally.responses)
        report.add("not_processed", "not processed", tally.notProcessed)
        report.add("unknown", "without answer", tally.unknown)
        report.add("requests_per_second", "requests", cost.perSecond(requests), "/s")
        report.add("requests_per_cpu_second", "requests on a whole core", cost.perSecondOfCPU(requests), "/s")
        report.add(
            "cpu_microseconds_per_request",
            "CPU",
            cost.microseconds(each: requests),
            "µs per request",
            decimals: 2
        )
        return report
    }

    /// Keeps as many requests in flight as the client takes, until each has ended.
    private func play(_ count: Int, _ client: HTTP2Client, _ loop: EventLoop, _ endpoint: HTTP2Endpoint) -> Tally {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 300)
        var shared = HTTP2Fields(reservingBytes: 512)
        shared.append("authorization", "bearer " + String(repeating: "J", count: 220), .notIndexed)
        shared.append("apns-topic", BenchScenario.app)
        shared.append("apns-push-type", "alert")
        var tally = Tally()
        var submitted = 0
        while tally.count < count {
            while submitted < count, client.capacity > 0 {
                var request = HTTP2Request(
                    authority: endpoint.authority,
                    path: "/3/device/" + BenchScenario.token(submitted),
                    sharedFields: shared,
                    body: body,
                    deadline: loop.now + .seconds(30)
                )
                request.fields.append("apns-id", Self.identifier(submitted), .notIndexed)
                client.submit(request, id: UInt64(submitted))
                submitted += 1
            }
            loop.turn(timeout: .seconds(1))
            for (_, outcome) in client.takeCompletions() {
                switch outcome {
                case .response: tally.responses += 1
                case .notProcessed: tally.notProcessed += 1
                case .unknown: tally.unknown += 1
                }
            }
        }
        return tally
    }

    /// The form of a UUID, different for each number.
    private static func identifier(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.utf8.count) + digits
    }
}

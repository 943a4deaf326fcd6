import Foundation
import Testing

extension SystemTests {
    @Suite("Benchmarks", .serialized)
    struct Benchmarks {
        @Test("the sending is measured beside the plain loop, and the sink ends with it", .timeLimit(.minutes(5)))
        func dispatch() async throws {
            let arguments = ["dispatch", "--requests", "300", "--rounds", "1", "--in-flight", "50"]
            let figures = try await Self.run(arguments)
            for contestant in ["plain", "transport", "dispatch"] {
                #expect(try #require(figures["\(contestant)_pushes_per_second"]) > 0)
                #expect(try #require(figures["\(contestant)_cpu_microseconds"]) > 0)
                #expect(figures["\(contestant)_not_accepted"] == nil)
            }
            #expect(try #require(figures["dispatch_to_plain"]) > 0)
            #expect(figures["requests"] == 300 && figures["rounds"] == 1 && figures["in_flight_max"] == 50)
        }

        @Test("encryption is measured beside OpenSSL's calls", .timeLimit(.minutes(5)))
        func encryption() async throws {
            let figures = try await Self.run(["encryption", "--messages", "50", "--rounds", "1", "--bytes", "1"])
            #expect(try #require(figures["plain_cpu_microseconds"]) > 0)
            #expect(try #require(figures["cpu_microseconds"]) > 0)
        }

        @Test(
            "the pipeline is measured with each provider, and all is accepted",
            .timeLimit(.minutes(5)),
            arguments: [
                ["--provider", "apns", "--sink"], ["--provider", "fcm"], ["--provider", "webpush"],
                ["--provider", "webpush", "--sink"],
            ]
        )
        func pipeline(options: [String]) async throws {
            let size = ["--events", "60", "--warm-up", "10", "--devices", "5", "--partitions", "2"]
            let figures = try await Self.run(size + options)
            #expect(figures["events"] == 60 && figures["not_accepted"] == 0)
            #expect(try #require(figures["cpu_microseconds"]) > 0)
            #expect(try #require(figures["cpu_microseconds_dispatch"]) > 0)
        }

        @Test("a benchmark that is killed leaves no sink behind", .timeLimit(.minutes(5)))
        func killed() async throws {
            let folder = FileManager.default.temporaryDirectory
                .appendingPathComponent("belfry-benchmark-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let arguments = ["bench", "dispatch", "--requests", "1000000"]
            let process = try BelfryProcess("bench", arguments, in: folder, environment: ["TMPDIR": folder.path])
            defer { process.end() }
            let id = process.id
            try await eventually("a sink", holds: { try !Self.children(of: id).isEmpty })
            process.end()
            try await eventually("the end of the sink", holds: { try Self.children(of: id).isEmpty })
        }

        /// Runs a benchmark, and gives its figures; nothing of it is left behind.
        private static func run(_ arguments: [String]) async throws -> [String: Double] {
            let folder = FileManager.default.temporaryDirectory
                .appendingPathComponent("belfry-benchmark-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            // Where the run makes its own folder.
            let environment = ["TMPDIR": folder.path]
            let all = ["bench"] + arguments + ["--json"]
            let process = try BelfryProcess("bench", all, in: folder, environment: environment)
            defer { process.end() }
            let ending = try await process.ended(within: .seconds(120))
            #expect(ending == .exited(0), "\(process.output)\(process.errors)")
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.sorted() == ["bench.err", "bench.out"])
            #expect(try children(of: process.id).isEmpty)
            let object = try JSONSerialization.jsonObject(with: Data(process.output.utf8)) as? [String: Any]
            return try #require(object).compactMapValues { ($0 as? NSNumber)?.doubleValue }
        }

        /// Sinks that say on their command line that they belong to a process.
        private static func children(of process: Int32) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
                guard Int32(name) != nil,
                    let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
                else { return false }
                let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                return words.suffix(2) == ["--parent", "\(process)"]
            }
        }
    }
}

import PushPipeline
import Testing

@testable import belfry

@Suite struct MetricsTextTests {
    @Test("Families come in the order of their names, samples in the order of their labels, each with help and type")
    func golden() {
        let families = [
            MetricFamily(
                name: "b_total",
                kind: .counter,
                help: "What \"b\" counts.",
                samples: [
                    .init(["stage": "users"], .number(2)),
                    .init(["stage": "rules", "end": ""], .number(1.5)),
                ]
            ),
            MetricFamily(name: "a", kind: .gauge, help: "One\nline with a \\.", samples: [.init([:], .number(-3))]),
            MetricFamily(name: "nothing_known", kind: .gauge, help: "Left out.", samples: []),
        ]
        #expect(
            MetricsText.render(families) == #"""
                # HELP a One\nline with a \\.
                # TYPE a gauge
                a -3
                # HELP b_total What "b" counts.
                # TYPE b_total counter
                b_total{stage="rules",end=""} 1.5
                b_total{stage="users"} 2

                """#
        )
        #expect(MetricsText.render([]).isEmpty)
    }

    @Test(
        "In a label value the quotation mark, the backslash and the line feed are escaped, and nothing else",
        arguments: [
            (#"a"b"#, #"a\"b"#), (#"a\b"#, #"a\\b"#), ("a\nb", #"a\nb"#), ("a\r\nb", "a\r\\nb"), ("", ""),
            ("ünï ✓ {}=,", "ünï ✓ {}=,"), (#"\n"#, #"\\n"#),
        ]
    )
    func labelEscaping(value: String, written: String) {
        let family = MetricFamily(name: "m", kind: .gauge, help: "h", samples: [.init(["l": value], .number(1))])
        let text = MetricsText.render([family])
        #expect(Array(text.utf8) == Array("# HELP m h\n# TYPE m gauge\nm{l=\"\(written)\"} 1\n".utf8))
    }

    @Test(
        "Whole numbers have no fraction, and special values have Prometheus' words",
        arguments: [
            (0, "0"), (-0.0, "0"), (1, "1"), (-12, "-12"), (9_007_199_254_740_992, "9007199254740992"), (0.1, "0.1"),
            (1e300, "1e+300"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        ] as [(Double, String)]
    )
    func numbers(value: Double, written: String) {
        #expect(MetricsText.number(value) == written)
    }

    @Test("A histogram is told in seconds, with a bucket to each doubling")
    func histogram() throws {
        var histogram = Histogram()
        // On a bound, between two that are shown, and beyond the last.
        for milliseconds in [0.1, 0.15, 3, 2_000_000] { histogram.record(milliseconds) }
        let lines = render(histogram)
        #expect(lines[0] == "# HELP t_seconds h")
        #expect(lines[1] == "# TYPE t_seconds histogram")
        #expect(lines[2] == #"t_seconds_bucket{p="a",le="0.0001"} 1"#)
        #expect(lines[3] == #"t_seconds_bucket{p="a",le="0.0002"} 2"#)
        #expect(lines[6] == #"t_seconds_bucket{p="a",le="0.0016"} 2"#)
        #expect(lines[7] == #"t_seconds_bucket{p="a",le="0.0032"} 3"#)
        #expect(lines[25] == #"t_seconds_bucket{p="a",le="838.8608"} 3"#)
        #expect(lines[26] == #"t_seconds_bucket{p="a",le="+Inf"} 4"#)
        #expect(lines[27] == #"t_seconds_sum{p="a"} 2000.00325"#)
        #expect(lines[28] == #"t_seconds_count{p="a"} 4"#)
        #expect(lines.count == 29)
    }

    @Test(
        "Buckets rise up to the count, and each holds exactly the values up to its bound",
        arguments: 0..<20 as Range<UInt64>
    )
    func cumulative(seed: UInt64) throws {
        var random = AdminSeededGenerator(seed: seed)
        var histogram = Histogram()
        var values: [Double] = []
        for _ in 0..<Int.random(in: 1...400, using: &random) {
            // Spread over all orders of magnitude, and beyond both ends.
            var value = Double.random(in: 0.01...0.02, using: &random)
            for _ in 0..<Int.random(in: 0...28, using: &random) { value *= 2 }
            values.append(value)
            histogram.record(value)
        }
        var last = 0
        for line in render(histogram) where line.hasPrefix("t_seconds_bucket") {
            let parts = line.split(separator: "\"")
            let count = try #require(parts.last.flatMap { Int($0.dropFirst(2)) }, "seed \(seed)")
            #expect(count >= last, "seed \(seed)")
            last = count
            guard let bound = Double(parts[3]) else { continue }
            if bound.isInfinite { continue }
            // Half a nanosecond is what the bound was rounded by.
            let least = values.count { $0 / 1000 <= bound - 1e-9 }
            let most = values.count { $0 / 1000 <= bound + 1e-9 }
            #expect((least...most).contains(count), "seed \(seed), le \(bound)")
        }
        #expect(last == values.count, "seed \(seed)")
    }

    private func render(_ histogram: Histogram) -> [Substring] {
        let sample = MetricFamily.Sample(["p": "a"], .distribution(histogram))
        return MetricsText.render([MetricFamily(name: "t_seconds", kind: .histogram, help: "h", samples: [sample])])
            .split(separator: "\n")
    }
}

/// SplitMix64: the same numbers for the same seed.
struct AdminSeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

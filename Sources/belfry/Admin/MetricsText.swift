import PushPipeline

/// A metric with all its series, ready to be written.
struct MetricFamily: Sendable {
    /// What `# TYPE` says.
    enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
    }

    enum Value: Sendable {
        case number(Double)
        case distribution(Histogram)
    }

    struct Sample: Sendable {
        /// Names as Prometheus allows, values of any text.
        let labels: [(name: String, value: String)]
        let value: Value

        init(_ labels: KeyValuePairs<String, String>, _ value: Value) {
            self.labels = labels.map { ($0.key, $0.value) }
            self.value = value
        }

        init(_ series: Series, _ value: Value) {
            self.labels = series.labels.map { ($0.name, $0.value) }
            self.value = value
        }
    }

    /// Letters, digits and `_`, as Prometheus allows.
    let name: String
    let kind: Kind
    let help: String
    /// Each with labels of its own; in any order.
    let samples: [Sample]
}

/// Prometheus' text exposition format, version 0.0.4.
///
/// Source: prometheus.io, "Exposition formats", "Text-based format".
enum MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Every fourth bound of a ``Histogram`` is shown: one to each doubling, from 0.1 ms to 14 minutes.
    ///
    /// Buckets are cumulative, so leaving some out costs resolution and nothing else.
    private static let boundStride = 4

    /// Writes families in the order of their names, and the samples of each in the order of their labels.
    ///
    /// A family without samples is left out: nothing is known of it.
    ///
    /// - Parameter families: Each name once.
    /// - Returns: The text; it ends with a line feed where there is any.
    static func render(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families.sorted(by: { $0.name < $1.name }) where !family.samples.isEmpty {
            text += "# HELP \(family.name) \(escaped(family.help, isQuoted: false))\n"
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            let samples = family.samples.map { (labels: written($0.labels), value: $0.value) }
            for sample in samples.sorted(by: { $0.labels < $1.labels }) {
                switch sample.value {
                case .number(let number): text += line(family.name, sample.labels, number)
                case .distribution(let histogram): text += lines(family.name, sample.labels, histogram)
                }
            }
        }
        return text
    }

    private static func line(_ name: String, _ labels: String, _ value: Double) -> String {
        "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(number(value))\n"
    }

    /// A histogram in seconds: cumulative buckets, their sum and their count.
    private static func lines(_ name: String, _ labels: String, _ histogram: Histogram) -> String {
        let prefix = labels.isEmpty ? "" : labels + ","
        var text = ""
        var cumulative = 0
        for (index, count) in histogram.counts.enumerated() {
            cumulative += count
            if index % boundStride != 0 { continue }
            let bound = number(seconds(Histogram.bounds[index]))
            text += line("\(name)_bucket", "\(prefix)le=\"\(bound)\"", Double(cumulative))
        }
        // What is longer than the last bound is in the total alone.
        text += line("\(name)_bucket", "\(prefix)le=\"+Inf\"", Double(histogram.total))
        text += line("\(name)_sum", labels, seconds(histogram.sumMs))
        text += line("\(name)_count", labels, Double(histogram.total))
        return text
    }

    /// Milliseconds as seconds, rounded to nanoseconds: 0.2 ms is then `0.0002` and not its nearest neighbour.
    private static func seconds(_ milliseconds: Double) -> Double {
        (milliseconds * 1e6).rounded() / 1e9
    }

    /// Whole numbers without a fraction; others as the shortest text that reads back as the same number.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Every whole number up to 2^53 is exact in a Double.
        if value.rounded() == value, value.magnitude <= 9_007_199_254_740_992 { return String(Int64(value)) }
        return value.description
    }

    private static func written(_ labels: [(name: String, value: String)]) -> String {
        labels.map { "\($0.name)=\"\(escaped($0.value, isQuoted: true))\"" }.joined(separator: ",")
    }

    /// Escapes `\` and line feeds, and in label values the quotation mark too: no other character is special.
    ///
    /// Octet by octet: as a `Character`, a line feed behind a carriage return would not be one.
    private static func escaped(_ text: String, isQuoted: Bool) -> String {
        var octets: [UInt8] = []
        octets.reserveCapacity(text.utf8.count)
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "\\"): octets += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
            case UInt8(ascii: "\n"): octets += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case UInt8(ascii: "\"") where isQuoted: octets += [UInt8(ascii: "\\"), UInt8(ascii: "\"")]
            default: octets.append(octet)
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }
}

import Foundation
import PushCore

/// Figures of one run: a table for people, an object for scripts.
struct BenchReport {
    private struct Row {
        let key: String
        let label: String
        let value: Double
        let unit: String
        let decimals: Int
    }

    private let title: String
    private var rows: [Row] = []

    init(_ title: String) {
        self.title = title
    }

    /// Adds a figure.
    ///
    /// - Parameters:
    ///   - key: Its name in JSON, with the unit in it.
    ///   - label: Its name in the table.
    ///   - value: The figure.
    ///   - unit: Printed behind it in the table.
    ///   - decimals: Digits behind the point.
    mutating func add(_ key: String, _ label: String, _ value: Double, _ unit: String = "", decimals: Int = 0) {
        rows.append(Row(key: key, label: label, value: value, unit: unit, decimals: decimals))
    }

    mutating func add(_ key: String, _ label: String, _ value: Int, _ unit: String = "") {
        add(key, label, Double(value), unit)
    }

    func print(asJSON: Bool) {
        StandardOutput.line(asJSON ? json : text)
    }

    /// One line for each figure.
    var text: String {
        let width = rows.map(\.label.count).max() ?? 0
        var lines = [title]
        for row in rows {
            let label = row.label.padding(toLength: width + 2, withPad: " ", startingAt: 0)
            lines.append("  \(label)\(Self.number(row.value, row.decimals)) \(row.unit)")
        }
        return lines.joined(separator: "\n")
    }

    /// One object, rounded as the table is.
    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("benchmark")
        writer.string(title)
        for row in rows {
            writer.key(row.key)
            if row.decimals == 0 {
                writer.integer(Int64(row.value.rounded()))
            } else {
                let scale = row.decimals == 1 ? 10.0 : 100.0
                writer.double((row.value * scale).rounded() / scale)
            }
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Groups of three digits, right-aligned.
    private static func number(_ value: Double, _ decimals: Int) -> String {
        let digits = String(format: "%.\(decimals)f", value)
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        var whole = ""
        for (index, digit) in parts[0].reversed().enumerated() {
            if index > 0, index % 3 == 0, digit != "-" { whole.append(",") }
            whole.append(digit)
        }
        let text = String(whole.reversed()) + (parts.count > 1 ? "." + parts[1] : "")
        return String(repeating: " ", count: max(0, 12 - text.count)) + text
    }
}

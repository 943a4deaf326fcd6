import Foundation
import PushCore
import Testing

@testable import belfry

/// `docs/CONFIGURATION.md` and the keys in the code say the same.
struct ConfigurationDocumentTests {
    private static func document() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/CONFIGURATION.md"), encoding: .utf8)
    }

    /// The row of a key: name, type, default, range, example, variable (not for rules), what it is for.
    static func row(_ key: KeyDescription, hasVariable: Bool) -> String {
        let standard =
            switch key.presence {
            case .required: "required"
            case .optional: "–"
            case .standard(let text): "`\(text)`"
            }
        let range = key.range.map { "`\($0)`" } ?? "–"
        let variable = hasVariable ? " `\(key.environmentName)` |" : ""
        return
            "| `\(key.path)` | \(key.typeName) | \(standard) | \(range) | `\(key.example)` |\(variable) \(key.note) |"
    }

    static let rows =
        ConfigurationKeys.all.map { row($0, hasVariable: true) } + RuleKeys.all.map { row($0, hasVariable: false) }

    @Test("every key that the reader knows has its row", arguments: rows)
    func known(row: String) throws {
        let lines = try Self.document().split(separator: "\n")
        #expect(lines.contains(Substring(row)), "expected this row: \(row)")
    }

    @Test("every row is of a key that the reader knows")
    func documented() throws {
        let rows = try Self.document().split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
        #expect(rows.count == Self.rows.count)
        #expect(Set(rows).subtracting(Self.rows).isEmpty)
    }

    @Test("the examples of the document load without an error")
    func examples() throws {
        let blocks = try Self.document().components(separatedBy: "```yaml\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        #expect(blocks.count == 7)
        var files = Sample.files
        let fcm = "  - { provider: fcm, app: example-shop, service_account_file: keys/fcm.json }\n"
        files.files["belfry.yaml"] = Array(try #require(blocks.first).replacing("limits:", with: fcm + "limits:").utf8)
        files.files["rules/orders.yaml"] = Array(blocks.dropFirst().joined().utf8)
        let loaded = Sample.load(files)
        #expect(!loaded.problems.contains { $0.severity == .error }, "\(loaded.problems)")
        #expect(loaded.configuration != nil)
        #expect(!loaded.rules.isEmpty)
    }

    @Test("keys are described once, and defaults are within their ranges")
    func descriptions() {
        for keys in [ConfigurationKeys.all, RuleKeys.all] {
            #expect(Set(keys.map(\.path)).count == keys.count)
            for key in keys {
                guard let standard = key.standardText else { continue }
                switch key.kind {
                case .wholeNumber(let range): #expect(Int64(standard).map(range.contains) == true, "\(key.path)")
                case .duration(let range):
                    #expect(DurationText.parse(standard).map(range.contains) == true, "\(key.path)")
                case .choice(let names): #expect(names.contains(standard), "\(key.path)")
                case .flag: #expect(standard == "false", "\(key.path)")
                case .text, .texts, .scalar, .path, .number, .special: #expect(!standard.isEmpty)
                }
            }
        }
    }
}

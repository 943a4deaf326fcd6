import Foundation
import Testing

extension SystemTests {
    /// The guide and the examples are what they say: their rules are read without a problem, and their tests pass.
    @Suite(.serialized)
    struct RulesGuide {
        private static let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

        @Test("each rule of the guide is read without a warning, and its tests pass", .timeLimit(.minutes(5)))
        func guide() async throws {
            let text = try String(contentsOf: Self.root.appendingPathComponent("docs/RULES.md"), encoding: .utf8)
            let blocks = NamedBlock.all(in: text)
            let configuration = try #require(blocks.first { $0.name == "belfry.yaml" })
            let rules = blocks.filter { $0.name.hasPrefix("rules/") && !$0.name.hasSuffix(".test.yaml") }
            #expect(rules.count >= 12)
            for rule in rules {
                let name = rule.name.replacingOccurrences(of: ".yaml", with: ".test.yaml")
                let test = try #require(blocks.first { $0.name == name }, "\(rule.name) has no test in the guide")
                try await CommandLine.withFolder { folder in
                    for block in [configuration, rule, test] { try block.write(below: folder) }
                    try await Self.passes(["test", "rules"], in: folder, named: "guide")
                }
            }
        }

        @Test(
            "the tests of each example pass",
            .timeLimit(.minutes(5)),
            arguments: ["shop", "chat", "price-alerts"]
        )
        func example(name: String) async throws {
            let example = Self.root.appendingPathComponent("examples/\(name)")
            try await CommandLine.withFolder { folder in
                let arguments = ["test", example.appendingPathComponent("rules").path]
                try await Self.passes(arguments, in: folder, named: name)
            }
        }

        private static func passes(_ arguments: [String], in folder: URL, named name: String) async throws {
            let (ending, output, errors) = try await BelfryProcess.run(name, arguments, in: folder)
            #expect(ending == .exited(0), "\(output)\(errors)")
            // A note about keys that are not there is no warning about a rule.
            let warnings = errors.split(separator: "\n").filter { $0.contains("warning") && $0.contains("rules/") }
            #expect(warnings.isEmpty, "\(warnings.joined(separator: "\n"))")
        }
    }
}

/// A fenced block of a Markdown text whose fence names a file: "```yaml rules/orders.yaml".
private struct NamedBlock {
    let name: String
    let text: String

    static func all(in markdown: String) -> [NamedBlock] {
        var blocks: [NamedBlock] = []
        var name: String?
        var lines: [Substring] = []
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            if let open = name {
                if line == "```" {
                    blocks.append(NamedBlock(name: open, text: lines.joined(separator: "\n") + "\n"))
                    (name, lines) = (nil, [])
                } else {
                    lines.append(line)
                }
            } else if line.hasPrefix("```yaml ") {
                name = String(line.dropFirst("```yaml ".count))
            }
        }
        return blocks
    }

    func write(below folder: URL) throws {
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: file)
    }
}

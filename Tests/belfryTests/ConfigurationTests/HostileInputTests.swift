import PushCore
import Testing

@testable import belfry

/// A file that nobody would write, and a part of the error that it shall give.
struct HostileInput: Sendable, CustomTestStringConvertible {
    let name: String
    let octets: [UInt8]
    let expected: String

    init(_ name: String, _ octets: [UInt8], _ expected: String) {
        self.name = name
        self.octets = octets
        self.expected = expected
    }

    var testDescription: String { name }
}

/// Whatever a file holds: an error at a place, no crash, no hang.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct HostileInputTests {
    static let inputs: [HostileInput] = [
        HostileInput("empty", [], "missing"),
        HostileInput("only spaces", Array("  \n \n".utf8), "missing"),
        HostileInput("only a comment", Array("# nothing\n".utf8), "missing"),
        HostileInput("only a document mark", Array("---\n".utf8), "missing"),
        HostileInput("only a tab", Array("\t".utf8), "tab"),
        HostileInput("zero octets", [UInt8](repeating: 0, count: 1_000), "control character U+0"),
        HostileInput("an executable", [0x7F, 0x45, 0x4C, 0x46, 0x02, 0x01, 0x01, 0x00], "control character U+7F"),
        HostileInput("all octets", (0...255).map { UInt8($0) }, "not valid UTF-8"),
        HostileInput(
            "invalid UTF-8",
            Array("kafka:\n  client_id: ".utf8) + [0xC3, 0x28],
            "belfry.yaml:2: error: not valid UTF-8"
        ),
        HostileInput("an overlong form", [0xC0, 0xAF], "not valid UTF-8"),
        HostileInput("a surrogate", [0xED, 0xA0, 0x80], "not valid UTF-8"),
        HostileInput("UTF-16", [0xFF, 0xFE, 0x61, 0x00], "the file is UTF-16"),
        HostileInput(
            "too large",
            [UInt8](repeating: 0x20, count: 2 << 20),
            "the file is too large (allowed: at most 1048576 bytes)"
        ),
        HostileInput("flow lists in lists", [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20), "nesting"),
        HostileInput("flow maps in maps", Array(String(repeating: "{a: ", count: 1 << 18).utf8), "nesting"),
        HostileInput("flow maps as keys", Array(String(repeating: "{? ", count: 1 << 18).utf8), "nesting"),
        HostileInput("block lists in lists", Array(String(repeating: "- ", count: 1 << 19).utf8), "nesting"),
        HostileInput("block keys in keys", Array(String(repeating: "? ", count: 1 << 19).utf8), "nesting"),
        HostileInput(
            "closed lists in lists",
            Array((String(repeating: "[", count: 900) + String(repeating: "]", count: 900)).utf8),
            "nested too deep"
        ),
        HostileInput(
            "lists as keys of keys",
            Array((String(repeating: "{? ", count: 900) + String(repeating: "}", count: 900)).utf8),
            "nested too deep"
        ),
        HostileInput("closing only", [UInt8](repeating: UInt8(ascii: "]"), count: 1 << 20), "not valid YAML"),
        HostileInput(
            "quotes that never end",
            Array(("a: \"" + String(repeating: "x", count: 1 << 19)).utf8),
            "opened and not closed"
        ),
        HostileInput("one huge scalar", [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20), "where a map is needed"),
        HostileInput("many unknown keys", Array((0..<5_000).map { "k\($0): 1\n" }.joined().utf8), "unknown key"),
        HostileInput(
            "one key of 900 KB",
            Array("? \(String(repeating: "k", count: 900_000))\n: 1\n".utf8),
            "unknown key"
        ),
        HostileInput("many colons", [UInt8](repeating: UInt8(ascii: ":"), count: 1 << 20), "belongs to no key"),
        HostileInput("many tags", Array(String(repeating: "!a ", count: 1 << 18).utf8), "not valid YAML"),
        HostileInput("many anchors", Array(String(repeating: "&a ", count: 1 << 18).utf8), ""),
        HostileInput("many documents", Array(String(repeating: "---\n", count: 1 << 18).utf8), "second YAML document"),
        HostileInput("many directives", Array(String(repeating: "%YAML 1.2\n", count: 1 << 16).utf8), ""),
        HostileInput("alias bomb", Array(bomb.utf8), "anchors and aliases"),
        HostileInput("alias bomb as a key", Array((bomb + "? *k\n: 1\n").utf8), "anchors and aliases"),
        HostileInput("alias bomb as a flow key", Array((bomb + "z: { *k : 1 }\n").utf8), "anchors and aliases"),
        HostileInput("an alias to itself", Array("a: &a [*a]\n".utf8), "not supported"),
        HostileInput("a key twice in one line", Array("admin: { port: 1, port: 2 }".utf8), "the key is written twice"),
    ]

    /// Ten levels, each ten times the one before: ten thousand million nodes.
    private static let bomb: String = {
        var text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        for (letter, before) in zip("bcdefghijk", "abcdefghij") {
            text +=
                "\(letter): &\(letter) [" + [String](repeating: "*\(before)", count: 10).joined(separator: ", ") + "]\n"
        }
        return text
    }()

    @Test("a hostile configuration gives errors", arguments: inputs)
    func configuration(input: HostileInput) {
        var files = Sample.files
        files.files["belfry.yaml"] = input.octets
        let loaded = Sample.load(files)
        #expect(loaded.configuration == nil)
        #expect(
            loaded.problems.contains { $0.severity == .error && $0.description.contains(input.expected) },
            "\(loaded.problems.prefix(3))"
        )
        #expect(loaded.problems.allSatisfy { $0.description.utf8.count < 1_000 })
    }

    @Test("a hostile rule file gives problems", arguments: inputs)
    func rules(input: HostileInput) {
        var files = Sample.files
        files.files["rules/orders.yaml"] = input.octets
        let loaded = Sample.load(files)
        #expect(loaded.problems.contains { $0.place.file == "rules/orders.yaml" })
        #expect(loaded.rules.isEmpty)
    }

    @Test("texts with stars and ampersands are no aliases")
    func noAliases() throws {
        let body = (0..<40).map { "*word\($0)*" }.joined(separator: " ")
        let loaded = Sample.load(
            rules: "- { id: a, on: b, when: \"x *y && z &w\", to: { users: u }, content: { body: \"\(body)\" } }\n"
        )
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        #expect(loaded.rules.first?.contents.first?.body?.value == body)
    }

    @Test("random texts of YAML's own characters do no harm", arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func random(seed: UInt64) {
        // A linear congruential generator (Knuth's constants): the seed in the test's name repeats the run.
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        let parts = [
            "kafka:", "\n", "  ", "- ", "? ", ": ", "[", "]", "{", "}", ",", "\"", "'", "|", ">", "&a", "*a", "!t", "#",
            "%",
            "@", "\t", "---\n", "...\n", "<<", "~", "limits", "apps", "rules", "admin", "port", "1", "é", "\u{1F514}",
            "\r\n",
            "\\", "x",
        ]
        for _ in 0..<400 {
            let text = (0..<next(60)).map { _ in parts[next(parts.count)] }.joined()
            var files = Sample.files
            files.files["belfry.yaml"] = Array(text.utf8)
            files.files["rules/orders.yaml"] = Array(text.utf8)
            let loaded = Sample.load(files)
            #expect(loaded.problems.contains { $0.severity == .error }, "seed \(seed): \(text)")
        }
    }
}

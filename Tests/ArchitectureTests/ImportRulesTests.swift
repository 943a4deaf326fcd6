import Foundation
import Testing

/// The structure of the code, checked on its text: who may import what, and habits that are easy to lose.
@Suite("Architecture")
struct ImportRulesTests {
    /// For each target: what it may import of ours. Imports point down only.
    static let allowed: [String: Set<String>] = [
        "CEL": [],
        "PushCore": ["CEL"],
        "PushCrypto": ["COpenSSL"],
        "PushProviders": ["PushCore", "PushCrypto"],
        "Kafka": ["CRdKafka"],
        "HTTP2": ["CLinux", "CNGHTTP2", "COpenSSL"],
        "CurlHTTP": ["CCurl", "CLinux"],
        "PushPipeline": ["CurlHTTP", "HTTP2", "Kafka", "PushCore", "PushCrypto", "PushProviders"],
        "ProviderSimulator": [],
        "Yardstick": ["CNGHTTP2", "COpenSSL", "HTTP2"],
        "belfry": [
            "CEL", "HTTP2", "Kafka", "ProviderSimulator", "PushCore", "PushCrypto", "PushPipeline", "PushProviders",
            "Yardstick",
        ],
    ]

    /// The modules of C libraries, which hold no Swift.
    static let modulesOfC: Set<String> = ["CCurl", "CLinux", "CNGHTTP2", "COpenSSL", "CRdKafka"]

    /// What is ours, the modules of C libraries included.
    static let ours = Set(allowed.keys).union(modulesOfC)

    @Test("Imports point down only", arguments: allowed.keys.sorted())
    func importsPointDown(target: String) throws {
        let files = try SourceTree.files(of: target)
        #expect(!files.isEmpty, "target \(target) has sources")
        let permitted = try #require(Self.allowed[target])
        for file in files {
            for module in file.imports where Self.ours.contains(module) {
                #expect(permitted.contains(module), "\(file.path) imports \(module)")
            }
        }
    }

    @Test("Every target has its import rule")
    func everyTargetHasItsRule() throws {
        let targets = try SourceTree.targets().filter { !Self.modulesOfC.contains($0) }
        #expect(Set(targets) == Set(Self.allowed.keys))
    }

    @Test("The language imports nothing at all")
    func languageImportsNothing() throws {
        for file in try SourceTree.files(of: "CEL") { #expect(file.imports.isEmpty, "\(file.path)") }
    }

    @Test(
        "Pure targets import no input, output, clock or concurrency",
        arguments: ["CEL", "PushCore", "PushProviders"]
    )
    func pureTargetsStayPure(target: String) throws {
        let impure: Set<String> = ["Foundation", "Glibc", "Dispatch", "Synchronization", "Logging"]
        for file in try SourceTree.files(of: target) where !file.isGenerated {
            #expect(impure.isDisjoint(with: file.imports), "\(file.path) imports \(file.imports)")
        }
    }

    @Test("Modules of C libraries are imported for one's own use only")
    func modulesOfCAreNotPassedOn() throws {
        for target in Self.allowed.keys.sorted() {
            for file in try SourceTree.files(of: target) {
                for line in file.lines where line.hasPrefix("package import ") || line.hasPrefix("public import ") {
                    let module = line.split(separator: " ").last.map(String.init) ?? ""
                    #expect(!Self.modulesOfC.contains(module), "\(file.path): \(line)")
                }
            }
        }
    }

    @Test("Nothing is forced", arguments: ["try!", "as!", "fatalError("])
    func nothingIsForced(pattern: String) throws {
        for target in Self.allowed.keys.sorted() {
            for file in try SourceTree.files(of: target) where !file.isGenerated {
                for (number, line) in file.lines.enumerated() where Self.code(of: line).contains(pattern) {
                    Issue.record("\(file.path):\(number + 1): \(pattern)")
                }
            }
        }
    }

    @Test("Only the command line reads the environment")
    func onlyTheCommandLineReadsTheEnvironment() throws {
        for target in Self.allowed.keys.sorted() where target != "belfry" {
            for file in try SourceTree.files(of: target) {
                for line in file.lines {
                    #expect(!Self.code(of: line).contains("ProcessInfo.processInfo.environment"), "\(file.path)")
                    #expect(!Self.code(of: line).contains("getenv("), "\(file.path)")
                }
            }
        }
    }

    /// The line without its comment; texts that hold two slashes are cut too, which these patterns do not mind.
    static func code(of line: String) -> Substring {
        line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line[...]
    }
}

/// The sources as text.
enum SourceTree {
    struct File {
        let path: String
        let lines: [String]

        var isGenerated: Bool { path.hasSuffix(".pb.swift") }

        /// The modules that the file imports, in any form.
        var imports: Set<String> {
            var modules: Set<String> = []
            for line in lines {
                var words = line.split(separator: " ")
                while let word = words.first, word != "import" {
                    guard
                        word.hasPrefix("@")
                            || ["package", "internal", "private", "fileprivate", "public"].contains(word)
                    else { break }
                    words.removeFirst()
                }
                guard words.first == "import", words.count >= 2 else { continue }
                modules.insert(String(words[words.count - 1].split(separator: ".")[0]))
            }
            return modules
        }
    }

    private static var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources")
    }

    static func targets() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.path).filter { !$0.hasPrefix(".") }
    }

    static func files(of target: String) throws -> [File] {
        let folder = root.appending(path: target)
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
            return File(path: "\(target)/\(path)", lines: text.components(separatedBy: "\n"))
        }
    }
}

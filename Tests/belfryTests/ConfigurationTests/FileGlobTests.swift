import Foundation
import Testing

@testable import belfry

struct FileGlobTests {
    static let names: [(String, String, Bool)] = [
        ("a.yaml", "*.yaml", true), ("a.yml", "*.yaml", false), ("a", "?", true), ("ab", "?", false),
        ("abc", "a*c", true),
        ("abcb", "a*c", false), (".a", "*", false), (".a", ".*", true), ("", "*", true), ("a[1]", "a[1]", true),
        ("aXbXc", "a*X*c", true), ("é", "?", true),
    ]

    @Test("* and ? match within a name", arguments: names)
    func name(name: String, pattern: String, isMatch: Bool) {
        #expect(FileGlob.matches(name, pattern) == isMatch)
    }

    @Test("many stars take no exponential time", .timeLimit(.minutes(5)))
    func manyStars() {
        let pattern = String(repeating: "*a", count: 200) + "b"
        #expect(!FileGlob.matches(String(repeating: "a", count: 2_000), pattern))
    }

    static let files = [
        "rules/a.yaml", "rules/b.yml", "rules/sub/c.yaml", "rules/sub/deep/d.yaml", "rules/.e.yaml", "x.yaml",
    ]

    static let patterns: [(String, [String])] = [
        ("rules/*.yaml", ["rules/a.yaml"]), ("rules/*", ["rules/a.yaml", "rules/b.yml"]),
        ("rules/**/*.yaml", ["rules/a.yaml", "rules/sub/c.yaml", "rules/sub/deep/d.yaml"]),
        ("**/d.yaml", ["rules/sub/deep/d.yaml"]), ("*/*/c.yaml", ["rules/sub/c.yaml"]), ("x.yaml", ["x.yaml"]),
        ("./x.yaml", ["x.yaml"]), ("y.yaml", []), ("rules", []), ("rules/.*", ["rules/.e.yaml"]), ("", []),
    ]

    @Test("patterns find files", arguments: patterns)
    func pattern(pattern: String, expected: [String]) {
        var memory = MemoryFiles()
        for file in Self.files { memory.files[file] = [1] }
        guard case .files(let found) = FileGlob(fileSystem: memory.fileSystem).match(pattern) else {
            Issue.record("too many")
            return
        }
        #expect(found == expected)
    }

    @Test("a walk without end is given up", .timeLimit(.minutes(5)))
    func endless() {
        let endless = FileSystem(
            read: { _, _ throws(FileSystem.Failure) in throw .missing },
            status: { _ in FileSystem.Status(kind: .directory, octets: 0, permissions: 0o755) },
            list: { _ in ["a", "b", "c"] }
        )
        guard case .tooMany = FileGlob(fileSystem: endless).match("**/*.yaml") else {
            Issue.record("found an end")
            return
        }
    }

    @Test("the machine's files are read, looked at and listed")
    func live() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "belfry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path(percentEncoded: false)
        let file = path + "/a b%20.yaml"
        try Data("hello".utf8).write(to: URL(filePath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
        try FileManager.default.createSymbolicLink(atPath: path + "/link.yaml", withDestinationPath: "a b%20.yaml")
        let live = FileSystem.live
        #expect(try live.read(file, 100) == Array("hello".utf8))
        #expect(try live.read(file, 2) == Array("he".utf8))
        #expect(try live.read(path + "/link.yaml", 100) == Array("hello".utf8))
        #expect(throws: FileSystem.Failure.missing) { try live.read(path + "/none", 1) }
        #expect(throws: FileSystem.Failure.directory) { try live.read(path, 1) }
        let status = try #require(live.status(path + "/link.yaml"))
        #expect(status.kind == .file)
        #expect(status.octets == 5)
        #expect(status.permissions == 0o640)
        #expect(live.status(path)?.kind == .directory)
        #expect(live.status(path + "/none") == nil)
        #expect(Set(live.list(path)) == ["a b%20.yaml", "link.yaml"])
        #expect(live.list(path + "/none").isEmpty)
    }
}

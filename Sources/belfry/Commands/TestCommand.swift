import ArgumentParser
import Foundation
import PushCore

/// `belfry test`.
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Runs rule tests: events, and the notifications that have to follow.",
        discussion: """
            A test file ends in .test.yaml and may stand beside the rules. Needs no Kafka and no keys, and sends nothing. Exit code 0 \
            when every case passes, 1 when one fails, 64 when there is no test file, 78 when a file cannot be used.

            Example:  belfry test rules/
            """
    )

    @Argument(help: "Test files, or folders that are searched for them.")
    var paths: [String]

    @Option(name: .long, help: "The configuration; otherwise belfry.yaml here, or above the first path.")
    var config: String?

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let files = try RuleTestFiles.find(paths)
        let loaded = try DryRunConfiguration.load(path: config ?? RuleTestFiles.configuration(for: files[0]))
        let ruleSet = try loaded.ruleSet()
        let log = ProblemLog()
        let reader = RuleTestReader(fileSystem: .live, log: log)
        let cases = files.flatMap { file in
            ConfigurationLoader.document(file, .live, log).map { reader.read($0) } ?? []
        }
        if !log.problems.isEmpty { FileHandle.standardError.write(Data(ProblemReport(log.problems).text.utf8)) }
        if log.hasErrors { throw ExitCode.configuration }
        let report = await DeepStack.run {
            let run = RuleTestRun(settings: loaded.settings(ruleSet), apps: loaded.apps, sample: loaded.sample)
            return RuleTestReport(results: cases.map { run.result(of: $0) })
        }
        StandardOutput.line(json ? report.json : report.text)
        if report.failedCount > 0 { throw ExitCode.failure }
    }
}

/// Where rule tests are.
enum RuleTestFiles {
    /// The test files of files and folders, each once.
    ///
    /// - Throws: a validation error, which ends with exit code 64, for a path without any.
    static func find(_ paths: [String]) throws -> [String] {
        var files: [String] = []
        for path in paths {
            let found = try find(path)
            if found.isEmpty { throw ValidationError("\(path): no file whose name ends in .test.yaml") }
            files += found.filter { !files.contains($0) }
        }
        return files
    }

    private static func find(_ path: String) throws -> [String] {
        guard let status = FileSystem.live.status(path) else {
            throw ValidationError("\(path): no such file or folder")
        }
        guard status.kind == .directory else { return [path] }
        let folder = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
        return ["yaml", "yml"].flatMap { ending -> [String] in
            switch FileGlob(fileSystem: .live).match("\(folder)/**/*.test.\(ending)") {
            case .files(let files): files
            case .tooMany: []
            }
        }.sorted()
    }

    /// `belfry.yaml` in the working directory, or else in the folder of a file or the nearest one above it.
    static func configuration(for file: String) -> String {
        let name = "belfry.yaml"
        if FileSystem.live.status(name) != nil { return name }
        var folder = FileGlob.folder(of: file)
        while !folder.isEmpty, folder != "/" {
            let path = FileGlob.join(folder, name)
            if FileSystem.live.status(path) != nil { return path }
            folder = FileGlob.folder(of: folder)
        }
        return name
    }
}

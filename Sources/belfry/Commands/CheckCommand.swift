import ArgumentParser
import Foundation
import PushCore

/// `belfry check`.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validates configuration, rules and keys, and reports every problem with its place.",
        discussion: """
            Exit code 0 when nothing is wrong (warnings may be printed), 78 otherwise.

            Example:  belfry check --config belfry.yaml --cluster
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Flag(name: .long, help: "Also ask the cluster whether the topics fit the configuration.")
    var cluster = false

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let loaded = LoadedConfiguration.load(path: options.config)
        var problems = loaded.problems
        if cluster, let configuration = loaded.configuration {
            do {
                let report = try TopicReport(configuration)
                problems += report.problems(file: options.config)
            } catch {
                StandardError.line("belfry: \(error)")
                throw ExitCode.failure
            }
        }
        let report = ProblemReport(problems, ruleSetVersion: loaded.isUsable ? loaded.ruleSet.version : nil)
        if json {
            StandardOutput.line(report.json)
        } else {
            FileHandle.standardOutput.write(Data(report.text.utf8))
            if let version = report.ruleSetVersion {
                let words = problems.isEmpty ? ", no problems" : ""
                StandardOutput.line(
                    "\(options.config): \(loaded.ruleSet.rules.count) rules, version \(version)\(words)"
                )
            }
        }
        if report.errorCount > 0 || loaded.configuration == nil { throw ExitCode.configuration }
    }
}

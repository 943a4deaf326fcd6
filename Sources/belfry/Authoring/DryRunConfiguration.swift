import ArgumentParser
import Foundation
import PushCore

/// A configuration as the authoring commands need it: everything but the secrets.
struct DryRunConfiguration {
    let configuration: Configuration

    var mappings: [String: PlainJSONMapping] { PipelineAssembly.mappings(configuration) }

    /// Reads a configuration.
    ///
    /// - Throws: exit code 78, after every problem was printed to standard error.
    static func load(path: String) throws -> DryRunConfiguration {
        let environment = ProcessInfo.processInfo.environment
        let (configuration, _, problems) = ConfigurationLoader.load(
            path: path,
            environment: environment,
            keys: .mayBeAbsent
        )
        guard let configuration, !problems.contains(where: { $0.severity == .error }) else {
            FileHandle.standardError.write(Data(ProblemReport(problems).text.utf8))
            throw ExitCode.configuration
        }
        return DryRunConfiguration(configuration: configuration)
    }
}

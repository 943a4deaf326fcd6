import ArgumentParser
import Foundation
import PushCore

/// The option that names the configuration file, and the reading of it.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .long, help: "The configuration file.")
    var config = "belfry.yaml"

    /// Reads everything, prints what is wrong to standard error, and gives up where an error is among it.
    ///
    /// - Throws: exit code 78.
    func load() throws -> LoadedConfiguration {
        let loaded = LoadedConfiguration.load(path: config)
        if !loaded.problems.isEmpty {
            FileHandle.standardError.write(Data(ProblemReport(loaded.problems).text.utf8))
        }
        guard loaded.isUsable else { throw ExitCode.configuration }
        return loaded
    }
}

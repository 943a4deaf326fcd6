package import PushCore

/// Reads a configuration file, the environment and the rule files, and finds every problem in one go.
package enum ConfigurationLoader {
    /// Reads everything; throws nothing, whatever the files hold.
    ///
    /// - Parameters:
    ///   - path: of the configuration file; relative paths in it start at its folder.
    ///   - environment: variables that begin with `BELFRY_` override keys.
    ///   - keys: whether files of keys and certificates have to be there.
    ///   - fileSystem: where files are read from.
    /// - Returns: the configuration, nil where it or the environment has an error; the rules that could be read; all
    ///   problems, in the order of ``ProblemReport``. Nothing may start while a problem is an error.
    package static func load(
        path: String,
        environment: [String: String],
        keys: KeyFiles = .required,
        fileSystem: FileSystem = .live
    ) -> (configuration: Configuration?, rules: [RuleDefinition], problems: [Problem]) {
        let log = ProblemLog()
        guard let document = document(path, fileSystem, log) else {
            return (nil, [], ProblemReport.sorted(log.problems))
        }
        let merged = EnvironmentOverlay(log: log).apply(environment, to: document)
        let files = FileChecks(fileSystem: fileSystem, folder: FileGlob.folder(of: path), log: log, keys: keys)
        let configuration = ConfigurationReader(merged, files: files, log: log).read()
        let isUsable = !log.hasErrors
        let rules = rules(of: configuration.ruleFiles, configuration, fileSystem, log)
        return (isUsable ? configuration : nil, rules, ProblemReport.sorted(log.problems))
    }

    /// The rule files that the globs of a configuration match now.
    static func ruleFiles(
        of configuration: Configuration,
        fileSystem: FileSystem
    ) -> (files: [String], problems: [Problem]) {
        let log = ProblemLog()
        let checks = FileChecks(fileSystem: fileSystem, folder: configuration.folder, log: log)
        return (checks.expand(configuration.ruleGlobs), log.problems)
    }

    /// Reads rule files again, for a configuration that is in use: its apps and limits are what rules may name.
    static func loadRules(
        of files: [String],
        for configuration: Configuration,
        fileSystem: FileSystem
    ) -> (rules: [RuleDefinition], problems: [Problem]) {
        let log = ProblemLog()
        let rules = rules(of: files, configuration, fileSystem, log)
        return (rules, log.problems)
    }

    private static func rules(
        of files: [String],
        _ configuration: Configuration,
        _ fileSystem: FileSystem,
        _ log: ProblemLog
    ) -> [RuleDefinition] {
        var reader = RuleFileReader(
            limitNames: configuration.limits.map(\.name),
            apps: configuration.apps,
            log: log
        )
        for file in files {
            guard let document = document(file, fileSystem, log) else { continue }
            reader.read(document)
        }
        for problem in RuleLanguageChecks.problems(in: reader.rules) { log.add(problem) }
        return reader.rules
    }

    static func document(_ path: String, _ fileSystem: FileSystem, _ log: ProblemLog) -> DocumentNode? {
        do throws(FileSystem.Failure) {
            let octets = try fileSystem.read(path, YAMLDocument.octetsToRead)
            return YAMLDocument.read(octets, file: path, log: log)
        } catch {
            log.add(Problem(at: SourcePlace(file: path, line: 0), key: "", message: error.message))
            return nil
        }
    }
}

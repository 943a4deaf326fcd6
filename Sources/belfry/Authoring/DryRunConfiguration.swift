import ArgumentParser
import Foundation
import PushCore
import PushPipeline
import PushProviders

/// A configuration as the authoring commands need it: everything but the secrets.
struct DryRunConfiguration {
    let configuration: Configuration
    let definitions: [RuleDefinition]
    /// What was found wrong and does not matter here: files of keys that are absent.
    let setAside: [Problem]
    let timeZones: TimeZoneDatabase
    /// Where rules are read from; what was read once stays as it was.
    let fileSystem: FileSystem

    var mappings: [String: PlainJSONMapping] { PipelineAssembly.mappings(configuration) }

    /// Reads a configuration.
    ///
    /// - Throws: exit code 78, after every problem was printed to standard error.
    static func load(path: String) throws -> DryRunConfiguration {
        let environment = ProcessInfo.processInfo.environment
        let files = ReadOnce(.live).fileSystem
        let (configuration, definitions, problems) = ConfigurationLoader.load(
            path: path,
            environment: environment,
            keys: .mayBeAbsent,
            fileSystem: files
        )
        guard let configuration, !problems.contains(where: { $0.severity == .error }) else {
            throw refused(problems)
        }
        return DryRunConfiguration(
            configuration: configuration,
            definitions: definitions,
            setAside: problems,
            timeZones: TimeZoneDatabase.read(environment: environment),
            fileSystem: files
        )
    }

    /// Prints problems to standard error; the exit code is for the caller to throw.
    static func refused(_ problems: [Problem]) -> ExitCode {
        FileHandle.standardError.write(Data(ProblemReport(problems).text.utf8))
        return .configuration
    }

    /// The rules of the configuration, compiled.
    ///
    /// - Throws: exit code 78, after every problem was printed to standard error.
    func ruleSet() throws -> RuleSet { try compiled(definitions, configuration.ruleFiles) }

    /// The rules of other files, against the apps and limits of the configuration.
    ///
    /// - Throws: exit code 78, after every problem was printed to standard error.
    func ruleSet(files: [String]) throws -> RuleSet {
        let (definitions, problems) = ConfigurationLoader.loadRules(
            of: files,
            for: configuration,
            fileSystem: fileSystem
        )
        if problems.contains(where: { $0.severity == .error }) { throw Self.refused(problems) }
        return try compiled(definitions, files)
    }

    private func compiled(_ definitions: [RuleDefinition], _ files: [String]) throws -> RuleSet {
        var problems: [Problem] = []
        let snapshot = FileSnapshot(of: files, from: fileSystem, octetsMax: YAMLDocument.octetsToRead)
        let ruleSet = RuleSet(compiling: definitions, snapshot, timeZones: timeZones, problems: &problems)
        if problems.contains(where: { $0.severity == .error }) { throw Self.refused(problems) }
        return ruleSet
    }

    /// What a dry run decides by.
    func settings(_ ruleSet: RuleSet) -> DryRun.Settings {
        let apps = Set(configuration.apps.map { UsersConfiguration.App(provider: $0.provider, app: $0.name) })
        var settings = DryRun.Settings(
            ruleSet: ruleSet,
            users: PipelineAssembly.users(configuration, apps: apps, timeZones: timeZones),
            digests: .openSSL
        )
        settings.mappings = mappings
        settings.sandboxApps = PipelineAssembly.sandboxApps(configuration)
        settings.timeZones = timeZones
        return settings
    }

    /// The apps, for requests.
    var apps: RequestPreview.Apps {
        var apps = RequestPreview.Apps()
        for app in configuration.apps {
            switch app.settings {
            case .apns(let apns): apps.apns[app.name] = PipelineAssembly.settings(apns, app: app.name)
            case .fcm(let fcm): apps.fcm[app.name] = fcm.settings
            case .webpush(let webPush): apps.webPush[app.name] = webPush.settings
            }
        }
        return apps
    }

    /// Somebody with a device for each app, for whoever has not said whom.
    var sample: PreviewPerson {
        let registrations = configuration.apps.enumerated().map { index, app in
            var device: PushCore.JSONObject = PushCore.JSONObject()
            device["device_id"] = .string("sample-\(app.provider.rawValue)-\(index + 1)")
            device["provider"] = .string(app.provider.rawValue)
            device["app"] = .string(app.name)
            switch app.settings {
            case .apns: device["token"] = .string(String(repeating: "5a", count: 31) + "0\(index % 10)")
            case .fcm: device["token"] = .string("sample-token-\(index + 1)")
            case .webpush(let webPush):
                let pattern = webPush.settings.allowedHosts.first ?? "push.example.com"
                let host = pattern.replacingOccurrences(of: "*", with: "sample")
                // The keys of RFC 8291 section 5.
                device["subscription"] = [
                    "endpoint": .string("https://\(host)/sample/\(index + 1)"),
                    "keys": [
                        "p256dh":
                            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
                        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
                    ],
                ]
            }
            return PreviewPerson.Registration(.deviceRegistered, device, name: "the sample device of \(app.name)")
        }
        return PreviewPerson(userID: nil, registrations: registrations, isSample: true)
    }

    /// A line for each key that is not there: what it would sign has a placeholder. Other warnings are for `belfry check`.
    var notes: [String] {
        setAside.filter { $0.key.hasPrefix("apps[") }.map {
            "\($0.description); a placeholder stands for what it would sign"
        }
    }
}

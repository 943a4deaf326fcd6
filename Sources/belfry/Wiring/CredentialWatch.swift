import PushCore
import PushPipeline

/// Notices that files of credentials change, and reads what is in them then.
///
/// What a file holds is compared, and not its dates or its number: Kubernetes changes a secret by turning a symbolic link, and
/// other tools keep the dates. A machine of values: it is given the files and the time.
struct CredentialWatch: Sendable {
    /// What became of a change.
    enum Finding: Sendable {
        /// It can be used from now on, though something may be said about it.
        case usable(AppCredential, warnings: [Problem])
        /// The credential in use stays.
        case unusable([Problem])
        /// What is in use is in the files again.
        case restored
    }

    /// A finding, and the app that it is about.
    struct Change: Sendable {
        let provider: Provider
        let app: String
        let files: [String]
        let finding: Finding
    }

    private struct Watched: Sendable {
        /// Among the apps of the configuration.
        let index: Int
        let app: Configuration.App
        let files: [String]
        /// What the files hold, by path.
        var state: SettledChange<[String: FileSnapshot.Content]>
    }

    private let fileSystem: FileSystem
    private var watched: [Watched] = []

    /// Takes what is in the files now for what is in use: to be made before the credentials are read.
    init(_ configuration: Configuration, _ fileSystem: FileSystem) {
        self.fileSystem = fileSystem
        for (index, app) in configuration.apps.enumerated() {
            let files = app.credentialFiles
            let snapshot = FileSnapshot(of: files, from: fileSystem, octetsMax: AppCredentials.octetsMax)
            let state = SettledChange(inUse: snapshot.contents)
            watched.append(Watched(index: index, app: app, files: files, state: state))
        }
    }

    /// Looks at all files once.
    ///
    /// `nowMs`: Milliseconds since the Unix epoch; certificates end.
    mutating func look(nowMs: Int64) -> [Change] {
        watched.indices.compactMap { position in
            let snapshot = FileSnapshot(
                of: watched[position].files,
                from: fileSystem,
                octetsMax: AppCredentials.octetsMax
            )
            guard watched[position].state.settles(snapshot.contents) else { return nil }
            let finding = judge(position, snapshot, nowMs)
            let app = watched[position].app
            return Change(provider: app.provider, app: app.name, files: watched[position].files, finding: finding)
        }
    }

    private mutating func judge(_ position: Int, _ snapshot: FileSnapshot, _ nowMs: Int64) -> Finding {
        let entry = watched[position]
        if snapshot.contents == entry.state.inUse { return .restored }
        var problems: [Problem] = []
        let credential = AppCredentials.credential(
            of: entry.app,
            at: entry.index,
            from: snapshot.files(over: fileSystem),
            nowMs: nowMs,
            &problems
        )
        guard let credential, !problems.contains(where: { $0.severity == .error }) else { return .unusable(problems) }
        watched[position].state.use(snapshot.contents)
        return .usable(credential, warnings: problems)
    }
}

extension Configuration.App {
    /// The files that the app's credential is in.
    var credentialFiles: [String] {
        switch settings {
        case .apns(let settings):
            [settings.certificateFile, settings.keyFile].compactMap(\.self).filter { !$0.isEmpty }
        case .fcm(let settings): [settings.serviceAccountFile]
        case .webpush(let settings): [settings.vapidKeyFile]
        }
    }
}

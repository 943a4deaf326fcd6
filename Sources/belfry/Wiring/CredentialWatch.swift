import PushCore
import PushCrypto
import PushPipeline

/// Notices that files of credentials change, and reads what is in them then.
///
/// What a file holds is compared, and not its dates or its number: Kubernetes changes a secret by turning a symbolic link, and
/// other tools keep the dates. What is new counts when it is found twice in a row, so that a file that is being written, or
/// a certificate whose key comes a moment later, is not judged halfway. A machine of values: it is given the files and the time.
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

    /// What a file holds, without keeping a secret in memory.
    private enum Content: Hashable, Sendable {
        /// SHA-256.
        case digest([UInt8])
        case unreadable(FileSystem.Failure)
    }

    private struct Watched: Sendable {
        /// Among the apps of the configuration.
        let index: Int
        let app: Configuration.App
        let files: [String]
        /// What the credential in use was read from.
        var inUse: [Content]
        /// What was found last, by whatever look.
        var seen: [Content]
        /// What was judged last.
        var judged: [Content]
    }

    private let fileSystem: FileSystem
    private var watched: [Watched] = []

    /// Takes what is in the files now for what is in use: to be made before the credentials are read.
    init(_ configuration: Configuration, _ fileSystem: FileSystem) {
        self.fileSystem = fileSystem
        for (index, app) in configuration.apps.enumerated() {
            let files = app.credentialFiles
            let contents = files.map { Self.read($0, from: fileSystem).content }
            watched.append(
                Watched(index: index, app: app, files: files, inUse: contents, seen: contents, judged: contents)
            )
        }
    }

    /// Looks at all files once.
    ///
    /// `nowMs`: Milliseconds since the Unix epoch; certificates end.
    mutating func look(nowMs: Int64) -> [Change] {
        watched.indices.compactMap { position in
            var snapshot: [String: Result<[UInt8], FileSystem.Failure>] = [:]
            var contents: [Content] = []
            for file in watched[position].files {
                let (content, octets) = Self.read(file, from: fileSystem)
                contents.append(content)
                snapshot[file] = octets
            }
            defer { watched[position].seen = contents }
            guard contents == watched[position].seen, contents != watched[position].judged else { return nil }
            watched[position].judged = contents
            let finding = judge(position, contents, snapshot, nowMs)
            let app = watched[position].app
            return Change(provider: app.provider, app: app.name, files: watched[position].files, finding: finding)
        }
    }

    private mutating func judge(
        _ position: Int,
        _ contents: [Content],
        _ snapshot: [String: Result<[UInt8], FileSystem.Failure>],
        _ nowMs: Int64
    ) -> Finding {
        let entry = watched[position]
        if contents == entry.inUse { return .restored }
        // What was compared is what is read: the files may have changed again.
        let files = FileSystem(
            read: { path, _ throws(FileSystem.Failure) in
                guard let found = snapshot[path] else { throw .missing }
                return try found.get()
            },
            status: fileSystem.status,
            list: fileSystem.list
        )
        var problems: [Problem] = []
        let credential = AppCredentials.credential(
            of: entry.app,
            at: entry.index,
            from: files,
            nowMs: nowMs,
            &problems
        )
        guard let credential, !problems.contains(where: { $0.severity == .error }) else { return .unusable(problems) }
        watched[position].inUse = contents
        return .usable(credential, warnings: problems)
    }

    private static func read(
        _ file: String,
        from fileSystem: FileSystem
    ) -> (content: Content, octets: Result<[UInt8], FileSystem.Failure>) {
        do throws(FileSystem.Failure) {
            let octets = try fileSystem.read(file, AppCredentials.octetsMax)
            let digest = SHA256.digest(of: octets.span)
            return (.digest(digest.indices.map { digest[$0] }), .success(octets))
        } catch {
            return (.unreadable(error), .failure(error))
        }
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

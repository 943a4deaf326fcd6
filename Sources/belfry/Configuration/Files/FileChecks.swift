import PushCore

/// Whether keys and certificates have to be there: what only tries out rules sends nothing.
package enum KeyFiles: Sendable {
    case required
    case mayBeAbsent
}

/// Checks the files that a configuration names: keys, certificates and rules.
struct FileChecks {
    enum Secrecy {
        case open
        /// Others on the machine should not be able to read it.
        case secret
    }

    let fileSystem: FileSystem
    /// What relative paths start at: the folder of the configuration file.
    let folder: String
    let log: ProblemLog
    var keys = KeyFiles.required

    /// Far above any key or certificate bundle.
    private static let octetsMax = 4 << 20

    /// The resolved path; nil where the file cannot be used.
    func check(_ file: Located<String>, secrecy: Secrecy) -> String? {
        let text = file.value
        guard !text.contains("\n"), !text.contains("-----BEGIN"), text.utf8.count <= 4_096 else {
            // The value may be the key itself: not shown.
            log.add(
                Problem(at: file.place, key: file.key, message: "not a path: write the key to a file and name it here")
            )
            return nil
        }
        let path = FileGlob.join(folder, text)
        guard let status = fileSystem.status(path) else {
            guard keys == .mayBeAbsent else { return refuse(file, FileSystem.Failure.missing.message) }
            let message = FileSystem.Failure.missing.message
            log.add(Problem(.warning, at: file.place, key: file.key, value: displayed(text), message: message))
            return path
        }
        guard status.kind == .file else {
            return refuse(file, status.kind == .directory ? FileSystem.Failure.directory.message : "not a regular file")
        }
        do throws(FileSystem.Failure) {
            guard try !fileSystem.read(path, 1).isEmpty else { return refuse(file, "the file is empty") }
        } catch {
            return refuse(file, error.message)
        }
        guard status.octets <= Self.octetsMax else {
            return refuse(file, "the file is too large", allowed: "at most \(Self.octetsMax) bytes")
        }
        if secrecy == .secret, status.permissions & 0o004 != 0 {
            let mode = String(status.permissions & 0o777, radix: 8)
            log.add(
                Problem(
                    .warning,
                    at: file.place,
                    key: file.key,
                    value: displayed(text),
                    message: "others on this machine can read the key (mode \(mode)); chmod 600 helps"
                )
            )
        }
        return path
    }

    /// Whether a file holds rule tests, which stand beside the rules and are none.
    static func isRuleTest(_ path: String) -> Bool {
        path.hasSuffix(".test.yaml") || path.hasSuffix(".test.yml")
    }

    /// The rule files that the globs match, sorted, each once; rule tests are passed over.
    ///
    /// A glob without a match is an error.
    func expand(_ globs: [Located<String>]) -> [String] {
        var files: Set<String> = []
        for glob in globs {
            switch FileGlob(fileSystem: fileSystem).match(FileGlob.join(folder, glob.value)) {
            case .files(let matched) where matched.isEmpty:
                _ = refuse(glob, "no file matches")
            case .files(let matched) where matched.allSatisfy(Self.isRuleTest):
                _ = refuse(glob, "only rule tests match: files that end in .test.yaml hold no rules")
            case .files(let matched):
                files.formUnion(matched.filter { !Self.isRuleTest($0) })
            case .tooMany:
                _ = refuse(glob, "the pattern walks through too many folders")
            }
        }
        return files.sorted()
    }

    private func refuse(_ file: Located<String>, _ message: String, allowed: String? = nil) -> String? {
        // A file name is never longer; a key pasted in place of one is.
        let isShown = file.value.utf8.count <= 128
        log.add(
            Problem(
                at: file.place,
                key: file.key,
                value: isShown ? displayed(file.value) : nil,
                message: message,
                allowed: allowed
            )
        )
        return nil
    }
}

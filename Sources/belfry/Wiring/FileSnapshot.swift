import PushCore
import PushCrypto
import Synchronization

/// What some files held at one moment: to be compared with another moment, and to be read from.
struct FileSnapshot: Sendable {
    /// What a file holds, as far as it takes to tell it from something else.
    enum Content: Hashable, Sendable {
        /// SHA-256.
        case digest([UInt8])
        case unreadable(FileSystem.Failure)
    }

    /// By path. Without what the files hold: it may be a secret.
    let contents: [String: Content]
    private let found: [String: Result<[UInt8], FileSystem.Failure>]

    /// `octetsMax`: As whoever reads the snapshot will ask for.
    init(of files: [String], from fileSystem: FileSystem, octetsMax: Int) {
        var contents: [String: Content] = [:]
        var found: [String: Result<[UInt8], FileSystem.Failure>] = [:]
        for file in files where contents[file] == nil {
            do throws(FileSystem.Failure) {
                let octets = try fileSystem.read(file, octetsMax)
                let digest = SHA256.digest(of: octets.span)
                contents[file] = .digest(digest.indices.map { digest[$0] })
                found[file] = .success(octets)
            } catch {
                contents[file] = .unreadable(error)
                found[file] = .failure(error)
            }
        }
        self.contents = contents
        self.found = found
    }

    /// The same files, holding what they held: what was compared is what is read, though they may have changed again.
    func files(over fileSystem: FileSystem) -> FileSystem {
        FileSystem(
            read: { [found] path, _ throws(FileSystem.Failure) in
                guard let octets = found[path] else { throw .missing }
                return try octets.get()
            },
            status: fileSystem.status,
            list: fileSystem.list
        )
    }
}

/// Tells when what is looked at again and again has changed.
///
/// What is new counts when it is found twice in a row, so that files which are being written, or of which a second one comes a
/// moment later, are not judged halfway.
struct SettledChange<State: Equatable & Sendable>: Sendable {
    /// What is used.
    private(set) var inUse: State
    /// What was found last, by whatever look.
    private var seen: State
    /// What was judged last.
    private var judged: State

    init(inUse state: State) {
        inUse = state
        seen = state
        judged = state
    }

    /// Takes what was found. True, once, when it has settled and is to be judged.
    mutating func settles(_ state: State) -> Bool {
        defer { seen = state }
        guard state == seen, state != judged else { return false }
        judged = state
        return true
    }

    /// What was found is judged now, settled or not.
    mutating func judge(_ state: State) {
        seen = state
        judged = state
    }

    /// What was judged is used from now on.
    mutating func use(_ state: State) { inUse = state }
}

/// Reads each file once: who asks again gets what was found first.
///
/// So all that is made of some files at start is made of the same text.
struct ReadOnce: Sendable {
    private struct Key: Hashable {
        let path: String
        let octetsMax: Int
    }

    private final class Found: Sendable {
        let results = Mutex<[Key: Result<[UInt8], FileSystem.Failure>]>([:])
    }

    let fileSystem: FileSystem

    init(_ underlying: FileSystem) {
        let found = Found()
        fileSystem = FileSystem(
            read: { path, octetsMax throws(FileSystem.Failure) in
                let key = Key(path: path, octetsMax: octetsMax)
                if let known = found.results.withLock({ $0[key] }) { return try known.get() }
                let result: Result<[UInt8], FileSystem.Failure>
                do throws(FileSystem.Failure) {
                    result = .success(try underlying.read(path, octetsMax))
                } catch {
                    result = .failure(error)
                }
                found.results.withLock { $0[key] = result }
                return try result.get()
            },
            status: underlying.status,
            list: underlying.list
        )
    }
}

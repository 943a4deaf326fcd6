private import Glibc
import PushCore
import Synchronization

/// The directory of snapshots: one file for each partition, and a lock that keeps other instances out.
package final class SnapshotFolder: Sendable {
    /// Why the directory cannot be used, for a person.
    package struct Unusable: Error, CustomStringConvertible {
        package let description: String
    }

    package let path: String
    private let lock: Int32
    /// What may not be renamed into place any more: the number of discards of each partition. Locked for each change of the folder.
    private let discards = Mutex([Int32: Int]())

    /// Makes the directory where it is missing, and locks it for the life of this object.
    package init(path: String) throws(Unusable) {
        self.path = path
        if unsafe mkdir(path, S_IRWXU) != 0, errno != EEXIST {
            throw Unusable(description: SnapshotFile.Failure("state.directory \(path) cannot be made").description)
        }
        lock = unsafe open("\(path)/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR)
        guard lock >= 0 else {
            throw Unusable(description: SnapshotFile.Failure("state.directory \(path) cannot be used").description)
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(lock)
            guard number == EWOULDBLOCK else {
                throw Unusable(
                    description: SnapshotFile.Failure("state.directory \(path) cannot be locked", number).description
                )
            }
            throw Unusable(
                description: "state.directory \(path) is in use by another instance; each needs a directory of its own"
            )
        }
    }

    deinit {
        close(lock)
    }

    // MARK: Files

    func file(_ partition: Int32) -> String { "\(path)/users-\(partition).snapshot" }

    /// Partitions of which there is a file.
    func partitions() -> [Int32] {
        names().compactMap { name in
            guard name.hasPrefix("users-"), name.hasSuffix(".snapshot") else { return nil }
            return Int32(name.dropFirst("users-".count).dropLast(".snapshot".count))
        }
    }

    private func names() -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            // SAFETY: the entry is good until the next call; its name ends with a zero.
            names.append(
                unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                    unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                }
            )
        }
        return names
    }

    /// Removes a partition's file, and keeps one that is being written from taking its place.
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    func discard(_ partition: Int32) -> Bool {
        discards.withLock { discards in
            discards[partition, default: 0] += 1
            let existed = unsafe unlink(file(partition)) == 0
            if existed { keep() }
            return existed
        }
    }

    /// Restores a partition from its file.
    ///
    /// `core`: Untouched where there is none that can be used.
    ///
    /// - Returns: The offset from which the log is to be read, and how many records there were; nil where there is no file.
    /// - Throws: why the file is not to be used.
    func restore(
        _ core: inout UsersCore,
        _ expectation: SnapshotHeader.Expectation
    ) throws(SnapshotFile.Refused) -> (offset: Int64, records: Int)? {
        var restored = core
        let header = try unsafe SnapshotFile.read(file(core.partition), expectation) { key, value in
            unsafe restored.restore(key: key, value: value)
        }
        guard let header else { return nil }
        restored.follow(epoch: header.epoch)
        core = restored
        return (header.offset, header.count)
    }

    /// To be asked before a snapshot is taken, and shown when it is written.
    func discardCount(_ partition: Int32) -> Int { discards.withLock { $0[partition] ?? 0 } }

    /// Writes a partition's file, in place of the one that there is.
    ///
    /// `discardCount`: As it was when the records were copied: where it is another now, they are not kept.
    ///
    /// - Returns: The file's size; nil where it was discarded meanwhile.
    /// - Throws: where the system refuses.
    func write(
        _ header: SnapshotHeader,
        _ image: UsersCore.Image,
        discardCount: Int
    ) throws(SnapshotFile.Failure) -> Int? {
        let partition = header.origin.partition
        let temporary = "\(path)/users-\(partition).new"
        let size: Int
        do {
            size = try SnapshotFile.write(header, image, to: temporary)
        } catch {
            unsafe unlink(temporary)
            throw error
        }
        let outcome: Int32? = discards.withLock { discards in
            guard discards[partition] ?? 0 == discardCount else { return nil }
            guard unsafe rename(temporary, file(partition)) == 0 else { return errno }
            keep()
            return 0
        }
        if outcome != 0 { unsafe unlink(temporary) }
        if let outcome, outcome != 0 { throw SnapshotFile.Failure("rename", outcome) }
        return outcome == nil ? nil : size
    }

    /// Has the disk keep what was renamed or removed.
    private func keep() {
        let directory = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }
}

private import Glibc
import PushCore
import PushCrypto

/// Octets of a snapshot on their way to a file, and back.
enum SnapshotFile {
    /// A call of the system that failed.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ what: String, _ number: Int32 = errno) {
            // SAFETY: the text is copied before another call can change it.
            description = unsafe "\(what): \(String(cString: strerror(number)))"
        }
    }

    /// A snapshot that is not used.
    struct Refused: Error {
        let reason: SnapshotHeader.Discard
        let detail: String
    }

    private static let chunkCount = 1 << 20
    private static let digestCount = 32

    // MARK: Writing

    /// Writes a new file, and has the disk keep it.
    ///
    /// - Returns: Its size.
    /// - Throws: where the system refuses. What there is of the file then stays.
    static func write(_ header: SnapshotHeader, _ image: UsersCore.Image, to path: String) throws(Failure) -> Int {
        // Left by a process that ended while it wrote.
        unsafe unlink(path)
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR)
        guard descriptor >= 0 else { throw Failure("open") }
        defer { close(descriptor) }
        var hash = SHA256()
        var chunk: [UInt8] = []
        chunk.reserveCapacity(2 * chunkCount)
        chunk += header.octets
        var size = 0
        var failure: Failure?
        image.forEach { key, value in
            if failure != nil { return }
            SnapshotHeader.append(UInt32(key.count), to: &chunk)
            SnapshotHeader.append(UInt32(value.count), to: &chunk)
            chunk += key
            chunk += value
            guard chunk.count >= chunkCount else { return }
            hash.update(chunk.span)
            failure = put(chunk, descriptor)
            size += chunk.count
            chunk.removeAll(keepingCapacity: true)
        }
        if let failure { throw failure }
        hash.update(chunk.span)
        let digest = hash.finalize()
        for index in digest.indices { chunk.append(digest[index]) }
        if let failure = put(chunk, descriptor) { throw failure }
        guard fsync(descriptor) == 0 else { throw Failure("fsync") }
        return size + chunk.count
    }

    private static func put(_ octets: [UInt8], _ descriptor: Int32) -> Failure? {
        var done = 0
        while done < octets.count {
            // SAFETY: the array outlives the call, which reads as many octets as are left.
            let count = unsafe octets.withUnsafeBytes { octets in
                unsafe Glibc.write(descriptor, octets.baseAddress.unsafelyUnwrapped + done, octets.count - done)
            }
            if count < 0 {
                if errno == EINTR { continue }
                return Failure("write")
            }
            done += count
        }
        return nil
    }

    // MARK: Reading

    /// Reads a file, and restores what is in it.
    ///
    /// The records are given out before the checksum is known: what was restored counts only when this returns.
    ///
    /// - Returns: nil where there is no file.
    /// - Throws: why it is not to be used.
    static func read(
        _ path: String,
        _ expectation: SnapshotHeader.Expectation,
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
    ) throws(Refused) -> SnapshotHeader? {
        let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw Refused(reason: .unreadable, detail: Failure("open").description)
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Refused(reason: .unreadable, detail: "no file")
        }
        var source = Source(descriptor: descriptor, count: Int(status.st_size) - digestCount)
        let header = try header(&source)
        if let reason = header.refusal(expectation) {
            throw Refused(reason: reason, detail: "\(header)")
        }
        for _ in 0..<header.count {
            var lengths = try source.next(8)[...]
            let keyCount = Int(SnapshotHeader.number(&lengths, UInt32.self) ?? 0)
            let valueCount = Int(SnapshotHeader.number(&lengths, UInt32.self) ?? 0)
            try unsafe source.lend(keyCount + valueCount) { octets in
                // SAFETY: so many octets are lent.
                let key = unsafe UnsafeRawBufferPointer(rebasing: octets[..<keyCount])
                unsafe body(key, UnsafeRawBufferPointer(rebasing: octets[keyCount...]))
            }
        }
        guard source.left == 0 else { throw Refused(reason: .damaged, detail: "more than its records") }
        let checksum = try source.checksum()
        guard source.digest() == checksum else { throw Refused(reason: .damaged, detail: "checksum") }
        return header
    }

    private static func header(_ source: inout Source) throws(Refused) -> SnapshotHeader {
        let prefix = try source.next(SnapshotHeader.prefixCount)
        guard prefix.starts(with: SnapshotHeader.magic) else {
            throw Refused(reason: .damaged, detail: "no snapshot")
        }
        var rest = prefix.dropFirst(SnapshotHeader.magic.count)
        let version = SnapshotHeader.number(&rest, UInt32.self) ?? 0
        guard version == SnapshotHeader.version else {
            throw Refused(
                reason: version > SnapshotHeader.version ? .laterVersion : .damaged,
                detail: "version \(version)"
            )
        }
        let count = Int(SnapshotHeader.number(&rest, UInt32.self) ?? 0)
        guard count <= 65_536, let header = SnapshotHeader(fields: try source.next(count)) else {
            throw Refused(reason: .damaged, detail: "header")
        }
        return header
    }

    /// Octets of a file in their order, all of which are added to the checksum.
    private struct Source: ~Copyable {
        private let descriptor: Int32
        /// Of the file, without the checksum at its end, what was not taken.
        private(set) var left: Int
        private var hash = SHA256()
        private var chunk: [UInt8] = []
        private var position = 0
        /// Octets that are still in the file.
        private var unread: Int

        init(descriptor: Int32, count: Int) {
            self.descriptor = descriptor
            left = max(0, count)
            unread = count < 0 ? 0 : count + digestCount
        }

        /// Takes so many octets.
        mutating func next(_ count: Int) throws(Refused) -> [UInt8] {
            var taken: [UInt8] = []
            try unsafe lend(count) { unsafe taken.append(contentsOf: $0) }
            return taken
        }

        /// Takes so many octets without a copy.
        mutating func lend(_ count: Int, _ body: (UnsafeRawBufferPointer) -> Void) throws(Refused) {
            guard count <= left else { throw Refused(reason: .damaged, detail: "it ends too early") }
            try fill(count)
            left -= count
            let range = position..<position + count
            position += count
            // SAFETY: the range lies inside the chunk, which is lent for the call.
            unsafe chunk.withUnsafeBytes { unsafe body(UnsafeRawBufferPointer(rebasing: $0[range])) }
        }

        /// The checksum that stands in the file, behind all that was taken.
        mutating func checksum() throws(Refused) -> [UInt8] {
            try fill(digestCount)
            addTaken()
            return chunk
        }

        /// The checksum of what was taken.
        consuming func digest() -> [UInt8] {
            let digest = hash.finalize()
            return digest.indices.map { digest[$0] }
        }

        /// Adds to the checksum what was taken of the chunk, and drops it.
        private mutating func addTaken() {
            // Out of `self`, which the checksum is a part of.
            var octets: [UInt8] = []
            swap(&octets, &chunk)
            hash.update(octets.span.extracting(0..<position))
            octets.removeSubrange(..<position)
            swap(&octets, &chunk)
            position = 0
        }

        private mutating func fill(_ count: Int) throws(Refused) {
            if chunk.count - position >= count { return }
            addTaken()
            while chunk.count < count {
                let wanted = min(unread, max(chunkCount, count - chunk.count))
                guard wanted > 0 else { throw Refused(reason: .damaged, detail: "it ends too early") }
                let before = chunk.count
                chunk.append(contentsOf: repeatElement(0, count: wanted))
                // SAFETY: there is room for as many octets behind those that were there.
                let got = unsafe chunk.withUnsafeMutableBytes { octets in
                    unsafe Glibc.read(descriptor, octets.baseAddress.unsafelyUnwrapped + before, wanted)
                }
                chunk.removeLast(wanted - max(0, got))
                if got < 0 {
                    if errno == EINTR { continue }
                    throw Refused(reason: .unreadable, detail: Failure("read").description)
                }
                if got == 0 { throw Refused(reason: .damaged, detail: "it ends too early") }
                unread -= got
            }
        }
    }
}

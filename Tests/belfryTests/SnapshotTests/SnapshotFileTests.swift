import Foundation
import PushCore
import PushCrypto
import Testing

@testable import PushPipeline

@Suite("Snapshots: files")
final class SnapshotFileTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("snapshots-\(UUID().uuidString)")
        .path
    private static let origin = SnapshotHeader.Origin(
        clusterID: "cluster",
        topic: "push.users",
        partition: 3,
        partitionCount: 8
    )
    private static let nowMs: Int64 = 1_800_000_000_000
    private let expectation = SnapshotHeader.Expectation(
        origin: origin,
        low: 0,
        high: 1_000,
        nowMs: nowMs,
        maxAgeMs: 60_000
    )

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func header(_ change: (inout SnapshotHeader) -> Void = { _ in }) -> SnapshotHeader {
        var header = SnapshotHeader(
            origin: Self.origin,
            offset: 500,
            end: 500,
            epoch: 7,
            createdAtMs: Self.nowMs - 1_000,
            count: 0
        )
        change(&header)
        return header
    }

    private func core(_ users: Int) -> UsersCore {
        var core = UsersCore(
            partition: 3,
            configuration: UsersConfiguration(apps: []),
            digests: .openSSL
        )
        for user in 0..<users { core.restore(key: "u:\(user)", value: Array("value \(user)".utf8)) }
        return core
    }

    /// Writes a snapshot and gives its file.
    private func write(_ folder: SnapshotFolder, users: Int, _ change: (inout SnapshotHeader) -> Void = { _ in }) throws
        -> String
    {
        let image = core(users).image
        let header = header {
            $0.count = image.count
            change(&$0)
        }
        let size = try folder.write(header, image, discardCount: folder.discardCount(3))
        #expect(size != nil)
        return folder.file(3)
    }

    private func read(_ file: String) throws(SnapshotFile.Refused) -> [String: String]? {
        var records: [String: String] = [:]
        let header = try unsafe SnapshotFile.read(file, expectation) { key, value in
            unsafe records[String(decoding: key, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
        }
        return header == nil ? nil : records
    }

    @Test("what was written is read, and nobody else may read it")
    func roundTrip() throws {
        let folder = try SnapshotFolder(path: folder)
        #expect(try read(folder.file(3)) == nil)
        let file = try write(folder, users: 5_000)
        let records = try #require(try read(file))
        #expect(records.count == 5_000 && records["u:4711"] == "value 4711")
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        #expect(folder.partitions() == [3])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["lock", "users-3.snapshot"]
        )
    }

    @Test("a snapshot with any octet changed is refused")
    func flips() throws {
        let folder = try SnapshotFolder(path: folder)
        let file = try write(folder, users: 3)
        let octets = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        for index in octets.indices {
            for bit in [0, 7] {
                var changed = octets
                changed[index] ^= 1 << UInt8(bit)
                try Data(changed).write(to: URL(fileURLWithPath: file))
                #expect(throws: SnapshotFile.Refused.self, "octet \(index)") { try self.read(file) }
            }
        }
        try Data(octets).write(to: URL(fileURLWithPath: file))
        #expect(try read(file)?.count == 3)
    }

    @Test("a snapshot that is cut or goes on is refused")
    func lengths() throws {
        let folder = try SnapshotFolder(path: folder)
        let file = try write(folder, users: 3)
        let octets = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        for count in 0..<octets.count {
            try Data(octets[..<count]).write(to: URL(fileURLWithPath: file))
            #expect(throws: SnapshotFile.Refused.self, "\(count) octets") { try self.read(file) }
        }
        try Data(octets + [0]).write(to: URL(fileURLWithPath: file))
        #expect(throws: SnapshotFile.Refused.self) { try self.read(file) }
    }

    @Test("a later version's snapshot is discarded for that reason, with its checksum right")
    func laterVersion() throws {
        let folder = try SnapshotFolder(path: folder)
        let file = try write(folder, users: 3)
        var octets = Array(try Data(contentsOf: URL(fileURLWithPath: file)).dropLast(32))
        octets[8] += 1
        let digest = SHA256.digest(of: octets.span)
        octets += digest.indices.map { digest[$0] }
        try Data(octets).write(to: URL(fileURLWithPath: file))
        #expect(refusal(file) == .laterVersion)
    }

    @Test(
        "a snapshot that does not fit is refused, and the reason said",
        arguments: [
            ("another cluster", .foreign), ("another topic", .foreign), ("another count", .foreign),
            ("another partition", .foreign), ("behind the end", .outsideLog), ("before the beginning", .outsideLog),
            ("too old", .tooOld), ("from tomorrow", .tooOld),
        ] as [(String, SnapshotHeader.Discard)]
    )
    func misfits(_ what: String, _ reason: SnapshotHeader.Discard) throws {
        let folder = try SnapshotFolder(path: folder)
        let file = try write(folder, users: 3) { header in
            let known = Self.origin
            func origin(_ cluster: String, _ topic: String, _ partition: Int32, _ count: Int32) -> SnapshotHeader.Origin
            {
                .init(clusterID: cluster, topic: topic, partition: partition, partitionCount: count)
            }
            switch what {
            case "another cluster": header.origin = origin("other", known.topic, 3, 8)
            case "another topic": header.origin = origin(known.clusterID, "other", 3, 8)
            case "another count": header.origin = origin(known.clusterID, known.topic, 3, 9)
            case "another partition": header.origin = origin(known.clusterID, known.topic, 4, 8)
            case "behind the end": header.end = 1_001
            case "before the beginning": header.offset = -1
            case "too old": header.createdAtMs = Self.nowMs - 60_001
            default: header.createdAtMs = Self.nowMs + 86_400_000
            }
        }
        let written = what == "another partition" ? folder.file(4) : file
        #expect(refusal(written) == reason)
    }

    private func refusal(_ file: String) -> SnapshotHeader.Discard? {
        do {
            _ = try read(file)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("a directory serves one instance at a time")
    func lock() throws {
        var first: SnapshotFolder? = try SnapshotFolder(path: folder)
        #expect(first?.partitions() == [])
        let error = #expect(throws: SnapshotFolder.Unusable.self) { try SnapshotFolder(path: self.folder) }
        #expect(error?.description.contains("in use by another instance") == true)
        first = nil
        #expect(throws: Never.self) { try SnapshotFolder(path: self.folder) }
    }

    @Test("what was discarded while it was written does not come back")
    func discarded() throws {
        let folder = try SnapshotFolder(path: folder)
        _ = try write(folder, users: 3)
        let image = core(3).image
        let before = folder.discardCount(3)
        #expect(folder.discard(3))
        #expect(try folder.write(header { $0.count = image.count }, image, discardCount: before) == nil)
        #expect(folder.partitions() == [] && !folder.discard(3))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["lock"])
    }
}

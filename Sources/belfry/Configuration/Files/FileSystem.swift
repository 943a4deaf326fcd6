import Foundation

/// The files that configuration is read from.
///
/// The live one is the machine's; tests hold theirs in memory.
package struct FileSystem: Sendable {
    package enum Failure: Error, Hashable, Sendable {
        case missing
        case forbidden
        case directory
        /// Anything else, in the words of the system.
        case other(String)

        package var message: String {
            switch self {
            case .missing: "no such file"
            case .forbidden: "the file may not be read (permissions)"
            case .directory: "a folder, not a file"
            case .other(let words): "the file cannot be read: \(words)"
            }
        }
    }

    /// What is at a path, symbolic links followed.
    package struct Status: Sendable {
        package enum Kind: Sendable {
            case file
            case directory
            case other
        }

        package var kind: Kind
        package var octets: Int
        /// POSIX permission bits, such as 0o600.
        package var permissions: Int

        package init(kind: Kind, octets: Int, permissions: Int) {
            self.kind = kind
            self.octets = octets
            self.permissions = permissions
        }
    }

    /// The first octets of a file, at most as many as asked for.
    package var read: @Sendable (_ path: String, _ octetsMax: Int) throws(Failure) -> [UInt8]
    /// Nil where nothing is there, or it cannot be looked at.
    package var status: @Sendable (_ path: String) -> Status?
    /// The names in a directory, in any order; empty where it cannot be listed.
    package var list: @Sendable (_ directory: String) -> [String]

    package init(
        read: @escaping @Sendable (_ path: String, _ octetsMax: Int) throws(Failure) -> [UInt8],
        status: @escaping @Sendable (_ path: String) -> Status?,
        list: @escaping @Sendable (_ directory: String) -> [String]
    ) {
        self.read = read
        self.status = status
        self.list = list
    }

    /// The machine's files; relative paths start at the working directory.
    package static var live: FileSystem {
        FileSystem(read: liveRead, status: liveStatus, list: liveList)
    }

    @Sendable
    private static func liveRead(_ path: String, _ octetsMax: Int) throws(Failure) -> [UInt8] {
        if liveStatus(path)?.kind == .directory { throw .directory }
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: path))
            var octets: [UInt8] = []
            // A pipe gives what it has: only nothing means the end.
            while octets.count < octetsMax,
                let chunk = try handle.read(upToCount: octetsMax - octets.count), !chunk.isEmpty
            {
                octets.append(contentsOf: chunk)
            }
            try handle.close()
            return octets
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
            throw .missing
        } catch let error as CocoaError where error.code == .fileReadNoPermission {
            throw .forbidden
        } catch {
            throw .other("\(error.localizedDescription)")
        }
    }

    @Sendable
    private static func liveStatus(_ path: String) -> Status? {
        // Secrets mounted by Kubernetes are symbolic links, and `attributesOfItem` describes the link itself.
        let target = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target) else { return nil }
        let type = attributes[.type] as? FileAttributeType
        let kind: Status.Kind =
            switch type {
            case .typeRegular: .file
            case .typeDirectory: .directory
            default: .other
            }
        return Status(
            kind: kind,
            octets: (attributes[.size] as? NSNumber)?.intValue ?? 0,
            permissions: (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
        )
    }

    @Sendable
    private static func liveList(_ directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory.isEmpty ? "." : directory)) ?? []
    }
}

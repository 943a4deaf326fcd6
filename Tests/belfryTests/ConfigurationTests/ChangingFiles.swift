import Synchronization

@testable import belfry

/// Files that tests change while they are watched: those of ``Sample``, and what a test adds.
final class ChangingFiles: Sendable {
    private let files: Mutex<MemoryFiles>

    init(_ texts: [String: String]) {
        var memory = Sample.files
        for (path, text) in texts { memory.files[path] = Array(text.utf8) }
        files = Mutex(memory)
    }

    var memory: MemoryFiles { files.withLock { $0 } }

    subscript(path: String) -> String? {
        get { memory.files[path].map { String(decoding: $0, as: UTF8.self) } }
        set { files.withLock { $0.files[path] = newValue.map { Array($0.utf8) } } }
    }

    var fileSystem: FileSystem {
        FileSystem(
            read: { path, octetsMax throws(FileSystem.Failure) in
                try self.memory.fileSystem.read(path, octetsMax)
            },
            status: { self.memory.fileSystem.status($0) },
            list: { self.memory.fileSystem.list($0) }
        )
    }
}

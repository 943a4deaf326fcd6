import Foundation

/// Writes a file that holds a secret, where there was none.
enum NewPrivateFile {
    /// Why it was not written.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Creates the file with mode 0600 and writes the text.
    ///
    /// - Throws: ``Failure`` where something exists at the path already, even a symbolic link that leads nowhere, or it cannot
    ///   be written.
    static func write(_ text: String, to path: String) throws(Failure) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        // SAFETY: the path is passed as a NUL-terminated copy that lives for the call, and open keeps no pointer.
        let descriptor = unsafe open(path, flags, 0o600)
        guard descriptor >= 0 else {
            let code = errno
            if code == EEXIST { throw Failure(description: "\(path): exists already, and is not overwritten") }
            // SAFETY: strerror gives a NUL-terminated string that is copied at once.
            throw Failure(description: "\(path): cannot be written: \(unsafe String(cString: strerror(code)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(text.utf8))
            try file.synchronize()
            try file.close()
        } catch {
            throw Failure(description: "\(path): cannot be written: \(error.localizedDescription)")
        }
    }
}

internal import Foundation

/// Files that hold keys or what clients sent: readable by their owner only.
enum PrivateFile {
    /// How an existing file is treated.
    enum Mode {
        case replace
        case append
    }

    /// Opens a file for writing, with mode 0600 where it is new.
    ///
    /// - Throws: `SimulatorError` with the path and the system's words.
    static func open(_ path: String, _ mode: Mode) throws(SimulatorError) -> FileHandle {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (mode == .append ? O_APPEND : O_TRUNC)
        // SAFETY: the path is passed as a NUL-terminated copy that lives for the call, and open keeps no pointer.
        let descriptor = unsafe Foundation.open(path, flags, 0o600)
        guard descriptor >= 0 else {
            throw SimulatorError("cannot write \(path)", code: errno)
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Replaces the content of a file.
    ///
    /// - Throws: `SimulatorError` with the path and the system's words.
    static func write(_ text: String, to path: String) throws(SimulatorError) {
        let file = try open(path, .replace)
        do {
            try file.write(contentsOf: Data(text.utf8))
            try file.close()
        } catch {
            throw SimulatorError("cannot write \(path): \(error.localizedDescription)")
        }
    }
}

/// Why a simulator could not start, in words for a person.
package struct SimulatorError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }

    /// What failed, and the system's words for an `errno` code.
    init(_ what: String, code: CInt) {
        // SAFETY: strerror gives a NUL-terminated string that is copied at once.
        self.init("\(what): \(unsafe String(cString: strerror(code)))")
    }
}

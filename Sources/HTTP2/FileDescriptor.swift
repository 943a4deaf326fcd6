internal import Glibc

/// One open file descriptor, closed when its owner lets go of it.
struct FileDescriptor: ~Copyable {
    /// The descriptor, or -1 for none.
    let rawValue: CInt

    /// Takes over a descriptor from the operating system; -1 stands for none.
    init(owning rawValue: CInt) {
        self.rawValue = rawValue
    }

    deinit {
        // The result says nothing that could be acted on: after close, Linux has freed the number in every case.
        if rawValue >= 0 { _ = close(rawValue) }
    }
}

/// The operating system's words for an error number.
func systemErrorText(_ code: CInt) -> String {
    // SAFETY: strerror_r is given a buffer and its true size, and returns a zero-terminated string: the buffer or a constant.
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        guard let base = buffer.baseAddress else { return "error \(code)" }
        return unsafe strerror_r(code, base, buffer.count) == 0 ? String(cString: base) : "error \(code)"
    }
}

private import COpenSSL
private import Glibc

/// Why something cannot be measured, for a person.
package struct YardstickError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }

    /// A call of the operating system that failed just now on this thread.
    static func system(_ call: String) -> YardstickError {
        let code = errno
        // SAFETY: the text is copied at once; it is the C library's own, for any number.
        return unsafe YardstickError("\(call): \(String(cString: strerror(code)))")
    }

    /// A call of OpenSSL that failed just now on this thread, with the first cause.
    static func openSSL(_ call: String) -> YardstickError {
        let code = ERR_get_error()
        ERR_clear_error()
        // SAFETY: a constant of the library; nil where it has none.
        guard let reason = unsafe ERR_reason_error_string(code) else { return YardstickError("\(call): error \(code)") }
        return unsafe YardstickError("\(call): \(String(cString: reason))")
    }
}

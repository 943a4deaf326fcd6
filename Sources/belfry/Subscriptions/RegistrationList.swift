/// The registrations that a command is about, in order.
struct RegistrationList {
    struct Entry: Hashable {
        /// The line of the file, or which of the arguments it is; from 1.
        let place: Int
        let registration: String
    }

    struct Failure: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    /// Some 400,000 tokens.
    static let octetsMax = 64 << 20

    let entries: [Entry]

    init(arguments: [String]) {
        entries = arguments.enumerated().map { Entry(place: $0.offset + 1, registration: $0.element) }
    }

    /// One registration a line; white space around it and empty lines do not count.
    ///
    /// - Throws: ``Failure`` where the file cannot be read, is too large, not UTF-8, or without a registration.
    init(file: String, _ fileSystem: FileSystem) throws(Failure) {
        let octets: [UInt8]
        do throws(FileSystem.Failure) {
            octets = try fileSystem.read(file, Self.octetsMax + 1)
        } catch {
            throw Failure(description: "\(file): \(error.message)")
        }
        if octets.count > Self.octetsMax {
            throw Failure(description: "\(file): more than \(Self.octetsMax >> 20) MiB: split the file")
        }
        guard let text = String(validating: octets, as: UTF8.self) else {
            throw Failure(description: "\(file): not UTF-8")
        }
        var entries: [Entry] = []
        // CR LF is one character of Swift's: lines are of octets.
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let isText: (UInt8) -> Bool = { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
        for (index, line) in lines.enumerated() {
            guard let first = line.firstIndex(where: isText), let last = line.lastIndex(where: isText) else { continue }
            entries.append(Entry(place: index + 1, registration: String(Substring(line[first...last]))))
        }
        if entries.isEmpty { throw Failure(description: "\(file): no registration in it (one a line)") }
        self.entries = entries
    }
}

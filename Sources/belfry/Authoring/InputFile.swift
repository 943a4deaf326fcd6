import ArgumentParser

/// A file that a command was given to read, or standard input for `-`.
enum InputFile {
    /// As much as the largest record that is decoded, and one octet more, which shows that there is more.
    private static let octetsMax = (16 << 20) + 1

    /// - Throws: exit code 1, after saying why.
    static func read(_ path: String) throws -> [UInt8] {
        do throws(FileSystem.Failure) {
            return try FileSystem.live.read(path == "-" ? "/dev/stdin" : path, octetsMax)
        } catch {
            StandardError.line("belfry: \(path): \(error.message)")
            throw ExitCode.failure
        }
    }
}

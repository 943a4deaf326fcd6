import Foundation

/// The folder of one run: configuration, rules, faults, keys and log, as they would lie on a server.
struct DemoFiles: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let folder: String

    /// Makes a new folder that only this user can read.
    ///
    /// - Throws: where there is no place for it.
    init() throws {
        var template = Array((NSTemporaryDirectory() + "/belfry-demo-XXXXXX").utf8CString)
        // SAFETY: the template is ours, ends with a zero and has the six letters that mkdtemp(3) replaces.
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) } != nil
        }
        guard made else { throw Failure(description: "no temporary folder: error \(errno)") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .replacingOccurrences(of: "//", with: "/")
    }

    var configuration: String { "\(folder)/belfry.yaml" }
    var rules: String { "\(folder)/rules/shop.yaml" }
    var faults: String { "\(folder)/faults.yaml" }
    var keys: String { "\(folder)/tls" }
    var log: String { "\(folder)/belfry.log" }

    /// Writes a file, and the folders above it.
    func write(_ text: String, to path: String) throws {
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// Removes the folder with all that is in it.
    func remove() throws {
        try FileManager.default.removeItem(atPath: folder)
    }
}

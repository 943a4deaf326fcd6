import Foundation
import PushCore

extension TimeZoneDatabase {
    /// Where the time zone database of the system is, unless the variable `TZDIR` says otherwise.
    private static let systemDirectory = "/usr/share/zoneinfo"

    /// All zones of the system, read once, since an evaluation must not wait for a disk; without a database there is none.
    static func read(environment: [String: String]) -> TimeZoneDatabase {
        let directory = environment["TZDIR"] ?? systemDirectory
        var files: [String: [UInt8]] = [:]
        for name in FileManager.default.enumerator(atPath: directory)?.compactMap({ $0 as? String }) ?? [] {
            // The same zones again, with other ways of counting leap seconds.
            if name.hasPrefix("posix/") || name.hasPrefix("right/") { continue }
            guard let contents = FileManager.default.contents(atPath: "\(directory)/\(name)") else { continue }
            files[name] = Array(contents)
        }
        return TimeZoneDatabase(files: files)
    }
}

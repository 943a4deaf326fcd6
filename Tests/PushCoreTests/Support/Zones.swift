import Foundation

@testable import PushCore

/// Time zones of the system that tests go by.
enum Zones {
    static let database: TimeZoneDatabase = {
        var files: [String: [UInt8]] = [:]
        for name in [
            "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia",
            "America/Havana",
            "Pacific/Kiritimati", "Asia/Kathmandu",
        ] {
            files[name] = FileManager.default.contents(atPath: "/usr/share/zoneinfo/\(name)").map { Array($0) }
        }
        return TimeZoneDatabase(files: files)
    }()

    static func clock(_ zone: String) -> LocalClock { LocalClock(database.rules(of: zone)) }
}

extension Make {
    /// Milliseconds of a time in RFC 3339.
    static func ms(_ text: String) -> Int64 {
        guard let parsed = RFC3339.parse(text) else { preconditionFailure("\(text) is a time") }
        return parsed
    }
}

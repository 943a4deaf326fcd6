/// The time zones by their names, such as `Europe/Berlin`, as rules and quiet hours ask for them.
package struct TimeZoneDatabase: Sendable {
    private let zones: [String: TimeZoneRules]

    /// A database without a zone.
    package init() { zones = [:] }

    /// The zones of the files that are in the form of the database, by their names; others are left out.
    package init(files: [String: [UInt8]]) { zones = files.compactMapValues { TimeZoneRules($0) } }

    /// The names of all zones.
    package var names: [String] { Array(zones.keys) }

    package var isEmpty: Bool { zones.isEmpty }

    package func has(_ zone: String) -> Bool { zones[zone] != nil }

    /// The rules of a zone; nil for an unknown one.
    func rules(of zone: String) -> TimeZoneRules? { zones[zone] }

    /// The seconds east of UTC in a zone at a time in seconds since 1970; nil for an unknown zone.
    package func offset(in zone: String, at time: Int64) -> Int? { zones[zone]?.offset(at: time) }
}

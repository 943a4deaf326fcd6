import PushCore
import Testing

struct TimeZoneTests {
    /// A file of the database with these changes, each with the index of its kind, and offsets by kind.
    private static func file(
        changes: [(time: Int64, kind: UInt8)],
        offsets: [Int32],
        footer: String
    ) -> [UInt8] {
        func octets(_ number: some FixedWidthInteger) -> [UInt8] {
            stride(from: number.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
        }
        func header(changeCount: Int, typeCount: Int) -> [UInt8] {
            let counts = [0, 0, 0, changeCount, typeCount, 4].map { octets(UInt32($0)) }
            return Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + counts.flatMap { $0 }
        }
        let name = Array("LMT\0".utf8)
        let old = header(changeCount: 0, typeCount: 1) + octets(Int32(0)) + [0, 0] + name
        var new = header(changeCount: changes.count, typeCount: offsets.count)
        new += changes.flatMap { octets($0.time) } + changes.map(\.kind)
        new += offsets.flatMap { octets($0) + [0, 0] } + name
        return old + new + Array("\n\(footer)\n".utf8)
    }

    @Test("Each change holds until the next, the first kind before all of them, the footer after the last")
    func changes() throws {
        let octets = Self.file(
            changes: [(-1_000, 1), (1_000, 2)],
            offsets: [3_208, 3_600, -7_200],
            footer: "CET-1CEST,M3.5.0,M10.5.0/3"
        )
        let rules = try #require(TimeZoneRules(octets))
        #expect(rules.offset(at: -1_001) == 3_208)
        #expect(rules.offset(at: -1_000) == 3_600)
        #expect(rules.offset(at: 999) == 3_600)
        // After the last change the footer decides: January 1970 is winter.
        #expect(rules.offset(at: 1_000) == 3_600)
        // 2024-03-31T00:59:59Z and a second later.
        #expect(rules.offset(at: 1_711_846_799) == 3_600)
        #expect(rules.offset(at: 1_711_846_800) == 7_200)
    }

    @Test(
        "A footer tells the offset of every year",
        arguments: [
            // Adelaide: summer over the turn of the year, half an hour; 2024-01-01, 2024-07-01.
            ("ACST-9:30ACDT,M10.1.0,M4.1.0/3", 1_704_067_200, 37_800),
            ("ACST-9:30ACDT,M10.1.0,M4.1.0/3", 1_719_792_000, 34_200),
            // New York: 2024-03-10T06:59:59Z and 07:00:00Z, 2024-11-03T05:59:59Z and 06:00:00Z.
            ("EST5EDT,M3.2.0,M11.1.0", 1_710_053_999, -18_000), ("EST5EDT,M3.2.0,M11.1.0", 1_710_054_000, -14_400),
            ("EST5EDT,M3.2.0,M11.1.0", 1_730_613_599, -14_400), ("EST5EDT,M3.2.0,M11.1.0", 1_730_613_600, -18_000),
            // Nuuk: the changes lie on the evening before.
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1_711_846_799, -7_200),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1_711_846_800, -3_600),
            // Day 60 without February 29 is March 1, day 59 with it February 29; in 2024.
            ("A0B,J60/0,300/0", 1_709_251_199, 0), ("A0B,J60/0,300/0", 1_709_251_200, 3_600),
            ("A0B,59/0,300/0", 1_709_164_799, 0), ("A0B,59/0,300/0", 1_709_164_800, 3_600),
            ("JST-9", 4_000_000_000, 32_400), ("", 4_000_000_000, -7_200),
        ] as [(String, Int64, Int)]
    )
    func footers(footer: String, time: Int64, offset: Int) throws {
        let octets = Self.file(changes: [(-5_000_000_000, 0)], offsets: [-7_200], footer: footer)
        #expect(try #require(TimeZoneRules(octets)).offset(at: time) == offset)
    }

    @Test(
        "Octets that are cut off or changed make no zone, or one within a day of UTC",
        .timeLimit(.minutes(10)),
        arguments: [UInt64.random(in: 0...(.max))]
    )
    func damage(seed: UInt64) {
        print("seed of the damaged zones: \(seed)")
        var state = seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let sound = Self.file(changes: [(0, 1), (9, 0)], offsets: [3_600, 0], footer: "CET-1CEST,M3.5.0,M10.5.0/3")
        for _ in 0..<5_000 {
            var octets = sound
            if random(3) == 0 { octets.removeLast(random(octets.count)) }
            for _ in 0..<random(4) where !octets.isEmpty { octets[random(octets.count)] = UInt8(random(256)) }
            guard let rules = TimeZoneRules(octets) else { continue }
            for time in [Int64(-62_135_596_800), 0, 5, 1_711_846_800, 253_402_300_799] {
                #expect((-700_000...700_000).contains(rules.offset(at: time)))
            }
        }
    }

    @Test("A database knows the zones of its files, and no others")
    func database() {
        let file = Self.file(changes: [], offsets: [3_600], footer: "CET-1")
        let database = TimeZoneDatabase(files: ["Europe/Berlin": file, "leapseconds": Array("# none".utf8)])
        #expect(database.offset(in: "Europe/Berlin", at: 0) == 3_600)
        #expect(database.offset(in: "leapseconds", at: 0) == nil)
        #expect(database.offset(in: "Europe/Atlantis", at: 0) == nil)
        #expect(TimeZoneDatabase().isEmpty && !database.isEmpty)
    }
}

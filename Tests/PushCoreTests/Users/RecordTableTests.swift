import Testing

@testable import PushCore

@Suite("Users: the table of records")
struct RecordTableTests {
    @Test(
        "holds what a dictionary holds, whatever comes, goes and changes its size",
        arguments: [1, 2, 3, 4, 5, 6] as [UInt64]
    )
    func likeADictionary(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = RecordTable()
        var reference: [String: [UInt8]] = [:]
        let keys = (0..<600).map { TableRecords.key($0, &random) }
        for step in 0..<4_000 {
            let key = keys[Int.random(in: 0..<keys.count, using: &random)]
            // In waves, so that segments are filled and given up.
            let isEbb = step / 500 % 2 == 1
            let value =
                Int.random(in: 0..<10, using: &random) < (isEbb ? 7 : 2) ? nil : TableRecords.value(key, &random)
            table[key] = value
            reference[key] = value
            if step % 7 == 0 { #expect(table[key] == value, "seed \(seed), step \(step)") }
        }
        #expect(table.count == reference.count, "seed \(seed)")
        for key in keys { #expect(table[key] == reference[key], "seed \(seed), key \(key)") }
        var visited: [String: [UInt8]] = [:]
        table.forEach { visited[String(decoding: $0, as: UTF8.self)] = $1 }
        #expect(visited == reference, "seed \(seed)")
        for key in keys { table[key] = nil }
        #expect(table.count == 0 && table.octetCount == 0, "seed \(seed)")
    }

    @Test("a copy stays as it is while the other goes on", arguments: [11, 12] as [UInt64])
    func copies(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = RecordTable()
        let keys = (0..<400).map { TableRecords.key($0, &random) }
        for key in keys { table[key] = TableRecords.value(key, &random) }
        let before = keys.map { table[$0] }
        let copy = table
        for key in keys { table[key] = Bool.random(using: &random) ? nil : TableRecords.value(key, &random) }
        #expect(keys.map { copy[$0] } == before, "seed \(seed)")
    }

    @Test("what is given back is used again: thousands of changes take no more than the records need")
    func memory() {
        var random = SeededGenerator(seed: 21)
        var store = BlockStore()
        var places = (0..<5_000).map { _ in store.take(words: Int.random(in: 20...90, using: &random)) }
        for _ in 0..<100_000 {
            let index = Int.random(in: 0..<places.count, using: &random)
            store.giveBack(places[index])
            places[index] = store.take(words: Int.random(in: 20...90, using: &random))
            if store.isSparse {
                let moves = Dictionary(uniqueKeysWithValues: store.giveUpEmptiest().map { ($0.from, $0.to) })
                for index in places.indices { places[index] = moves[places[index]] ?? places[index] }
            }
        }
        #expect(store.totalWords < store.usedWords * 13 / 10)
        // Most are gone: their segments are given up.
        for place in places.dropFirst(500) { store.giveBack(place) }
        while store.isSparse { _ = store.giveUpEmptiest() }
        #expect(store.totalWords < store.usedWords * 13 / 10 + 3 * BlockStore.segmentWords)
    }

    @Test("growing moves few at once")
    func growth() {
        var index = RecordIndex()
        for number in 0..<100_000 { index.insert(number, of: KeyedHash.of(number)) }
        #expect(index.count == 100_000)
        for number in 0..<100_000 {
            var search = index.search(KeyedHash.of(number))
            var found = index.next(&search)
            // Few share 34 bits of their hashes.
            while let other = found, other != number { found = index.next(&search) }
            #expect(found == number)
        }
        // An eighth more at each step, and at most 85 of 100 in use.
        #expect(index.capacity <= 100_000 * 14 / 10)
        #expect(index.longestRun < 400)
    }

    @Test("records are read in place as the log's octets would be")
    func reading() {
        var random = SeededGenerator(seed: 31)
        var table = RecordTable()
        for number in 0..<200 {
            let record = TableRecords.user(&random)
            let key = "u:user-\(number)"
            table[key] = record.encoded()
            var read = HeldUser()
            #expect(table.read(table.spot(of: key)) { read.readAll(&$0) } == true)
            #expect(read.octets == record.encoded())
            #expect(table[key] == record.encoded())
        }
    }
}

extension KeyedHash {
    fileprivate static func of(_ number: Int) -> UInt64 {
        unsafe withUnsafeBytes(of: number) { unsafe KeyedHash.of($0, seed: 0) }
    }
}

@Suite("Users: records packed in memory")
struct RecordPackingTests {
    @Test("packing and unpacking give back every octet", arguments: [41, 42, 43, 44] as [UInt64])
    func exact(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var names = SharedNames()
        for _ in 0..<200 {
            let user = TableRecords.user(&random).encoded()
            #expect(roundTrip(user, .user, &names) == user, "seed \(seed)")
            let address = TableRecords.address(&random).encoded()
            #expect(roundTrip(address, .address, &names) == address, "seed \(seed)")
        }
    }

    @Test("a packed record that is cut off between two fields is a shorter one, and anywhere else none")
    func cutOff() throws {
        var random = SeededGenerator(seed: 71)
        var names = SharedNames()
        for _ in 0..<40 {
            let packed = try #require(pack(TableRecords.user(&random).encoded(), .user, &names))
            if packed.count > 200 { continue }
            for end in 0...packed.count {
                let prefix = Array(packed[..<end])
                guard let record = read(prefix, names) else {
                    #expect(end < packed.count)
                    continue
                }
                #expect(pack(record.octets, .user, &names) == prefix, "cut at \(end)")
            }
        }
    }

    private func read(_ packed: [UInt8], _ names: SharedNames) -> HeldUser? {
        var record = HeldUser()
        let isRead = unsafe packed.withUnsafeBytes { packed in
            unsafe names.table.withUnsafeBytes { names in
                var reader = unsafe WireReader(packed, names: names)
                return record.readAll(&reader)
            }
        }
        return isRead ? record : nil
    }

    @Test("what is known of a record changes nothing of its packed form", arguments: [61, 62, 63] as [UInt64])
    func known(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var names = SharedNames()
        var plain = 0
        for _ in 0..<400 {
            let packed = try #require(pack(TableRecords.user(&random).encoded(), .user, &names))
            var record = try #require(read(packed, names), "seed \(seed)")
            record.lastOffset += 1
            if Bool.random(using: &random) { (record.locale, record.timezone, record.topics) = ("", "", []) }
            if Bool.random(using: &random) { record.log.append(Decision()) }
            if Bool.random(using: &random), !record.devices.isEmpty { record.devices[0].device.number += 7 }
            var known = RecordPacking.Known(devices: record.devices)
            let octets = record.octets(plainFrom: &known.plainFrom)
            #expect(octets == record.octets, "seed \(seed)")
            if known.plainFrom < octets.count { plain += 1 }
            #expect(pack(octets, .user, &names, known) == pack(octets, .user, &names), "seed \(seed)")
            #expect(isListed(octets, &names, known) == isListed(octets, &names), "seed \(seed)")
        }
        #expect(plain > 20 && plain < 380, "seed \(seed): \(plain) were plain")
    }

    @Test(
        "records with octets changed, cut or of another kind are kept as they are",
        arguments: [51, 52, 53] as [UInt64]
    )
    func damaged(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var names = SharedNames()
        for _ in 0..<600 {
            var octets = TableRecords.user(&random).encoded()
            for _ in 0..<Int.random(in: 1...4, using: &random) where !octets.isEmpty {
                octets[Int.random(in: 0..<octets.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { octets.removeLast(Int.random(in: 0...octets.count, using: &random)) }
            #expect(roundTrip(octets, .user, &names) == octets, "seed \(seed)")
            #expect(roundTrip(octets, .address, &names) == octets, "seed \(seed)")
        }
    }

    @Test("a user with two devices and three limits takes less than two thirds of the log's octets")
    func size() throws {
        var record = UserRecord()
        record.lastOffset = 123_456
        for number in 1...2 {
            var device = Device()
            device.id = "0b1f1f2e-6a52-4b53-9d4d-5f6a2f9d5e0\(number)"
            device.provider = "apns"
            device.app = "com.example.shop"
            device.token = String(repeating: "0123456789abcdef", count: 4)
            device.locale = "de-CH"
            device.registeredAtMs = Make.timeMs
            device.number = UInt32(number)
            record.devices.append(device)
        }
        for window in 1...3 {
            var limit = LimitState()
            limit.window = UInt32(window) << 24
            limit.tatMs = Make.timeMs
            record.limits.append(limit)
        }
        var names = SharedNames()
        let octets = record.encoded()
        let packed = try #require(pack(octets, .user, &names))
        #expect(packed.count * 3 < octets.count * 2, "\(packed.count) of \(octets.count)")
    }

    @Test(
        "texts of hexadecimal digits come back as they were",
        arguments: ["0123456789abcdef", "00000000", "ffffffff", "9a9a9a9a", "a0f9e8d7"]
    )
    func hexadecimal(_ text: String) {
        #expect(words(text).map(HexWords.octets).allSatisfy { $0 != nil })
        #expect(words(text).compactMap(HexWords.octets).map(HexWords.digits) == words(text))
    }

    @Test("no other character passes for a digit")
    func others() {
        for octet in UInt8.min...UInt8.max {
            let isDigit = (0x30...0x39).contains(octet) || (0x61...0x66).contains(octet)
            for place in 0..<8 {
                let word = 0x3030_3030_3030_3030 & ~(0xFF << UInt64(8 * place)) | UInt64(octet) << UInt64(8 * place)
                #expect((HexWords.octets(of: word) != nil) == isDigit, "\(octet) at \(place)")
            }
        }
    }

    private func words(_ text: String) -> [UInt64] {
        let octets = Array(text.utf8)
        return stride(from: 0, to: octets.count, by: 8).map { start in
            (0..<8).reduce(0) { $0 | UInt64(octets[start + $1]) << UInt64(8 * $1) }
        }
    }

    private func pack(
        _ octets: [UInt8],
        _ kind: RecordPacking.Kind,
        _ names: inout SharedNames,
        _ known: RecordPacking.Known = .init()
    ) -> [UInt8]? {
        var room = [UInt8](repeating: 0, count: octets.count)
        let packed = unsafe octets.withUnsafeBytes { octets in
            unsafe room.withUnsafeMutableBytes { unsafe RecordPacking.pack(octets, kind, &names, known, into: $0) }
        }
        return packed.count.map { Array(room[..<$0]) }
    }

    private func isListed(
        _ octets: [UInt8],
        _ names: inout SharedNames,
        _ known: RecordPacking.Known = .init()
    ) -> Bool {
        var room = [UInt8](repeating: 0, count: octets.count)
        return unsafe octets.withUnsafeBytes { octets in
            unsafe room.withUnsafeMutableBytes {
                unsafe RecordPacking.pack(octets, .user, &names, known, into: $0).isListed
            }
        }
    }

    private func roundTrip(_ octets: [UInt8], _ kind: RecordPacking.Kind, _ names: inout SharedNames) -> [UInt8] {
        guard let packed = pack(octets, kind, &names) else { return octets }
        return unsafe packed.withUnsafeBytes { unsafe RecordPacking.unpacked($0, kind, names.table) }
    }
}

/// Records and keys of all kinds, for properties of the table.
enum TableRecords {
    static func key(_ number: Int, _ random: inout SeededGenerator) -> String {
        switch number % 5 {
        case 0: "a:\(hexadecimal(16, &random))"
        case 1: "u:\(uuid(&random))"
        case 2: "u:\(number)"
        case 3: "t:fcm_topic/app/\(number)/" + String(repeating: "x", count: Int.random(in: 0...100, using: &random))
        // Too long for a block's key, among others.
        default: "f:\(number)" + String(repeating: "y", count: [0, 7, 2_046, 3_000].randomElement(using: &random) ?? 0)
        }
    }

    static func value(_ key: String, _ random: inout SeededGenerator) -> [UInt8] {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return []
        // Too long for a block.
        case 1: return octets(Int.random(in: 8_000...20_000, using: &random), &random)
        case 2: return octets(Int.random(in: 0...400, using: &random), &random)
        default: return key.hasPrefix("a:") ? address(&random).encoded() : user(&random).encoded()
        }
    }

    static func user(_ random: inout SeededGenerator) -> UserRecord {
        var record = UserRecord()
        record.lastOffset = Int64.random(in: 0...1_000_000_000, using: &random)
        for number in 0..<Int.random(in: 0...3, using: &random) {
            record.devices.append(device(UInt32(number + 1), &random))
        }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            var decision = Decision()
            decision.notificationIDHigh = random.next()
            decision.notificationIDLow = random.next()
            decision.offset = Int64.random(in: 0...1_000_000, using: &random)
            decision.deviceNumbers = [1]
            record.decisions.append(decision)
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            var limit = LimitState()
            limit.window = UInt32.random(in: .min ... .max, using: &random)
            limit.tatMs = Make.timeMs
            record.limits.append(limit)
        }
        record.locale = ["", "en", "de-AT", String(repeating: "q", count: 70)].randomElement(using: &random) ?? ""
        record.timezone = ["", "Europe/Vienna", "Asia/Kolkata"].randomElement(using: &random) ?? ""
        if Bool.random(using: &random) {
            var topic = TopicSubscription()
            topic.topic = hexadecimal(16, &random)
            topic.subscribed = true
            record.topics.append(topic)
        }
        return record
    }

    private static func device(_ number: UInt32, _ random: inout SeededGenerator) -> Device {
        var device = Device()
        device.id =
            [uuid(&random), "phone", hexadecimal(32, &random), uuid(&random).uppercased()]
            .randomElement(using: &random) ?? ""
        device.provider = "apns"
        device.app = "com.example.app-\(Int.random(in: 0..<400, using: &random))"
        device.token = hexadecimal([64, 63, 8, 160, 2_040, 2_048].randomElement(using: &random) ?? 64, &random)
        if Bool.random(using: &random) { device.fid = "dQw4w9WgXcQ" }
        device.locale = ["en", "de", "fr-CH"].randomElement(using: &random) ?? ""
        device.registeredAtMs = Make.timeMs
        device.number = number
        return device
    }

    static func address(_ random: inout SeededGenerator) -> AddressRecord {
        var record = AddressRecord()
        record.lastOffset = Int64.random(in: 0...1_000_000_000, using: &random)
        record.userID = Bool.random(using: &random) ? uuid(&random) : "user-1"
        record.deviceID = Bool.random(using: &random) ? uuid(&random) : "phone"
        record.registeredAtMs = Make.timeMs
        return record
    }

    private static func octets(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private static func hexadecimal(_ count: Int, _ random: inout SeededGenerator) -> String {
        let digits = Array("0123456789abcdef")
        return String((0..<count).map { _ in digits[Int.random(in: 0..<16, using: &random)] })
    }

    private static func uuid(_ random: inout SeededGenerator) -> String {
        [8, 4, 4, 4, 12].map { hexadecimal($0, &random) }.joined(separator: "-")
    }
}

import Foundation
import Testing

@testable import belfry

struct ShopTests {
    private static func run(_ count: Int, seed: UInt64) -> (shop: Shop, records: [ShopRecord]) {
        var shop = Shop(phoneCount: 200, eventCount: count, seed: seed)
        let records = (0..<count).map { _ in shop.next(nowMs: 1_700_000_000_000) }
        return (shop, records)
    }

    @Test("The same seed plays the same events, another one others")
    func seeds() {
        let first = Self.run(2_000, seed: 7)
        let second = Self.run(2_000, seed: 7)
        #expect(first.records.map(\.value) == second.records.map(\.value))
        #expect(first.shop.phones == second.shop.phones)
        #expect(first.records.map(\.value) != Self.run(2_000, seed: 8).records.map(\.value))
    }

    @Test("Every kind of event is played, repeats and broken ones among them")
    func kinds() {
        let (shop, records) = Self.run(2_000, seed: 1)
        var rules: Set<String> = []
        for event in shop.played {
            if case .notifies(let rule, let users) = event.fate {
                rules.insert(rule)
                #expect(!users.isEmpty)
                #expect(Set(users).count == users.count)
            }
        }
        #expect(rules == ["order-placed", "order-shipped", "order-delivered", "chat-message", "price-alert"])
        #expect(shop.played.count { $0.fate == .poison } == 4)
        #expect(shop.played.contains { $0.fate == .unwanted })
        #expect(Set(shop.played.map { "\($0.source)#\($0.id)" }).count == 2_000 - 8)
        #expect(Set(records.map(\.topic)) == ["shop.events", "chat.events"])
        let modes = Set(records.compactMap { record in record.headers.first { $0.name == "content-type" }?.value })
        #expect(modes == ["application/json", "application/cloudevents+json; charset=utf-8"])
    }

    @Test("Every record carries its own number, repeats too")
    func numbers() {
        let (_, records) = Self.run(500, seed: 1)
        let numbers = records.map { record in
            record.headers.filter { $0.name == Shop.numberHeader }.map(\.value)
        }
        #expect(numbers == (0..<500).map { ["\($0)"] })
    }

    @Test("As many phones as asked for, with tokens of their own, of which few are dead", arguments: [10, 200, 3_001])
    func phones(count: Int) {
        let phones = Shop(phoneCount: count, eventCount: 100, seed: 3).phones
        #expect(phones.count == count)
        #expect(Set(phones.map(\.token)).count == count)
        #expect(Set(phones.map(\.deviceID)).count == count)
        #expect(phones.allSatisfy { $0.token.count == 64 && $0.token.hasPrefix("dead") == $0.isDead })
        #expect(phones.count(where: \.isDead) <= 2 + count / 20)
    }

    @Test("The demo's own configuration and rules have no problem")
    func files() throws {
        let files = try DemoFiles()
        defer { try? files.remove() }
        let key = "\(files.keys)/AuthKey_ABCDEFGHIJ.p8"
        try files.write("not read here", to: key)
        try files.write("not read here", to: "\(files.keys)/ca.pem")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        try files.write(DemoTexts.rules, to: files.rules)
        let text = DemoTexts.configuration(
            DemoTexts.Addresses(
                bootstrapServers: "127.0.0.1:9092",
                partitions: 16,
                apnsPort: 1,
                keyFile: key,
                keyID: "ABCDEFGHIJ",
                caFile: "\(files.keys)/ca.pem"
            )
        )
        try files.write(text, to: files.configuration)
        let loaded = ConfigurationLoader.load(path: files.configuration, environment: [:])
        #expect(loaded.problems.isEmpty)
        #expect(loaded.rules.count == 5)
        #expect(loaded.configuration?.kafka.partitions == 16)
    }

    @Test("The folder is for its owner alone, and goes with all that is in it")
    func folder() throws {
        let files = try DemoFiles()
        try files.write("x", to: files.rules)
        let attributes = try FileManager.default.attributesOfItem(atPath: files.folder)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        try files.remove()
        #expect(!FileManager.default.fileExists(atPath: files.folder))
    }
}

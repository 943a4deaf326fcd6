import HTTP2
import PushCore
import PushProviders
import Testing
import Yardstick

@testable import belfry

/// What the sending is measured with.
struct DispatchScenarioTests {
    private static let scenario = Result { try DispatchScenario(.init(host: "127.0.0.1", port: 8443)) }

    @Test("deliveries are those of different notifications for different devices")
    func deliveries() throws {
        let deliveries = try Self.scenario.get().deliveries
        #expect(deliveries.count == 1024)
        #expect(Set(deliveries.map(\.device.token)).count == 1024)
        #expect(Set(deliveries.map(\.id)).count == 1024)
        #expect(deliveries.allSatisfy { $0.record.hasNotification && $0.device.app == BenchScenario.app })
    }

    @Test("all three send the same fields, in the same order, and the same bodies")
    func sameRequests() throws {
        let scenario = try Self.scenario.get()
        let plain = scenario.plain
        let http2 = scenario.http2
        #expect(plain.count == 1024 && http2.count == 1024)
        for (plain, http2) in zip(plain, http2) {
            let fields = http2.fields.pairs + http2.sharedFields.pairs
            #expect(plain.fields.map(\.name) == fields.map(\.name))
            #expect(plain.fields.map(\.value) == fields.map(\.value))
            #expect(plain.body == http2.body)
        }
        let fields = try #require(plain.first?.fields)
        let names = [":method", ":scheme", ":authority", ":path"] + APNsRequest.Header.Name.allCases.map(\.rawValue)
        #expect(fields.map(\.name) == names + ["authorization"])
        #expect(fields[2].value == "127.0.0.1:8443")
        let unindexed = fields.filter { !$0.isIndexed }.map(\.name)
        #expect(unindexed == [":path", "apns-id", "apns-expiration", "apns-collapse-id", "authorization"])
    }
}

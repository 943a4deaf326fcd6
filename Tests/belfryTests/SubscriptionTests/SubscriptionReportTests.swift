import Foundation
import PushCore
import PushPipeline
import PushProviders
import Testing

@testable import belfry

/// What `belfry subscriptions` reads and says.
struct SubscriptionReportTests {
    private static func list(_ text: [UInt8]) throws(RegistrationList.Failure) -> RegistrationList {
        let files = FileSystem(
            read: { path, count throws(FileSystem.Failure) in
                if path == "missing" { throw .missing }
                return Array(text.prefix(count))
            },
            status: { _ in nil },
            list: { _ in [] }
        )
        return try RegistrationList(file: text.isEmpty ? "missing" : "tokens.txt", files)
    }

    @Test("a file has one registration a line, whatever ends its lines, and tells each by its line")
    func lines() throws {
        let entries = try Self.list(Array("a\r\n\n\t b:c \n  \nd".utf8)).entries
        #expect(entries.map(\.registration) == ["a", "b:c", "d"])
        #expect(entries.map(\.place) == [1, 3, 5])
    }

    @Test(
        "a file that is no list is refused, with the reason",
        arguments: [
            ([], "missing: no such file"), (Array(" \n\n".utf8), "tokens.txt: no registration in it (one a line)"),
            ([0xFF, 0xFE], "tokens.txt: not UTF-8"),
        ] as [([UInt8], String)]
    )
    func refused(octets: [UInt8], words: String) {
        let failure = #expect(throws: RegistrationList.Failure.self) { try Self.list(octets) }
        #expect(failure?.description == words)
    }

    @Test("a file that is too large is refused, and not cut")
    func tooLarge() {
        let octets = [UInt8](repeating: 0x61, count: RegistrationList.octetsMax + 1)
        let failure = #expect(throws: RegistrationList.Failure.self) { try Self.list(octets) }
        #expect(failure?.description == "tokens.txt: more than 64 MiB: split the file")
    }

    private static let endings = [
        FCMSubscriptionCaller.Ending(verdict: .accepted(providerMessageID: nil), topics: []),
        FCMSubscriptionCaller.Ending(verdict: .addressDead(.unregistered, invalidSinceMs: nil), topics: []),
        FCMSubscriptionCaller.Ending(verdict: .retry(.quotaExceeded, after: nil), topics: []),
    ]

    @Test("each registration has its line, by fingerprint, and the sum comes last")
    func text() {
        let list = RegistrationList(arguments: ["a", "b", "c"])
        let report = SubscriptionReport(operation: .change(.subscribe), topic: "news", list, Self.endings)
        #expect(report.failed == 2)
        #expect(
            report.text == """
                1  ca978112ca1bbdca  subscribed
                2  3e23e8160039594a  failed: unregistered
                3  2e7d2c03a9507ae2  failed: quota_exceeded
                1 of 3 subscribed
                """
        )
        #expect(
            report.json
                == #"{"topic":"news","done":1,"failed":2,"results":["#
                + #"{"place":1,"fingerprint":"ca978112ca1bbdca","outcome":"subscribed"},"#
                + #"{"place":2,"fingerprint":"3e23e8160039594a","outcome":"failed","reason":"unregistered","address_dead":true},"#
                + #"{"place":3,"fingerprint":"2e7d2c03a9507ae2","outcome":"failed","reason":"quota_exceeded"}]}"#
        )
    }

    @Test("a list names the topics, and a dash where there are none")
    func topics() {
        let list = RegistrationList(arguments: ["a", "b"])
        let endings = [["x", "y"], []].map { topics in
            FCMSubscriptionCaller.Ending(verdict: .accepted(providerMessageID: nil), topics: topics)
        }
        let report = SubscriptionReport(operation: .list, topic: nil, list, endings)
        #expect(report.text == "1  ca978112ca1bbdca  x y\n2  3e23e8160039594a  -\n2 of 2 listed")
        #expect(report.json.contains(#""outcome":"listed","topics":["x","y"]"#))
    }
}

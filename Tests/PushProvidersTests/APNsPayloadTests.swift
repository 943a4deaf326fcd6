import Foundation
import PushCore
import PushProviders
import Testing

@Suite("APNs payloads")
struct APNsPayloadTests {
    private static func text(_ change: (inout PushCore.Notification) -> Void) throws -> String {
        let result = APNsRequestTests.build { change(&$0.notification) }
        return String(decoding: try result.get().body, as: UTF8.self)
    }

    private static let tail = #""notification_id":"\#(APNsRequestTests.notificationID)"}"#

    @Test("all options, in their order, with data, link and id beside aps")
    func everything() throws {
        let text = try Self.text {
            $0.contents[0].subtitle = "Shipped"
            $0.contents[0].body = "On its way."
            $0.apns.sound = "default"
            $0.apns.interruptionLevel = "time-sensitive"
            $0.apns.threadID = "orders"
            $0.apns.category = "ORDER"
            $0.apns.targetContentID = "window"
            $0.apns.filterCriteria = "work"
            $0.apns.relevanceScore = 0.5
            $0.apns.badge = 3
            $0.apns.mutableContent = true
            $0.apns.contentAvailable = true
            $0.data = ["order_id": "17", "carrier": "post"]
            $0.link = "https://shop.example.com/orders/17"
        }
        let expected =
            #"{"aps":{"alert":{"title":"Order 17","subtitle":"Shipped","body":"On its way."},"badge":3,"#
            + #""sound":"default","thread-id":"orders","category":"ORDER","content-available":1,"mutable-content":1,"#
            + #""target-content-id":"window","interruption-level":"time-sensitive","relevance-score":0.5,"#
            + #""filter-criteria":"work"},"carrier":"post","order_id":"17","#
            + #""link":"https://shop.example.com/orders/17","#
            + Self.tail
        #expect(text == expected)
    }

    @Test("a background notification wakes the app and shows nothing, whatever else is set")
    func background() throws {
        let text = try Self.text {
            $0.apns.pushType = "background"
            $0.apns.badge = 3
            $0.apns.sound = "default"
            $0.data = ["a": "b"]
        }
        #expect(text == #"{"aps":{"content-available":1},"a":"b","# + Self.tail)
    }

    @Test("a badge of 0 is sent: it removes the badge")
    func badgeZero() throws {
        let text = try Self.text {
            $0.contents = []
            $0.apns.badge = 0
        }
        #expect(text == #"{"aps":{"badge":0},"# + Self.tail)
    }

    @Test(
        "text is escaped where JSON asks for it, and UTF-8 elsewhere",
        arguments: [
            ("say \"hi\"", #"say \"hi\""#), ("C:\\", #"C:\\"#), ("a\nb\r\tc", #"a\nb\r\tc"#),
            ("\u{08}\u{0C}\u{00}\u{1F}", #"\b\f\u0000\u001f"#), ("\u{7F}\u{2028}", "\u{7F}\u{2028}"),
            ("Grüße 👩‍👩‍👧 e\u{301}", "Grüße 👩‍👩‍👧 e\u{301}"), ("</script>", "</script>"),
        ]
    )
    func escapes(value: String, written: String) throws {
        let text = try Self.text {
            $0.contents[0].title = value
            $0.data = [value: value]
        }
        #expect(text == #"{"aps":{"alert":{"title":"\#(written)"}},"\#(written)":"\#(written)","# + Self.tail)
    }

    @Test("any text comes back from a JSON reader as it was", arguments: [21, 22, 23] as [UInt64])
    func readBack(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        for round in 0..<200 {
            var title = "t"
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                let number = UInt32.random(in: Bool.random(using: &random) ? 0...0x7F : 0...0x10FFFF, using: &random)
                title.unicodeScalars.append(Unicode.Scalar(number) ?? "\u{FFFD}")
            }
            let body = try APNsRequestTests.build { $0.notification.contents[0].title = title }.get().body
            struct Document: Decodable {
                struct APS: Decodable { let alert: [String: String] }
                let aps: APS
            }
            let read = try JSONDecoder().decode(Document.self, from: Data(body)).aps.alert["title"]
            #expect(read.map { Array($0.utf8) } == Array(title.utf8), "seed \(seed), round \(round)")
        }
    }

    @Test("data cannot take the place of aps, the id, or a link that is set")
    func reservedNames() throws {
        let data = ["aps": "x", "notification_id": "y", "link": "z", "a": "b"]
        #expect(
            try Self.text { $0.data = data } == #"{"aps":{"alert":{"title":"Order 17"}},"a":"b","link":"z","#
                + Self.tail
        )
        let text = try Self.text {
            $0.data = data
            $0.link = "app://17"
        }
        #expect(text == #"{"aps":{"alert":{"title":"Order 17"}},"a":"b","link":"app://17","# + Self.tail)
    }

    @Test(
        "a relevance score is a JSON number, or left out",
        arguments: [
            (0, "0.0"), (1, "1.0"), (0.25, "0.25"), (1e-7, "1e-07"), (.nan, nil), (.infinity, nil),
        ] as [(Double, String?)]
    )
    func relevance(score: Double, written: String?) throws {
        let text = try Self.text { $0.apns.relevanceScore = score }
        let member = written.map { #","relevance-score":\#($0)"# } ?? ""
        #expect(text == #"{"aps":{"alert":{"title":"Order 17"}\#(member)},"# + Self.tail)
    }

    @Test("the words are those of the delivery's one language")
    func firstContent() throws {
        let text = try Self.text {
            $0.contents[0].title = ""
            $0.contents[0].body = "Only a body"
            var other = Content()
            other.body = "another language"
            $0.contents.append(other)
        }
        #expect(text == #"{"aps":{"alert":{"body":"Only a body"}},"# + Self.tail)
    }

    @Test(
        "a body may be as large as Apple allows, and no octet larger",
        arguments: [("", 4_096), ("alert", 4_096), ("voip", 5_120)],
        ["x", "\""]
    )
    func sizes(limit: (pushType: String, bytes: Int), filler: Character) throws {
        func build(_ body: String) -> Result<APNsRequest, APNsRequest.Refusal> {
            APNsRequestTests.build {
                $0.notification.apns.pushType = limit.pushType
                $0.notification.contents[0].body = body
                $0.notification.dropTooLong = true
            }
        }
        // One filler more or less changes the body by what it takes when written; the rest is made up with plain
        // letters.
        let width = filler == "\"" ? 2 : 1
        let overhead = try build(String(filler)).get().body.count - width
        let count = (limit.bytes - overhead) / width
        let rest = String(repeating: "y", count: limit.bytes - overhead - count * width)
        let largest = String(repeating: filler, count: count) + rest
        #expect(try build(largest).get().body.count == limit.bytes)
        #expect(build(largest + "y") == .failure(.verdict(.badRequest(.payloadTooLarge))))
    }
}

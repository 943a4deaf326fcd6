import Foundation
import Testing

@testable import ProviderSimulator

@Suite("JSON texts")
struct JSONTextTests {
    @Test(
        "what RFC 8259 allows",
        arguments: [
            "{}", "[]", " \n{\"a\" : [1 , -0.5e+10, true,false, null, \"\\u00e9\\n\\/\"]} ", "\"x\"", "0", "-1", "1E2",
            "null",
        ]
    )
    func valid(text: String) {
        #expect(JSONText(Array(text.utf8)) != nil)
    }

    @Test(
        "what it does not",
        arguments: [
            "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "01", "1.", ".5", "+1", "1e", "tru", "nul",
            "'a'",
            "\"a", "\"\\x\"", "\"\\u12g4\"", "\"a\nb\"", "{} {}", "[1 2]", "\u{FEFF}{}", "NaN",
        ]
    )
    func invalid(text: String) {
        #expect(JSONText(Array(text.utf8)) == nil)
    }

    @Test("octets that are not UTF-8, and nesting without end, are refused")
    func hostile() {
        #expect(JSONText([0x22, 0xC3, 0x28, 0x22]) == nil)
        #expect(JSONText(Array(String(repeating: "[", count: 100_000).utf8)) == nil)
        let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(JSONText(Array(deep.utf8)) != nil)
    }

    @Test("agrees with Foundation on texts with a changed octet", arguments: [1, 2, 3] as [UInt64])
    func agreesWithFoundation(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let text = Array(#"{"aps":{"alert":{"title":"A\n\u00e9"},"badge":-1.5e2},"x":[null,true,{"y":""}]}"#.utf8)
        let alphabet = Array(#"{}[]":,\0123456789eE+-.tfn a"#.utf8)
        for round in 0..<3000 {
            var changed = text
            let index = Int.random(in: changed.indices, using: &random)
            let octet = alphabet[Int.random(in: alphabet.indices, using: &random)]
            changed[index] = octet
            let object = try? JSONSerialization.jsonObject(with: Data(changed), options: .fragmentsAllowed)
            #expect(
                (JSONText(changed) != nil) == (object != nil),
                "seed \(seed), round \(round): \(String(decoding: changed, as: UTF8.self))"
            )
        }
    }

    @Test("members are found by name, escaped or not; the last of equals counts")
    func members() throws {
        let json = try #require(JSONText(Array(#"{"a":1,"\u0061":{"b\"":[2]},"c":null}"#.utf8)))
        let member = try #require(json.member("a", of: json.members))
        #expect(member.kind == .object)
        let inner = json.members(of: member)
        #expect(json.member("b\"", of: inner).map { Array(json.text(of: $0)) } == Array("[2]".utf8))
        #expect(json.member("d", of: json.members) == nil)
    }
}

@Suite("Record lines")
struct JSONLineTests {
    @Test(
        "times are UTC with milliseconds, leap days included",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_251_199_001, "2024-02-29T23:59:59.001Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] as [(Int64, String)]
    )
    func time(milliseconds: Int64, text: String) {
        var line = JSONLine(capacity: 32)
        line.time(milliseconds)
        #expect(String(decoding: line.octets, as: UTF8.self) == "\"\(text)\"")
    }

    @Test("strings come back from a JSON reader as they were")
    func strings() throws {
        let text = String((0..<300).compactMap { Unicode.Scalar($0) }.map(Character.init)) + "\u{1F514}"
        var line = JSONLine(capacity: 512)
        line.string(text)
        let object = try JSONSerialization.jsonObject(with: Data(line.octets), options: .fragmentsAllowed)
        #expect(object as? String == text)
    }
}

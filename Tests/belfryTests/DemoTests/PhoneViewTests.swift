import Testing

@testable import belfry

struct TextWidthTests {
    @Test(
        "Wide characters take two columns, marks none",
        arguments: [
            ("abc", 3), ("", 0), ("é", 1), ("e\u{301}", 1), ("注文", 4), ("ﾊﾝｶｸ", 4), ("Ｆ", 2), ("한국", 4), ("🎉", 2),
            ("❤️", 2),
            ("👩‍👩‍👧", 2), ("€", 1), ("。", 2),
        ]
    )
    func columns(text: String, expected: Int) {
        #expect(TextWidth.columns(text) == expected)
    }

    @Test(
        "Lines break at spaces, and inside words that are too long",
        arguments: [
            ("one two three", 7, ["one two", "three"]), ("abcdefgh", 3, ["abc", "def", "gh"]), ("", 5, [""]),
            ("注文番号", 5, ["注文", "番号"]), ("a bcdef", 4, ["a", "bcde", "f"]),
        ]
    )
    func wrapped(text: String, width: Int, expected: [String]) {
        #expect(TextWidth.wrapped(text, to: width) == expected)
    }

    @Test("No line is wider than allowed, whatever the text", arguments: 1...20 as ClosedRange<UInt64>)
    func wrappingHolds(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("ab cé注文🎉 ")
        let text = String((0..<60).map { _ in alphabet[Int.random(in: alphabet.indices, using: &random)] })
        let width = Int.random(in: 2...12, using: &random)
        let lines = TextWidth.wrapped(text, to: width)
        #expect(lines.allSatisfy { TextWidth.columns($0) <= width }, "seed \(seed)")
        #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " }, "seed \(seed)")
    }
}

struct PhoneViewTests {
    private static let german = PhoneView(
        app: "Shop",
        time: "09:41",
        title: "Bestellung A-1",
        body: "Dein Paket ist unterwegs.",
        caption: "user-1, de-DE"
    )
    private static let japanese = PhoneView(
        app: "Shop",
        time: "09:41",
        title: "注文 A-1",
        body: "お荷物を発送しました。",
        caption: "user-2, ja-JP"
    )

    @Test("A box holds app, time, title and body")
    func box() {
        #expect(
            Self.german.lines(width: 24) == [
                "╭──────────────────────╮",
                "│ Shop           09:41 │",
                "│ Bestellung A-1       │",
                "│ Dein Paket ist       │",
                "│ unterwegs.           │",
                "╰──────────────────────╯",
                "  user-1, de-DE",
            ]
        )
    }

    @Test("The frame stays straight around wide characters")
    func wide() {
        let lines = Self.japanese.lines(width: 24)
        #expect(lines.dropLast().allSatisfy { TextWidth.columns($0) == 24 })
        #expect(lines[3] == "│ お荷物を発送しました │")
        #expect(lines[4] == "│ 。                   │")
    }

    @Test("Boxes stand side by side where there is room, and below each other where not")
    func columns() {
        let both = PhoneView.columns([Self.german, Self.japanese], width: 24, terminalColumns: 50)
        #expect(both.count == 7)
        #expect(both[0] == "╭──────────────────────╮  ╭──────────────────────╮")
        let narrow = PhoneView.columns([Self.german, Self.japanese], width: 24, terminalColumns: 49)
        #expect(narrow.count == 14)
    }

    @Test("The selection takes each language once, of different kinds first")
    func selection() {
        func phone(_ token: String, _ locale: String) -> Phone {
            Phone(userID: "u", deviceID: token, token: token, locale: locale, isDead: false)
        }
        func shown(_ token: String, _ screen: String, _ title: String) -> SimulatorWitness.Shown {
            let payload = #"{"aps":{"alert":{"title":"\#(title)","body":"b"}},"screen":"\#(screen)"}"#
            return SimulatorWitness.Shown(token: token, receivedAtMs: 0, payload: Array(payload.utf8))
        }
        let phones = [phone("a", "de-DE"), phone("b", "de-AT"), phone("c", "fr-FR"), phone("d", "ja-JP")]
        let views = PhoneView.selection(
            of: [
                shown("a", "order", "1"), shown("b", "chat", "2"), shown("c", "order", "3"), shown("d", "chat", "4"),
                shown("unknown", "chat", "5"),
            ],
            phones: Dictionary(uniqueKeysWithValues: phones.map { ($0.token, $0) }),
            count: 4
        )
        #expect(views.map(\.title) == ["1", "4", "3"])
        #expect(views[1].caption == "d, ja-JP, words of the sender")
    }
}

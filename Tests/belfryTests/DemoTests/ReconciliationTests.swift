import Testing

@testable import belfry

struct ReconciliationTests {
    /// One event for two users, its repeat, one unwanted, one broken.
    ///
    /// The first user has a phone and a tablet, whose token is dead; the second has neither.
    private static var balanced: Books {
        var books = Books()
        let told = PlayedEvent(
            source: "/s",
            id: "1",
            fate: .notifies(rule: "price-alert", users: ["ann", "bob"])
        )
        books.played = [
            told, PlayedEvent(source: "/s", id: "2", fate: .unwanted),
            PlayedEvent(source: "/s", id: "3", fate: .poison),
            told,
        ]
        books.stored = (0..<4).map { Books.StoredEvent(place: place($0), number: $0) }
        let key = Books.EventKey(source: "/s", id: "1")
        for (origin, user, id) in [
            (10, "ann", "n-ann"), (10, "bob", "n-bob"), (13, "ann", "n-ann"), (13, "bob", "n-bob"),
        ] {
            books.asked.append(
                Books.Asked(
                    notificationID: id,
                    origin: UInt64(origin),
                    event: key,
                    ruleID: "price-alert",
                    userID: user
                )
            )
        }
        books.delivered = [
            Books.Delivered(deliveryID: "d1", notificationID: "n-ann", deviceID: "phone"),
            Books.Delivered(deliveryID: "d2", notificationID: "n-ann", deviceID: "tablet"),
        ]
        books.receipts = [
            receipt("r1", "n-ann", "accepted", device: "phone"),
            receipt("r2", "n-ann", "rejected", "unregistered", device: "tablet"),
            receipt("r3", "n-bob", "suppressed", "no_devices"), receipt("r4", "n-ann", "suppressed", "duplicate"),
            receipt("r5", "n-bob", "suppressed", "duplicate"),
        ]
        books.setAside = [Books.SetAside(place: place(2), reason: "malformed_json")]
        books.invalidTokens = ["dead1"]
        books.requests = [
            SimulatorWitness.Request(id: "d1", token: "aa", status: 503),
            SimulatorWitness.Request(id: "d1", token: "aa", status: 200),
            SimulatorWitness.Request(id: "d2", token: "dead1", status: 410),
        ]
        books.counted = Books.Counted(
            matched: 2,
            unmatched: 1,
            deadLettered: 1,
            notifications: 4,
            outcomes: 5,
            recordsLost: 0
        )
        return books
    }

    private static func place(_ offset: Int) -> Books.Place {
        Books.Place(topic: "events", partition: 0, offset: Int64(offset))
    }

    private static func receipt(
        _ id: String,
        _ notification: String,
        _ outcome: String,
        _ reason: String? = nil,
        device: String? = nil,
        possibleDuplicate: Bool = false
    ) -> Books.Receipt {
        Books.Receipt(
            receiptID: id,
            notificationID: notification,
            outcome: outcome,
            reason: reason,
            userID: notification.hasSuffix("ann") ? "ann" : "bob",
            deviceID: device,
            providerMessageID: nil,
            ruleID: "price-alert",
            possibleDuplicate: possibleDuplicate
        )
    }

    @Test("Books in which everything has its end balance, line by line")
    func balances() {
        let reconciliation = Reconciliation(Self.balanced)
        #expect(reconciliation.isBalanced)
        for line in reconciliation.lines { #expect(line.faults == [], "\(line.title)") }
        let sums = Dictionary(uniqueKeysWithValues: reconciliation.lines.map { ($0.title, $0.sum) })
        #expect(sums["events"] == "4 = 2 matched + 1 unmatched + 1 dead letters (1 malformed_json)")
        #expect(
            sums["notifications"]
                == "4 = 1 sent to devices + 3 not sent (2 suppressed duplicate + 1 suppressed no_devices)"
        )
        #expect(sums["deliveries"] == "2 (notification, device) = 1 accepted + 1 rejected unregistered")
        #expect(sums["provider"] == "1 taken by the simulator = 1 accepted receipts + 0 possible duplicates")
    }

    /// What goes wrong, and the lines that must notice it.
    struct Damage: Sendable, CustomTestStringConvertible {
        let name: String
        let lines: Set<String>
        let change: @Sendable (inout Books) -> Void

        init(_ name: String, _ lines: Set<String>, _ change: @escaping @Sendable (inout Books) -> Void) {
            self.name = name
            self.lines = lines
            self.change = change
        }

        var testDescription: String { name }
    }

    static let damages: [Damage] = [
        Damage("a record that cannot be read", ["played and stored"]) { $0.unreadable.append("x") },
        Damage("an error in the log", ["played and stored"]) { $0.errorsLogged.append("x") },
        Damage("an event that is not stored", ["played and stored", "metrics"]) { $0.stored.remove(at: 1) },
        Damage("an event stored twice", ["played and stored", "metrics"]) {
            $0.stored.append(Books.StoredEvent(place: place(9), number: 1))
        },
        Damage("an event that no rule saw", ["events", "metrics", "rules", "notifications", "repeated events"]) {
            $0.asked.removeAll { $0.origin == 13 }
        },
        Damage("an unwanted event that was asked for", ["events", "metrics", "rules", "notifications"]) {
            $0.asked.append(
                Books.Asked(
                    notificationID: "n-x",
                    origin: 11,
                    event: Books.EventKey(source: "/s", id: "2"),
                    ruleID: "r",
                    userID: "ann"
                )
            )
        },
        Damage("a broken event that was not set aside", ["events", "metrics"]) { $0.setAside = [] },
        Damage("a good event that was set aside", ["events", "metrics"]) {
            $0.setAside.append(Books.SetAside(place: place(0), reason: "x"))
        },
        Damage("a dead letter twice", ["events", "metrics"]) { $0.setAside += $0.setAside },
        Damage("a counter that is wrong", ["metrics"]) { $0.counted.matched += 1 },
        Damage("a notification for somebody else", ["rules"]) { books in
            let asked = books.asked[0]
            books.asked[0] = Books.Asked(
                notificationID: asked.notificationID,
                origin: asked.origin,
                event: asked.event,
                ruleID: asked.ruleID,
                userID: "eve"
            )
        },
        Damage("a notification without an end", ["notifications", "metrics"]) {
            $0.receipts.removeAll { $0.receiptID == "r3" }
        },
        Damage("a repeat that was not recognised", ["notifications", "repeated events", "metrics"]) {
            $0.receipts.removeAll { $0.receiptID == "r4" }
        },
        Damage("a notification that nobody asked for", ["notifications", "metrics"]) {
            $0.receipts.append(receipt("r9", "n-x", "suppressed", "no_devices"))
        },
        Damage("a delivery without a receipt", ["deliveries", "metrics", "dead tokens"]) {
            $0.receipts.removeAll { $0.receiptID == "r2" }
            $0.invalidTokens = []
        },
        Damage("a delivery with two final receipts", ["deliveries", "metrics", "provider"]) {
            $0.receipts.append(receipt("r9", "n-ann", "failed", "timeout", device: "phone"))
        },
        Damage("a receipt that stands there twice", ["deliveries", "metrics"]) {
            $0.receipts.append(receipt("r1", "n-ann", "accepted", device: "phone"))
        },
        Damage("accepted, and the provider knows nothing of it", ["provider"]) { $0.requests.remove(at: 1) },
        Damage("taken by the provider, and rejected by receipt", ["provider"]) {
            $0.requests.append(SimulatorWitness.Request(id: "d2", token: "bb", status: 200))
        },
        Damage("taken twice, and the receipt does not say so", ["provider"]) { $0.requests.append($0.requests[1]) },
        Damage("taken, and not ours", ["provider"]) {
            $0.requests.append(SimulatorWitness.Request(id: "d9", token: "bb", status: 200))
        },
        Damage("a dead token that nobody signalled", ["dead tokens"]) { $0.invalidTokens = [] },
        Damage("a dead token that was signalled twice", ["dead tokens"]) { $0.invalidTokens.append("dead1") },
        Damage("a living token that was signalled", ["dead tokens"]) { $0.invalidTokens.append("aa") },
        Damage("more price alerts than allowed", ["limit", "metrics"]) { books in
            for number in 0...DemoTexts.marketingMax {
                books.receipts.append(receipt("m\(number)", "m\(number)-ann", "rejected", "x", device: "phone"))
            }
        },
    ]

    @Test("What goes wrong is noticed, and in the right line", arguments: damages)
    func unbalanced(damage: Damage) {
        var books = Self.balanced
        damage.change(&books)
        let reconciliation = Reconciliation(books)
        #expect(!reconciliation.isBalanced)
        #expect(Set(reconciliation.lines.filter { !$0.isBalanced }.map(\.title)) == damage.lines)
    }

    @Test("A delivery that was taken twice is explained where its receipt says so")
    func explained() {
        var books = Self.balanced
        books.requests.append(books.requests[1])
        books.receipts[0] = Self.receipt("r1", "n-ann", "accepted", device: "phone", possibleDuplicate: true)
        let reconciliation = Reconciliation(books)
        #expect(reconciliation.isBalanced)
        #expect(
            reconciliation.lines.contains {
                $0.sum == "2 taken by the simulator = 1 accepted receipts + 1 possible duplicates"
            }
        )
    }

    @Test("A line that does not balance shows a few examples, and how many more there are")
    func sheet() {
        let sheet = BalanceSheet(terminal: Terminal(isInteractive: false, hasColour: false, columns: 80))
        let line = Reconciliation.Line(title: "events", sum: "1 = 2", faults: (1...7).map { "fault \($0)" })
        #expect(
            sheet.text(of: line) == [
                "✗ events              1 = 2", "    fault 1", "    fault 2", "    fault 3", "    fault 4",
                "    fault 5",
                "    … and 2 more",
            ]
        )
        let good = Reconciliation.Line(title: "events", sum: "2 = 2", faults: [])
        #expect(sheet.text(of: good) == ["✓ events              2 = 2"])
    }
}

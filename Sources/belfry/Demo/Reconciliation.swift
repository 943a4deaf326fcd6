/// The books of a run, balanced line by line: from records, and against what was played and received.
struct Reconciliation: Sendable {
    /// One sum, and whether it comes out.
    struct Line: Sendable {
        let title: String
        let sum: String
        /// What does not fit, by its ids; empty when the line balances.
        var faults: [String]

        var isBalanced: Bool { faults.isEmpty }
    }

    let lines: [Line]

    var isBalanced: Bool { lines.allSatisfy(\.isBalanced) }

    init(_ books: Books) {
        let index = Index(books)
        lines = [
            Self.completeness(books),
            Self.events(books, index),
            Self.counters(books, index),
            Self.wanted(books),
            Self.notifications(books, index),
            Self.repeats(books),
            Self.deliveries(books, index),
            Self.accepted(books, index),
            Self.deadTokens(books, index),
            Self.limit(books, index),
        ]
    }

    /// What several lines look up.
    private struct Index {
        /// Distinct records that asked for something, by event.
        var origins: [Books.EventKey: Set<UInt64>] = [:]
        /// Receipts about a notification as a whole, and about one device.
        var wholeReceipts: [Books.Receipt] = []
        var deviceReceipts: [Books.Receipt] = []
        var deliveriesOfNotification: [String: Int] = [:]

        init(_ books: Books) {
            for asked in books.asked { origins[asked.event, default: []].insert(asked.origin) }
            for receipt in books.receipts {
                if receipt.deviceID == nil { wholeReceipts.append(receipt) } else { deviceReceipts.append(receipt) }
            }
            for delivered in books.delivered { deliveriesOfNotification[delivered.notificationID, default: 0] += 1 }
        }
    }

    // MARK: Events

    private static func completeness(_ books: Books) -> Line {
        let times = count(books.stored.map(\.number))
        var faults = books.unreadable + books.errorsLogged.map { "logged: \($0)" }
        for (number, event) in books.played.enumerated() where times[number] != 1 {
            faults.append("\(event.source)#\(event.id) is stored \(times[number] ?? 0) times")
        }
        return Line(
            title: "played and stored",
            sum: "\(books.played.count.grouped) events played = \(books.stored.count.grouped) records, read back whole",
            faults: faults
        )
    }

    private static func events(_ books: Books, _ index: Index) -> Line {
        var faults: [String] = []
        var unmatched = 0
        var expectedRecords: [Books.EventKey: Int] = [:]
        let setAside = Set(books.setAside.map(\.place))
        if setAside.count != books.setAside.count {
            faults.append("\(books.setAside.count - setAside.count) records were set aside twice")
        }
        for stored in books.stored where books.played.indices.contains(stored.number) {
            let event = books.played[stored.number]
            let key = Books.EventKey(source: event.source, id: event.id)
            let isAside = setAside.contains(stored.place)
            let isAsked = index.origins[key] != nil
            if !isAside, !isAsked { unmatched += 1 }
            switch event.fate {
            case .notifies:
                expectedRecords[key, default: 0] += 1
                if isAside || !isAsked { faults.append("\(key) at \(stored.place) should have matched") }
            case .unwanted:
                if isAside || isAsked { faults.append("\(key) at \(stored.place) should not have matched") }
            case .poison:
                if !isAside || isAsked { faults.append("\(key) at \(stored.place) should have been set aside") }
            }
        }
        for (key, count) in expectedRecords {
            let found = index.origins[key]?.count ?? 0
            if found != count { faults.append("\(key): \(count) records, \(found) of them matched") }
        }
        let matched = index.origins.values.reduce(0) { $0 + $1.count }
        let sum = matched + unmatched + setAside.count
        if sum != books.stored.count { faults.append("the sum is \(sum.grouped)") }
        return Line(
            title: "events",
            sum: "\(books.stored.count.grouped) = \(matched.grouped) matched + \(unmatched.grouped) unmatched + "
                + "\(setAside.count.grouped) dead letters (\(kinds(books.setAside.map(\.reason))))",
            faults: faults
        )
    }

    /// The counters of the stages tell the same as the records.
    private static func counters(_ books: Books, _ index: Index) -> Line {
        let matched = index.origins.values.reduce(0) { $0 + $1.count }
        let counted = books.counted
        var faults: [String] = []
        func compare(_ name: String, _ counter: Int, _ records: Int) {
            if counter != records {
                faults.append("\(name): counted \(counter.grouped), \(records.grouped) in records")
            }
        }
        compare("matched", counted.matched, matched)
        compare("unmatched", counted.unmatched, books.stored.count - matched - books.setAside.count)
        compare("dead letters", counted.deadLettered, books.setAside.count)
        compare("notifications", counted.notifications, books.asked.count)
        compare("final receipts", counted.outcomes, books.receipts.count)
        compare("records lost", counted.recordsLost, 0)
        return Line(
            title: "metrics",
            sum: "the counters of all stages say what the records say",
            faults: faults
        )
    }

    // MARK: Notifications

    /// Who was to be told, by the shop's own account.
    private struct Wanted: Hashable {
        let event: Books.EventKey
        let rule: String
        let user: String
    }

    private static func wanted(_ books: Books) -> Line {
        var wanted: [Wanted: Int] = [:]
        var total = 0
        for stored in books.stored where books.played.indices.contains(stored.number) {
            let event = books.played[stored.number]
            guard case .notifies(let rule, let users) = event.fate else { continue }
            for user in users {
                wanted[Wanted(event: .init(source: event.source, id: event.id), rule: rule, user: user), default: 0] +=
                    1
                total += 1
            }
        }
        let asked = count(books.asked.map { Wanted(event: $0.event, rule: $0.ruleID, user: $0.userID) })
        var faults: [String] = []
        for key in Set(wanted.keys).union(asked.keys) where wanted[key] != asked[key] {
            faults.append(
                "\(key.event) \(key.rule) for \(key.user): wanted \(wanted[key] ?? 0), asked \(asked[key] ?? 0)"
            )
        }
        return Line(
            title: "rules",
            sum:
                "\(total.grouped) notifications meant by the shop = \(books.asked.count.grouped) asked for by the rules",
            faults: faults
        )
    }

    /// Each notification goes to devices, or ends with one receipt that says why not.
    private static func notifications(_ books: Books, _ index: Index) -> Line {
        let asked = count(books.asked.map(\.notificationID))
        let ended = count(index.wholeReceipts.map(\.notificationID))
        let unserved = Set(index.deviceReceipts.map(\.notificationID)).subtracting(index.deliveriesOfNotification.keys)
        var sent = 0
        var faults: [String] = []
        for (id, times) in asked {
            let isSent = index.deliveriesOfNotification[id] != nil || unserved.contains(id)
            if isSent { sent += 1 }
            let endings = (isSent ? 1 : 0) + (ended[id] ?? 0)
            if endings != times {
                faults.append("notification \(id): asked for \(times) times, ended \(endings) times")
            }
        }
        for id in Set(ended.keys).union(index.deliveriesOfNotification.keys) where asked[id] == nil {
            faults.append("notification \(id): nobody asked for it")
        }
        return Line(
            title: "notifications",
            sum: "\(books.asked.count.grouped) = \(sent.grouped) sent to devices + "
                + "\(index.wholeReceipts.count.grouped) not sent (\(outcomes(index.wholeReceipts)))",
            faults: faults
        )
    }

    /// An event that comes twice is told once.
    private static func repeats(_ books: Books) -> Line {
        let asked = count(books.asked.map(\.notificationID))
        let duplicates = count(books.receipts.filter { $0.reason == "duplicate" }.map(\.notificationID))
        var faults: [String] = []
        var repeats = 0
        for (id, times) in asked {
            repeats += times - 1
            let found = duplicates[id] ?? 0
            if found != times - 1 { faults.append("notification \(id): \(times - 1) repeats, \(found) known as such") }
        }
        return Line(
            title: "repeated events",
            sum: "\(repeats.grouped) notifications asked for again = "
                + "\(duplicates.values.reduce(0, +).grouped) suppressed as duplicates",
            faults: faults
        )
    }

    // MARK: Deliveries

    private struct Pair: Hashable {
        let notification: String
        let device: String
    }

    private static func deliveries(_ books: Books, _ index: Index) -> Line {
        let sent = Set(books.delivered.map { Pair(notification: $0.notificationID, device: $0.deviceID) })
        let receipts = count(
            index.deviceReceipts.map { Pair(notification: $0.notificationID, device: $0.deviceID ?? "") }
        )
        var faults: [String] = []
        for pair in sent where receipts[pair] != 1 {
            faults.append("\(pair.notification) to \(pair.device): \(receipts[pair] ?? 0) final receipts")
        }
        for (pair, times) in receipts where !sent.contains(pair) {
            // An app that is not configured is answered by the users stage: one receipt, nothing in the outbox.
            if times != 1 { faults.append("\(pair.notification) to \(pair.device): \(times) final receipts") }
        }
        let once = Set(books.receipts.map(\.receiptID)).count
        if once != books.receipts.count { faults.append("\(books.receipts.count - once) receipt ids appear twice") }
        return Line(
            title: "deliveries",
            sum: "\(receipts.count.grouped) (notification, device) = \(outcomes(index.deviceReceipts))",
            faults: faults
        )
    }

    /// What the provider took is what receipts call accepted.
    ///
    /// A delivery that it took more often is explained where its receipt says `possible_duplicate`.
    private static func accepted(_ books: Books, _ index: Index) -> Line {
        let taken = count(books.requests.filter { $0.status == 200 }.map(\.id))
        var deliveryIDs: [Pair: String] = [:]
        for delivered in books.delivered {
            deliveryIDs[Pair(notification: delivered.notificationID, device: delivered.deviceID)] = delivered.deliveryID
        }
        var faults: [String] = []
        var receipts: Set<String> = []
        var explained = 0
        for receipt in index.deviceReceipts {
            let pair = Pair(notification: receipt.notificationID, device: receipt.deviceID ?? "")
            guard let id = deliveryIDs[pair] else { continue }
            let times = taken[id] ?? 0
            if receipt.outcome == "accepted" {
                receipts.insert(id)
                explained += max(0, times - 1)
                if times == 0 { faults.append("delivery \(id): accepted by receipt, never taken by the provider") }
                if times > 1, !receipt.possibleDuplicate {
                    faults.append("delivery \(id): taken \(times) times, and its receipt does not say so")
                }
            } else if times > 0 {
                if receipt.possibleDuplicate {
                    explained += times
                } else {
                    faults.append("delivery \(id): taken by the provider, \(receipt.outcome) by receipt")
                }
            }
        }
        for id in Set(taken.keys).subtracting(deliveryIDs.values) {
            faults.append("request \(id): taken by the provider, and not one of ours")
        }
        let total = taken.values.reduce(0, +)
        if total != receipts.count + explained { faults.append("the sum is \((receipts.count + explained).grouped)") }
        return Line(
            title: "provider",
            sum: "\(total.grouped) taken by the simulator = \(receipts.count.grouped) accepted receipts + "
                + "\(explained.grouped) possible duplicates",
            faults: faults
        )
    }

    private static func deadTokens(_ books: Books, _ index: Index) -> Line {
        let dead = count(books.requests.filter { $0.status == 410 }.map(\.token))
        let signalled = count(books.invalidTokens)
        var faults: [String] = []
        for token in Set(dead.keys).union(signalled.keys) where dead[token] == nil || signalled[token] != 1 {
            let name = "token \(token.prefix(8))…"
            faults.append("\(name): refused \(dead[token] ?? 0) times, signalled \(signalled[token] ?? 0) times")
        }
        return Line(
            title: "dead tokens",
            sum: "\(dead.count.grouped) refused as unregistered = \(signalled.count.grouped) signalled, each once",
            faults: faults
        )
    }

    /// Nobody gets more price alerts than the configuration allows.
    private static func limit(_ books: Books, _ index: Index) -> Line {
        var alerts: [String: Set<String>] = [:]
        for receipt in index.deviceReceipts where receipt.ruleID == "price-alert" {
            alerts[receipt.userID, default: []].insert(receipt.notificationID)
        }
        // The window refills while a run lasts.
        let allowed = DemoTexts.marketingMax + Int(books.playedSeconds * Double(DemoTexts.marketingMax) / 3600)
        let most = alerts.values.map(\.count).max() ?? 0
        let limited = index.wholeReceipts.count { $0.ruleID == "price-alert" && $0.reason == "rate_limited" }
        return Line(
            title: "limit",
            sum: "at most \(most) price alerts to one user (allowed: \(allowed)), "
                + "\(limited.grouped) more suppressed",
            faults: alerts.filter { $0.value.count > allowed }.map { "\($0.key): \($0.value.count) price alerts" }
        )
    }

    // MARK: Words

    private static func outcomes(_ receipts: [Books.Receipt]) -> String {
        kinds(receipts.map { receipt in receipt.reason.map { "\(receipt.outcome) \($0)" } ?? receipt.outcome })
    }

    /// Each kind with its number.
    private static func kinds(_ names: [String]) -> String {
        let counts = count(names).sorted { $0.key < $1.key }.map { "\($0.value.grouped) \($0.key)" }
        return counts.isEmpty ? "none" : counts.joined(separator: " + ")
    }

    private static func count<Key: Hashable>(_ keys: some Sequence<Key>) -> [Key: Int] {
        keys.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}

import Testing

@testable import PushCore

@Suite("Users: what becomes of a notification")
struct NotificationTests {
    @Test("a notification goes to every device, each delivery with its derived id")
    func severalDevices() throws {
        var bench = UsersBench()
        try bench.register(Make.device("phone", token: "aa01"))
        try bench.register(Make.device("tablet", token: "bb02"))
        let decided = bench.notify("e1") { $0.traceparent = "00-trace" }
        #expect(decided.disposition == .admitted && decided.deliveries == 2)
        let notification = Make.notification(event: "e1")
        let deliveries = try decided.effects.deliveries()
        #expect(deliveries.map(\.device.id) == ["phone", "tablet"])
        for delivery in deliveries {
            #expect(delivery.id == Digests.openSSL.identifier(notification.id, delivery.device.id))
            #expect(delivery.userID == "ann" && delivery.decidedAtMs == bench.nowMs)
        }
        let outputs = decided.effects.outputs
        #expect(outputs.allSatisfy { $0.keyText == "ann" && $0.header("traceparent") == "00-trace" })
        #expect(decided.effects.state?.topic == .users && decided.effects.state?.partition == 3)
    }

    /// What is done before the notification, and how it ends.
    struct Suppression: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let outcome: String
        let reason: Reason
        let prepare: @Sendable (inout UsersBench, inout Notification) throws -> Void
    }

    @Test(
        "what is not sent ends with one receipt about the notification as a whole",
        arguments: [
            Suppression(testDescription: "expired", outcome: "expired", reason: .ttlPassed) { bench, notification in
                try bench.register()
                notification.expiresAtMs = bench.nowMs
            },
            Suppression(testDescription: "expired wins over opted out", outcome: "expired", reason: .ttlPassed) {
                bench,
                notification in
                try bench.settle(preferences(["orders": false]))
                notification.expiresAtMs = bench.nowMs - 1
            },
            Suppression(testDescription: "opted out", outcome: "suppressed", reason: .optedOut) { bench, _ in
                try bench.register()
                try bench.settle(preferences(["orders": false]))
            },
            Suppression(testDescription: "no devices", outcome: "suppressed", reason: .noDevices) { _, _ in },
            Suppression(testDescription: "rate limited", outcome: "suppressed", reason: .rateLimited) { bench, _ in
                try bench.register()
                #expect(bench.notify("before").disposition == .admitted)
            },
        ]
    )
    func suppressed(_ suppression: Suppression) throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 1, periodMs: Make.dayMs)]])
        var notification = Make.notification()
        try suppression.prepare(&bench, &notification)
        let decided = bench.handle(UsersBench.notify(notification))
        #expect(decided.disposition == .ended(suppression.reason) && decided.deliveries == 0)
        let receipt = try #require(decided.effects.outputs.first)
        #expect(decided.effects.outputs.count == 1 && receipt.topic == .receipts)
        #expect(receipt.text("outcome") == suppression.outcome)
        #expect(receipt.text("reason") == suppression.reason.rawValue)
        #expect(receipt.text("receipt_id") == Digests.openSSL.identifier(notification.id, "users").description)
        #expect(receipt.json.member("device_id") == nil)
    }

    /// Push type of the rule, and the devices that it goes to.
    static let tokenKinds: [(pushType: String, devices: [String])] = [
        ("", ["phone", "android"]), ("alert", ["phone", "android"]), ("background", ["phone", "android"]),
        ("liveactivity", ["activity"]), ("voip", ["calls"]), ("widgets", []),
    ]

    @Test("a token serves the push type that it is for and no other", arguments: tokenKinds)
    func tokenServes(pushType: String, devices: [String]) throws {
        var bench = UsersBench { $0.apps.insert(UsersConfiguration.App(provider: .fcm, app: "shop")) }
        try bench.register(Make.device("phone", token: "aa01"))
        for (id, kind) in [("activity", "liveactivity"), ("calls", "voip")] {
            var device = Make.device(id, token: "bb\(id.utf8.count)")
            device.pushType = kind
            try bench.register(device)
        }
        try bench.register(Make.device("android", token: "t", provider: .fcm, app: "shop"))
        let decided = bench.notify("e1") { $0.apns.pushType = pushType }
        let deliveries = try decided.effects.outputs.filter { $0.topic != .receipts }.map { try $0.delivery() }
        #expect(deliveries.map(\.device.id) == devices)
        if devices.isEmpty { #expect(decided.disposition == .ended(.noDevices)) }
    }

    @Test("a notification that lives one millisecond longer than now is sent")
    func lastMoment() throws {
        var bench = UsersBench()
        try bench.register()
        #expect(bench.notify("e1") { $0.expiresAtMs = Make.timeMs + 1 }.disposition == .admitted)
    }

    @Test("other categories stay on, and a later preference turns the category on again")
    func preferencesChange() throws {
        var bench = UsersBench()
        try bench.register()
        try bench.settle(Self.preferences(["marketing": false]))
        #expect(bench.notify("e1").disposition == .admitted)
        try bench.settle(Self.preferences(["orders": false], atMs: 10))
        #expect(bench.notify("e2").disposition == .ended(.optedOut))
        #expect(bench.handle(Self.preferences(["orders": true], atMs: 9)).disposition == .ignored)
        #expect(bench.notify("e3").disposition == .ended(.optedOut))
        #expect(bench.handle(Self.preferences(["orders": true], atMs: 10)).disposition == .applied)
        #expect(bench.notify("e4").disposition == .admitted)
        #expect(try #require(try bench.record()).categories == ["marketing": false, "orders": true])
    }

    @Test("a device of an app that is not configured is rejected, the others are served")
    func unserved() throws {
        var bench = UsersBench(limits: ["all": [LimitWindow(max: 1, periodMs: Make.dayMs)]])
        let other = Make.device("old", token: "cc03", app: "com.example.other")
        try bench.register(other)
        let none = bench.notify("e1")
        #expect(none.disposition == .ended(.appNotConfigured) && none.deliveries == 0)
        let receipt = try #require(none.effects.receipts.first)
        let deliveryID = Digests.openSSL.identifier(Make.notification(event: "e1").id, "old")
        #expect(
            receipt.text("receipt_id") == Digests.openSSL.finalReceiptIdentifier(ofDelivery: deliveryID).description
        )
        #expect(receipt.text("outcome") == "rejected" && receipt.text("reason") == "app_not_configured")
        #expect(receipt.text("token_fingerprint") == Digests.openSSL.fingerprint(of: other))
        try bench.register()
        // Nothing was charged for what could not be sent.
        let both = bench.notify("e2")
        #expect(both.disposition == .admitted && both.deliveries == 1)
        #expect(both.effects.receipts.count == 1)
        #expect(bench.notify("e3").disposition == .ended(.rateLimited))
    }

    @Test("a second event with the same source and id is a duplicate, with a receipt of its own")
    func duplicateEvent() throws {
        var bench = UsersBench()
        try bench.register()
        let notification = Make.notification()
        #expect(bench.handle(UsersBench.notify(notification, origin: 1)).disposition == .admitted)
        let second = bench.handle(UsersBench.notify(notification, origin: 2))
        #expect(second.disposition == .ended(.duplicate) && second.effects.state == nil)
        let third = bench.handle(UsersBench.notify(notification, origin: 3))
        let ids = [second, third].map { $0.effects.receipts.first?.text("receipt_id") }
        #expect(ids[0] != nil && ids[0] != ids[1])
        #expect(second.effects.receipts.first?.text("reason") == "duplicate")
        #expect(second.effects.outputs.count == 1)
        #expect(
            bench.handle(UsersBench.notify(notification, origin: 2)).effects.receipts.first?.text("receipt_id")
                == ids[0]
        )
    }

    @Test("a command that the rules stage gave twice for one record says nothing twice")
    func repeatedCommand() throws {
        var bench = UsersBench()
        try bench.register()
        let notification = Make.notification()
        #expect(bench.handle(UsersBench.notify(notification, origin: 7)).disposition == .admitted)
        let again = bench.handle(UsersBench.notify(notification, origin: 7))
        #expect(again.disposition == .replayed && again.effects.isEmpty)
    }

    @Test("an id is forgotten after the dedupe window, but not before its command is committed")
    func dedupeWindow() throws {
        var bench = UsersBench { $0.dedupeWindowMs = 1000 }
        try bench.register()
        let notification = Make.notification()
        #expect(bench.handle(UsersBench.notify(notification, origin: 1)).disposition == .admitted)
        bench.nowMs += 1001
        #expect(bench.notify("other").disposition == .admitted)
        #expect(bench.handle(UsersBench.notify(notification, origin: 2)).disposition == .ended(.duplicate))
        bench.commit()
        // What is remembered knows the second and no more.
        bench.nowMs += 1000
        #expect(bench.notify("another").disposition == .admitted)
        #expect(bench.handle(UsersBench.notify(notification, origin: 3)).disposition == .admitted)
    }

    @Test("the words are those of the device's language, then of the user's, then the rule's first")
    func words() throws {
        var bench = UsersBench()
        var german = Make.device("a", token: "01")
        german.locale = "de-AT"
        var japanese = Make.device("b", token: "02")
        japanese.locale = "ja"
        try bench.register(german)
        try bench.register(japanese)
        try bench.register(Make.device("c", token: "03"))
        func titles(_ event: String, _ bench: inout UsersBench) throws -> [String] {
            let decided = bench.notify(event) {
                $0.contents = [Make.content("en", "Hello"), Make.content("de", "Hallo"), Make.content("fr", "Salut")]
            }
            return try decided.effects.deliveries().flatMap { $0.notification.contents.map(\.title) }
        }
        #expect(try titles("e1", &bench) == ["Hallo", "Hello", "Hello"])
        try bench.settle(Self.preferences([:], locale: "fr-CA"))
        #expect(try titles("e2", &bench) == ["Hallo", "Salut", "Salut"])
    }

    static func preferences(
        _ categories: [String: Bool],
        atMs: Int64 = 5,
        locale: String = ""
    ) -> Command.OneOf_Kind {
        var preferences = SetPreferences()
        preferences.categories = categories
        preferences.locale = locale
        preferences.atMs = atMs
        return .preferences(preferences)
    }
}

@Suite("Users: the choice of words")
struct LocaleTests {
    @Test(
        "the lookup of RFC 4647 section 3.4: subtags are taken off from the right",
        arguments: [
            (["de"], "de"), (["de-AT"], "de"), (["de-CH-1996"], "de-CH"), (["DE-ch"], "de-CH"), (["de_CH"], "de-CH"),
            (["zh-Hant-TW"], "zh-Hant"), (["zh-Hans"], "en"), (["fr", "de"], "de"), (["deu"], "en"), ([], "en"),
            ([""], "en"),
            // The single letter in front of a private subtag goes with it.
            (["pt-x-brasil"], "pt"), (["-"], "en"), (["d"], "en"),
        ] as [([String], String)]
    )
    func lookup(_ preferred: [String], _ expected: String) {
        let locales = ["en", "de", "de-CH", "zh-Hant", "pt", "pt-x"]
        #expect(locales[Locale.choose(from: locales, preferred: preferred)] == expected)
    }

    @Test(
        "a region of Chinese stands for the script that is likely there",
        arguments: [
            ("zh-TW", ["zh-Hans", "zh-Hant"], "zh-Hant"), ("zh-HK", ["zh-Hans", "zh-Hant"], "zh-Hant"),
            ("zh_MO", ["zh-hant"], "zh-hant"), ("zh-CN", ["zh-Hant", "zh-Hans"], "zh-Hans"),
            ("zh-SG", ["zh-Hant", "zh-Hans"], "zh-Hans"), ("zh", ["zh-Hant", "zh-Hans"], "zh-Hans"),
            // Not what the user cannot read, and what is closest first.
            ("zh-TW", ["zh-Hans"], "en"), ("zh-CN", ["zh-Hant"], "en"), ("zh", ["zh-TW"], "en"),
            ("zh-TW", ["zh-Hant", "zh-TW"], "zh-TW"), ("zh-HK", ["zh-Hant", "zh-TW"], "zh-Hant"),
            ("zh-Hant-TW", ["zh-CN", "zh-TW"], "zh-TW"), ("zh-Hant-TW", ["zh-Hant", "zh-TW"], "zh-TW"),
            ("zh-Hans-CN", ["zh-TW", "zh-CN"], "zh-CN"), ("zh-Hans-SG", ["zh-Hant", "zh"], "zh"),
            // Words without script or region are for everybody who reads Chinese, after those that say it.
            ("zh-TW", ["zh"], "zh"), ("zh-TW", ["zh", "zh-Hant"], "zh-Hant"), ("zh-CN", ["zh", "zh-Hant"], "zh"),
            ("zh-TW-x-a", ["zh-Hant"], "zh-Hant"), ("zh-min-nan", ["zh"], "zh"), ("zh-", ["zh-Hans"], "en"),
            ("zhx-TW", ["zh-Hant"], "en"), ("de-TW", ["zh-Hant"], "en"),
        ] as [(String, [String], String)]
    )
    func chinese(_ preferred: String, _ words: [String], _ expected: String) {
        let locales = ["en"] + words
        #expect(locales[Locale.choose(from: locales, preferred: [preferred])] == expected)
    }
}

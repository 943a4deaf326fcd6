import PushCore
import Testing

@testable import belfry

/// What right rule files become.
struct RuleReadingTests {
    @Test("a rule with every key is read in full")
    func everyKey() throws {
        let loaded = Sample.load(
            rules: """
                - id: order-shipped
                  on: [com.example.order.*, com.example.parcel]
                  when: true
                  to: { users: data.customer }
                  category: transactional
                  ttl: 4h
                  priority: low
                  collapse: "order-{{data.id}}"
                  content:
                    no: { title: Tittel, subtitle: Under, body: Tekst }
                    de-AT: { body: Text, image: "https://shop.example.com/{{data.id}}.png" }
                  link: "https://shop.example.com/{{data.id}}"
                  data: { count: 5, paid: true, id: "{{data.id}}", none: "" }
                  apns:
                    sound: default
                    interruption_level: time-sensitive
                    thread_id: t
                    category: c
                    target_content_id: w
                    filter_criteria: f
                    relevance_score: 1
                    badge: 0
                    mutable_content: true
                    content_available: true
                    push_type: alert
                    aps: { alert: { launch-image: "{{data.image}}" }, badge: "7" }
                    without_storage: true
                  limit: marketing
                  bypass_limits: true
                """
        )
        #expect(!loaded.problems.contains { $0.severity == .error }, "\(loaded.problems)")
        let rule = try #require(loaded.rules.first)
        #expect(rule.id.value == "order-shipped")
        #expect(rule.eventTypes.map(\.value) == ["com.example.order.*", "com.example.parcel"])
        #expect(rule.condition?.value == "true")
        #expect(rule.users.value == "data.customer")
        #expect(rule.category == "transactional")
        #expect(rule.timeToLive == .seconds(4 * 3_600))
        #expect(rule.priority == .low)
        #expect(rule.collapse?.value == "order-{{data.id}}")
        #expect(rule.contents.map(\.locale.value) == ["no", "de-AT"])
        #expect(rule.contents.map(\.title?.value) == ["Tittel", nil])
        #expect(rule.contents.map(\.subtitle?.value) == ["Under", nil])
        #expect(rule.contents.map(\.body?.value) == ["Tekst", "Text"])
        #expect(rule.contents.map(\.image?.value) == [nil, "https://shop.example.com/{{data.id}}.png"])
        #expect(rule.link?.value == "https://shop.example.com/{{data.id}}")
        #expect(rule.data.map(\.key) == ["count", "paid", "id", "none"])
        #expect(rule.data.map(\.template.value) == ["5", "true", "{{data.id}}", ""])
        #expect(rule.limit?.value == "marketing")
        #expect(rule.bypassLimits)
        let apns = rule.apns
        let texts = [apns.sound, apns.threadID, apns.category, apns.targetContentID, apns.filterCriteria]
        #expect(texts.map { $0?.value } == ["default", "t", "c", "w", "f"])
        #expect(apns.interruptionLevel == "time-sensitive")
        #expect(apns.relevanceScore == 1)
        #expect(apns.badge == 0)
        #expect(apns.mutableContent && apns.contentAvailable)
        #expect(apns.pushType == "alert" && apns.withoutStorage)
        #expect(apns.aps?.tree == ["alert": ["launch-image": "{{data.image}}"], "badge": 7])
        #expect(apns.aps?.templates.map(\.value) == ["{{data.image}}"])
    }

    @Test("a rule with the least it needs has the defaults")
    func defaults() throws {
        let loaded = Sample.load(rules: "- { id: a, on: \"*\", to: { users: u }, limit: none }\n")
        #expect(!loaded.problems.contains { $0.severity == .error }, "\(loaded.problems)")
        let rule = try #require(loaded.rules.first)
        #expect(rule.eventTypes.map(\.value) == ["*"])
        #expect(rule.condition == nil)
        #expect(rule.timeToLive == .seconds(86_400))
        #expect(rule.priority == .high)
        #expect(rule.contents.isEmpty && rule.data.isEmpty)
        #expect(rule.limit == nil)
        #expect(!rule.bypassLimits)
        #expect(rule.devices == .all && rule.providers.isEmpty)
    }

    @Test("a rule says which devices it is for")
    func devices() throws {
        let rule = { (keys: String) in "- { id: a, on: \"*\", to: { users: u }, limit: none, \(keys) }\n" }
        for selection in DeviceSelection.allCases {
            let loaded = Sample.load(rules: rule("devices: \(selection.rawValue), providers: [webpush, apns, webpush]"))
            let read = try #require(loaded.rules.first, "\(loaded.problems)")
            #expect(read.devices == selection && read.providers == [.webpush, .apns])
        }
        let one = try #require(Sample.load(rules: rule("providers: fcm")).rules.first)
        #expect(one.providers == [.fcm])
    }

    @Test("content without languages serves every language")
    func anyLanguage() throws {
        let loaded = Sample.load(rules: "- { id: a, on: b, to: { users: u }, content: { title: t, body: c } }\n")
        #expect(!loaded.problems.contains { $0.severity == .error }, "\(loaded.problems)")
        let content = try #require(loaded.rules.first?.contents.first)
        #expect(content.locale.value == "und")
        #expect(content.title?.value == "t")
        #expect(content.title?.key == "rules[0].content.title")
    }

    @Test("a background notification without content is right")
    func background() {
        let loaded = Sample.load(rules: "- { id: a, on: b, to: { users: u }, apns: { push_type: background } }\n")
        #expect(!loaded.problems.contains { $0.severity == .error }, "\(loaded.problems)")
    }

    @Test("rules come in the order of their files")
    func order() {
        var files = Sample.files
        files.files["rules/a.yaml"] = Array("- { id: second, on: b, to: { users: u } }\n".utf8)
        #expect(Sample.load(files).rules.map(\.id.value) == ["second", "first"])
    }

    static let tags: [(String, Bool)] = [
        ("en", true), ("de-AT", true), ("zh-Hant-TW", true), ("zh-cmn-Hans-CN", true), ("es-419", true), ("und", true),
        ("sl-rozaj-biske", true), ("de-CH-1996", true), ("en-u-nu-latn", true), ("en-x-a", true), ("no", true),
        ("", false), ("e", false), ("en-", false), ("en_US", false), ("en-US-", false), ("e1", false), ("en-u", false),
        ("en-x", false), ("waytoolonglanguage", false), ("de-A", false), ("日本", false), ("en-a-b", false),
    ]

    @Test("language tags are BCP 47", arguments: tags)
    func languageTag(tag: String, isWellFormed: Bool) {
        #expect(LanguageTag.isWellFormed(tag) == isWellFormed)
    }
}

import CEL
import PushCore
import PushProviders

/// What came of one case.
struct RuleTestResult: Sendable {
    /// Something that is not as expected.
    struct Difference: Sendable, Hashable {
        let place: SourcePlace
        /// What it is about, such as `order-shipped for alice: title`.
        let subject: String
        /// Nil: nothing was expected.
        let expected: String?
        /// Nil: there is nothing.
        let actual: String?
    }

    let testCase: RuleTestCase
    let differences: [Difference]

    var hasPassed: Bool { differences.isEmpty }
}

/// Runs cases against rules: a dry run each, and a look at what came of it.
struct RuleTestRun {
    let settings: DryRun.Settings
    let apps: RequestPreview.Apps
    let sample: PreviewPerson

    /// The time at which an event is decided that has none, so that a test gives the same every day: 2026-01-01T00:00:00Z.
    private static let timeMs: Int64 = 1_767_225_600_000

    func result(of testCase: RuleTestCase) -> RuleTestResult {
        var dryRun = DryRun(settings, people: testCase.people ?? [sample])
        do throws(DryRun.BadRegistration) {
            for (offset, event) in testCase.before.enumerated() {
                _ = try account(of: event, at: offset, testCase, &dryRun)
            }
            let account = try account(of: testCase.event, at: testCase.before.count, testCase, &dryRun)
            let check = RuleTestCheck(testCase: testCase, account: account, apps: apps)
            return RuleTestResult(testCase: testCase, differences: check.differences())
        } catch {
            let difference = RuleTestResult.Difference(
                place: testCase.place,
                subject: error.name,
                expected: "a registration",
                actual: error.detail
            )
            return RuleTestResult(testCase: testCase, differences: [difference])
        }
    }

    private func account(
        of event: OwnedRecord,
        at offset: Int,
        _ testCase: RuleTestCase,
        _ dryRun: inout DryRun
    ) throws(DryRun.BadRegistration) -> EventAccount {
        let nowMs = testCase.atMs ?? EventText.timeMs(event, mappings: settings.mappings) ?? Self.timeMs
        var event = event
        event.timestampMs = nowMs
        // The same event at another place is a repeat; at the same place it would be the same record, read again.
        event.offset = Int64(offset)
        return try dryRun.account(for: event, nowMs: nowMs)
    }
}

/// Compares what a case expects with what came.
private struct RuleTestCheck {
    typealias Difference = RuleTestResult.Difference

    let testCase: RuleTestCase
    let account: EventAccount
    let apps: RequestPreview.Apps

    /// A notification with the rule that asked for it.
    private struct Actual {
        let rule: String
        let account: NotificationAccount

        var name: String { "\(rule) for \(account.recipient)" }

        var outcome: String {
            account.endings.first { $0.deviceID.isEmpty }?.outcome ?? (account.sent.isEmpty ? "rejected" : "sent")
        }

        var summary: String {
            let words = account.words.map { ": \($0.title) | \($0.body)" } ?? ""
            let reason = account.endings.first.map { " (\($0.reason))" } ?? ""
            return "\(outcome)\(reason)\(words)"
        }
    }

    func differences() -> [Difference] {
        var found = deadLetterDifferences()
        guard let expected = testCase.expected else { return found }
        var left = account.rules.flatMap { rule in rule.notifications.map { Actual(rule: rule.id, account: $0) } }
        for wanted in expected {
            let index = left.firstIndex {
                $0.rule == wanted.rule && (wanted.recipient == nil || wanted.recipient == $0.account.recipient)
            }
            guard let index else {
                found.append(missing(wanted))
                continue
            }
            found += compare(wanted, left.remove(at: index))
        }
        return found
            + left.map {
                Difference(place: testCase.place, subject: $0.name, expected: nil, actual: $0.summary)
            }
    }

    private func missing(_ wanted: RuleTestCase.Expected) -> Difference {
        let rule = account.rules.first { $0.id == wanted.rule }
        let why: String? =
            switch rule?.judgement {
            case nil: "there is no rule \(wanted.rule)"
            case .otherType: "no notification: its on names other types"
            case .unmatched: "no notification: \(Self.reason(rule?.condition))"
            case .failed(let detail): "no notification: \(detail)"
            case .matched: Self.reason(rule?.subscribedTopics, wanted.recipient)
            }
        let recipient = wanted.recipient.map { " for \($0)" } ?? ""
        return Difference(
            place: wanted.place,
            subject: wanted.rule + recipient,
            expected: "a notification",
            actual: why
        )
    }

    /// Nil where the rule does not address subscribers.
    private static func reason(_ topics: [String]?, _ user: String?) -> String? {
        guard let topics, !topics.isEmpty else { return nil }
        let who = user.map { "\($0) is not" } ?? "nobody is"
        return "no notification: \(who) subscribed to \(topics.joined(separator: ", "))"
    }

    private static func reason(_ condition: ExpressionAccount?) -> String {
        let findings = condition?.findings.map { finding in
            let seen = finding.seen.map { "\($0.expression) is \($0.value)" }.joined(separator: ", ")
            return "\(finding.expression) is \(finding.value)\(seen.isEmpty ? "" : ": \(seen)")"
        }
        return findings?.joined(separator: "; ") ?? "it does not match"
    }

    private func deadLetterDifferences() -> [Difference] {
        var reasons = account.rules.compactMap { rule -> String? in
            if case .failed = rule.judgement { "rule_failed" } else { nil }
        }
        var details = account.rules.compactMap { rule -> String? in
            if case .failed(let detail) = rule.judgement { detail } else { nil }
        }
        if case .deadLetter(let reason, let detail) = account.reading {
            reasons.append(reason)
            details.append(detail)
        }
        reasons.sort()
        if reasons == testCase.deadLetters { return [] }
        let shown = { (list: [String]) in list.isEmpty ? nil : list.joined(separator: ", ") }
        let actual = shown(reasons).map { "\($0): \(details.joined(separator: "; "))" }
        return [
            Difference(
                place: testCase.place,
                subject: "dead letters",
                expected: shown(testCase.deadLetters),
                actual: actual
            )
        ]
    }

    // MARK: One notification

    private func compare(_ wanted: RuleTestCase.Expected, _ actual: Actual) -> [Difference] {
        var found: [Difference] = []
        for (name, value) in wanted.texts {
            let given = text(name, actual)
            if given == value { continue }
            found.append(
                Difference(place: wanted.place, subject: "\(actual.name): \(name)", expected: value, actual: given)
            )
        }
        if let count = wanted.deliveries, count != actual.account.sent.count {
            found.append(
                Difference(
                    place: wanted.place,
                    subject: "\(actual.name): deliveries",
                    expected: "\(count)",
                    actual: "\(actual.account.sent.count)"
                )
            )
        }
        for request in wanted.requests { found += compare(request, actual) }
        return found
    }

    private func text(_ name: String, _ actual: Actual) -> String? {
        let notification = actual.account.sent.first?.delivery.notification ?? actual.account.notification
        let text: String? =
            switch name {
            case "title": actual.account.words?.title
            case "subtitle": actual.account.words?.subtitle
            case "body": actual.account.words?.body
            case "locale": actual.account.words?.locale
            case "collapse": notification?.collapseKey
            case "category": notification?.category
            case "link": notification?.link
            case "outcome": actual.outcome
            case "reason": actual.account.endings.first?.reason
            default: nil
            }
        return text?.isEmpty == true ? nil : text
    }

    private func compare(_ wanted: RuleTestCase.ExpectedRequest, _ actual: Actual) -> [Difference] {
        let subject =
            "\(actual.name): request" + (wanted.provider.map { " \($0)" } ?? "")
            + (wanted.device.map { " \($0)" } ?? "")
        let sent = actual.account.sent.first { sent in
            (wanted.device == nil || wanted.device == sent.delivery.device.id)
                && (wanted.provider == nil || wanted.provider == sent.provider.rawValue)
        }
        guard let sent else {
            return [Difference(place: wanted.place, subject: subject, expected: "a request", actual: nil)]
        }
        let built = RequestPreview.of(sent.delivery, provider: sent.provider, apps: apps, nowMs: account.nowMs)
        var parts = wanted.texts.map { (name: $0.name, expected: Optional($0.value), actual: String?.none) }
        for index in parts.indices { parts[index].actual = Self.part(parts[index].name, sent, built) }
        if case .success(let request) = built {
            parts += wanted.headers.map { header in
                (header.name, header.value, request.headers.first { $0.name == header.name }?.value)
            }
            let document = JSONDocument()
            let isJSON = document.load(request.body) == nil
            parts += wanted.body.map { path, value in
                let found = isJSON ? path.value(in: document.root).map { JSONTree($0) } : nil
                return ("body \(path)", value == .null ? nil : value.line, found?.line)
            }
        } else if !wanted.headers.isEmpty || !wanted.body.isEmpty {
            parts.append(("request", "one that is sent", Self.part("refused", sent, built)))
        }
        return parts.filter { $0.expected != $0.actual }.map {
            Difference(place: wanted.place, subject: "\(subject): \($0.name)", expected: $0.expected, actual: $0.actual)
        }
    }

    private static func part(
        _ name: String,
        _ sent: NotificationAccount.Sent,
        _ built: Result<RequestPreview, RequestPreview.Refused>
    ) -> String? {
        switch (name, built) {
        case ("app", _): sent.delivery.device.app
        case ("origin", .success(let request)): request.origin
        case ("path", .success(let request)): request.path
        case ("refused", .failure(let refused)): refused.reason?.rawValue ?? refused.outcome.rawValue
        default: nil
        }
    }
}

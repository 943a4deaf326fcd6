import PushCore
import PushProviders

/// What `belfry explain` tells about one event.
struct Explanation: Sendable {
    let account: EventAccount
    let version: String
    let notes: [String]
    /// Where each rule stands, by its id.
    let places: [String: SourcePlace]
    let apps: RequestPreview.Apps

    var isEvent: Bool {
        if case .event = account.reading { true } else { false }
    }

    static func make(
        _ record: OwnedRecord,
        _ loaded: DryRunConfiguration,
        _ ruleSet: RuleSet,
        _ people: [PreviewPerson],
        nowMs: Int64,
        wallMs: Int64,
        notes: [String]
    ) -> Result<Explanation, DryRun.BadRegistration> {
        var dryRun = DryRun(loaded.settings(ruleSet), people: people)
        do throws(DryRun.BadRegistration) {
            let account = try dryRun.account(for: record, nowMs: nowMs)
            return .success(
                Explanation(
                    account: account,
                    version: ruleSet.version,
                    notes: notes + expiryNotes(account, wallMs: wallMs),
                    places: Dictionary(loaded.definitions.map { ($0.id.value, $0.id.place) }) { first, _ in first },
                    apps: loaded.apps
                )
            )
        } catch {
            return .failure(error)
        }
    }

    /// Of notifications that are told about as of a time at which they were worth sending, and are not any more.
    private static func expiryNotes(_ account: EventAccount, wallMs: Int64) -> [String] {
        account.rules.filter { rule in
            rule.notifications.contains { notification in
                let expiresAtMs = notification.notification?.expiresAtMs ?? 0
                return expiresAtMs > account.nowMs && expiresAtMs <= wallMs
            }
        }.map { "rule \($0.id): by now its time to live has passed, and belfry run would send nothing" }
    }

    /// The request for a delivery, or why there is none.
    func request(_ sent: NotificationAccount.Sent) -> Result<RequestPreview, RequestPreview.Refused> {
        RequestPreview.of(sent.delivery, provider: sent.provider, apps: apps, nowMs: account.nowMs)
    }
}

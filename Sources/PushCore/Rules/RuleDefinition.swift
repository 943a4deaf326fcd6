/// A rule as it was written: each part with its place, nothing compiled yet.
///
/// Made by the reader of rule files, consumed by ``Rule``, which compiles the expressions and templates and reports what is
/// wrong with them at the places kept here.
package struct RuleDefinition: Sendable {
    /// Unique over all rule files. 1 to 128 characters.
    package var id: Located<String>
    /// CloudEvents types: exact, or a prefix that ends in `*`.
    package var eventTypes: [Located<String>]
    /// CEL giving a bool; nil: always.
    package var condition: Located<String>?
    /// CEL giving a user id or a list of user ids; with a target, the name of that or a list of names; for subscribers, topics.
    package var users: Located<String>
    /// Who subscribed to the topics that the expression gives.
    package var isForSubscribers = false
    /// What the rule addresses in the place of users; nil for users.
    package var target: TargetDefinition?
    /// Empty where the rule names none.
    package var category: String
    /// Time to live, from the event's time.
    package var timeToLive: Duration
    package var priority: Priority
    /// Template.
    package var collapse: Located<String>?
    /// In the order of the file: the first is the last resort of the locale fallback. May be empty (a background notification).
    package var contents: [ContentDefinition]
    /// Template.
    package var link: Located<String>?
    /// Key and template.
    package var data: [(key: String, template: Located<String>)]
    /// Nothing is shown: the app itself is woken, and given the data.
    package var isSilent: Bool
    /// Template: name of a sound.
    package var sound: Located<String>?
    /// Template: groups notifications.
    package var thread: Located<String>?
    /// Template: the registered category of actions.
    package var actions: Located<String>?
    package var badge: BadgeDefinition?
    /// A payload beyond the provider's limit is refused; without it, the body is shortened.
    package var dropTooLong: Bool
    package var apns: APNsDefinition
    /// Members of FCM's `Message`, checked; nil where the rule has none.
    package var fcm: MembersDefinition?
    package var webPush: WebPushDefinition
    /// A name from the configured limits; nil where the rule names none, or `none`.
    package var limit: Located<String>?
    /// True: the limits under `all` do not hold for this rule either.
    package var bypassLimits: Bool
    /// By which clock templates show dates and times, where they name none; nil: UTC.
    package var timeZone: Located<String>?
    package var bypassQuietHours = false
    /// Template: of what has the same key within the window, the first counts.
    package var dedupeKey: Located<String>?
    package var dedupeWindow: Duration = .seconds(3_600)
    /// Template: the collapse key of what waits for the user and is not sent any more.
    package var cancels: Located<String>?
    package var digest: DigestDefinition?
    package var devices = DeviceSelection.all
    /// Only devices of these; empty: of all.
    package var providers: [Provider] = []

    package init(id: Located<String>, eventTypes: [Located<String>], users: Located<String>) {
        self.id = id
        self.eventTypes = eventTypes
        self.users = users
        self.category = ""
        self.timeToLive = .seconds(24 * 60 * 60)
        self.priority = .high
        self.contents = []
        self.data = []
        self.isSilent = false
        self.dropTooLong = false
        self.apns = APNsDefinition()
        self.webPush = WebPushDefinition()
        self.bypassLimits = false
    }
}

/// Which of a user's devices a rule's notifications go to.
///
/// The device that registered last is the one that was active last: apps register again whenever they start.
package enum DeviceSelection: String, CaseIterable, Sendable {
    case all
    case mostRecent = "most_recent"
    /// Of each provider's, the one that registered last.
    case perPlatform = "per_platform"
}

/// How a rule's notifications are collected.
package struct DigestDefinition: Sendable {
    /// From the first that is collected; nil: only what exceeds a limit is.
    package var window: Duration?
    /// Template.
    package var key: Located<String>?
    /// Templates with gaps (``DigestTemplate``); none: the words of the newest notification.
    package var contents: [ContentDefinition] = []
    /// Items that the words name, at most.
    package var itemsMax: Int64 = 10

    package init() {}
}

/// What a rule addresses in the place of users.
package struct TargetDefinition: Equatable, Sendable {
    package let kind: TargetKind
    /// The configured app whose it is.
    package let app: String
    /// APNs only: in which of its environments.
    package let sandbox: Bool

    package init(_ kind: TargetKind, app: String, sandbox: Bool = false) {
        self.kind = kind
        self.app = app
        self.sandbox = sandbox
    }
}

/// The number on the app's icon.
package enum BadgeDefinition: Sendable {
    package static let numberMax = Int64(Int32.max)

    /// 0 removes it.
    case number(Int64)
    case template(Located<String>)
    /// One more than the user's was.
    case increment
}

/// The words of one language, and a picture beside them: templates.
package struct ContentDefinition: Sendable {
    /// BCP 47, as written.
    package var locale: Located<String>
    package var title: Located<String>?
    package var subtitle: Located<String>?
    package var body: Located<String>?
    /// Address of a picture: https.
    package var image: Located<String>?

    package init(locale: Located<String>) {
        self.locale = locale
    }
}

/// What a rule sets for APNs alone. Texts are templates, but for those with a closed list.
package struct APNsDefinition: Sendable {
    package var sound: Located<String>?
    /// `passive`, `active`, `time-sensitive` or `critical`.
    package var interruptionLevel: String?
    package var threadID: Located<String>?
    /// The registered category of actions.
    package var category: Located<String>?
    package var targetContentID: Located<String>?
    package var filterCriteria: Located<String>?
    /// 0 to 1.
    package var relevanceScore: Double?
    /// 0 removes the badge.
    package var badge: Int64?
    package var mutableContent = false
    package var contentAvailable = false
    /// One of APNs' push types; nil: `alert` or `background`, chosen from the content.
    package var pushType: String?
    /// Members of `aps`, checked; nil where the rule has none.
    package var aps: MembersDefinition?
    package var withoutStorage = false

    package init() {}
}

/// A JSON object that a rule sets in a provider's own words: its texts are templates, its names are not.
package struct MembersDefinition: Sendable {
    /// An object.
    package var tree: JSONTree
    /// Every text of the tree that is a template, at its place.
    package var templates: [Located<String>]
    /// The path of the key that holds it.
    package var key: String

    package init(tree: JSONTree, templates: [Located<String>], key: String = "") {
        self.tree = tree
        self.templates = templates
        self.key = key
    }
}

/// What a rule sets for Web Push alone.
package struct WebPushDefinition: Sendable {
    /// `very-low`, `low`, `normal` or `high`; nil: from the priority.
    package var urgency: String?
    /// Template; nil: from the collapse key.
    package var topic: Located<String>?
    /// Members for what the service worker is given.
    package var notification: MembersDefinition?
    package var declarative = false
    /// Octets that the plaintext is padded to; nil: as the app is configured.
    package var padding: Int64?

    package init() {}
}

/// What the users stage needs to know to decide.
package struct UsersConfiguration: Sendable {
    /// A provider and an app: what a device's registration names, and what a configured app serves.
    package struct App: Hashable, Sendable {
        package let provider: String
        package let app: String

        package init(provider: Provider, app: String) {
            self.provider = provider.rawValue
            self.app = app
        }

        init(_ device: HeldDevice) {
            self.provider = device.provider
            self.app = device.app
        }
    }

    /// A span of local time, over midnight where the end comes before the start.
    package struct QuietHours: Hashable, Sendable {
        /// Minutes from midnight, 0 to 1,439; they differ.
        package let startMinute: Int
        package let endMinute: Int

        package init(startMinute: Int, endMinute: Int) {
            self.startMinute = startMinute
            self.endMinute = endMinute
        }
    }

    /// What happens to a notification in quiet hours.
    package enum OnQuiet: String, CaseIterable, Sendable {
        case `defer`
        case drop
        case sendSilently = "send_silently"
    }

    /// What holds for the notifications of a category.
    package struct Category: Hashable, Sendable {
        /// False: people cannot refuse it.
        package var isRefusable = true
        /// Whether it is sent to people who have not said what they want.
        package var isWanted = true
        package var bypassesQuietHours = false

        package init() {}
    }

    /// The apps that can be sent to.
    package var apps: Set<App>
    package var limits: Limits
    /// How long a notification id is remembered after its decision: a second event with the same source and id is
    /// recognised within this time.
    package var dedupeWindowMs: Int64
    /// Notification ids remembered for one user, beside those whose commands may be read again; of more, the oldest is forgotten.
    package var decisionsMax: Int
    /// Devices of one user; registering one more removes the one that registered longest ago.
    package var devicesMax: Int
    /// A device that did not register for so long is not used any more; 0: none goes.
    package var inactiveDeviceMs: Int64
    /// How long a removed device is remembered, so that an overtaken registration does not bring it back.
    package var removedDeviceMs: Int64
    /// Deliveries, notifications and digests of one user that wait; of more, the one that expires first is given up.
    package var scheduledMax: Int
    /// Octets of them all, encoded: they stand in the user's record, which every command of the user writes.
    package var scheduledBytesMax: Int
    /// Notifications of one digest that are kept one by one; more are only counted.
    package var digestItemsMax: Int
    /// Dedupe keys remembered for one user; of more, the one that ends first is forgotten.
    package var dedupeKeysMax: Int
    /// For users who have set none; nil: they have none.
    package var quietHours: QuietHours?
    package var onQuiet: OnQuiet
    /// What waited for the end of quiet hours is sent within so much time after it, each user at a time of their own.
    package var quietSpreadMs: Int64
    package var categories: [String: Category]
    /// For every category that is not among these, and for notifications without one.
    package var otherCategories: Category
    /// Of users who have told none, and whose devices have not; empty: UTC.
    package var timezone: String
    package var timeZones: TimeZoneDatabase
    /// How long the release of a delivery that is due is waited for, before it is asked for again.
    package var releaseTimeoutMs: Int64
    /// Subscribers that one step of a fan-out asks for.
    package var fanOutStep: Int
    /// A fan-out to so many subscribers of the partition is made at once, without steps.
    package var fanOutAtOnce: Int
    /// Fan-outs in progress in one partition; further ones are dead letters.
    package var fanOutsMax: Int

    package init(apps: Set<App>, limits: Limits = Limits([:])) {
        self.apps = apps
        self.limits = limits
        self.dedupeWindowMs = 60 * 60 * 1000
        self.decisionsMax = 256
        self.devicesMax = 32
        self.inactiveDeviceMs = 270 * 24 * 60 * 60 * 1000
        self.removedDeviceMs = 24 * 60 * 60 * 1000
        self.scheduledMax = 32
        self.scheduledBytesMax = 256 * 1024
        self.digestItemsMax = 100
        self.dedupeKeysMax = 256
        self.onQuiet = .defer
        self.quietSpreadMs = 10 * 60 * 1000
        self.categories = [:]
        self.otherCategories = Category()
        self.timezone = ""
        self.timeZones = TimeZoneDatabase()
        self.releaseTimeoutMs = 30_000
        self.fanOutStep = 256
        self.fanOutAtOnce = 16
        self.fanOutsMax = 1_000
    }
}

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

        init(_ device: Device) {
            self.provider = device.provider
            self.app = device.app
        }
    }

    /// The apps that can be sent to.
    package var apps: Set<App>
    package var limits: Limits
    /// How long a notification id is remembered after its decision: a second event with the same source and id is
    /// recognised within this time.
    package var dedupeWindowMs: Int64
    /// Notification ids remembered for one user, beside those whose commands may be read again.
    package var decisionsMax: Int
    /// Devices of one user; registering one more removes the one that registered longest ago.
    package var devicesMax: Int
    /// How long a removed device is remembered, so that an overtaken registration does not bring it back.
    package var removedDeviceMs: Int64
    /// Deliveries of one user that wait to be sent; of more, the one that expires first is given up.
    package var scheduledMax: Int
    /// Octets of them all, encoded: they stand in the user's record, which every command of the user writes.
    package var scheduledBytesMax: Int
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
        self.decisionsMax = 16
        self.devicesMax = 32
        self.removedDeviceMs = 24 * 60 * 60 * 1000
        self.scheduledMax = 32
        self.scheduledBytesMax = 256 * 1024
        self.releaseTimeoutMs = 30_000
        self.fanOutStep = 256
        self.fanOutAtOnce = 16
        self.fanOutsMax = 1_000
    }
}

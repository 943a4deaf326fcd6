package import PushCrypto
package import PushProviders

/// An app at APNs, with its key.
package struct APNsApp: Sendable {
    package let configuration: APNsConfiguration
    package let key: ES256Key

    package init(configuration: APNsConfiguration, key: ES256Key) {
        self.configuration = configuration
        self.key = key
    }
}

/// A Firebase project, with its service account.
package struct FCMApp: Sendable {
    package let configuration: FCMConfiguration
    package let account: FCMServiceAccount

    package init(configuration: FCMConfiguration, account: FCMServiceAccount) {
        self.configuration = configuration
        self.account = account
    }
}

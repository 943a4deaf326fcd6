package import PushCrypto
package import PushProviders

/// An app at APNs, with what proves whose requests these are.
package struct APNsApp: Sendable {
    package enum Credential: Sendable {
        case key(ES256Key)
        case certificate(APNsCertificate)
    }

    package let configuration: APNsConfiguration
    package let credential: Credential

    /// - Precondition: the configuration authenticates in the same way.
    package init(configuration: APNsConfiguration, credential: Credential) {
        switch (configuration.authentication, credential) {
        case (.token, .key), (.certificate, .certificate): break
        case (.token, .certificate), (.certificate, .key):
            preconditionFailure("an app has the credential that its configuration authenticates with")
        }
        self.configuration = configuration
        self.credential = credential
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

/// A web origin, with its VAPID key.
package struct WebPushApp: Sendable {
    package let configuration: WebPushConfiguration
    package let key: ES256Key

    package init(configuration: WebPushConfiguration, key: ES256Key) {
        self.configuration = configuration
        self.key = key
    }
}

package import PushCore
package import PushCrypto
package import PushProviders
import Synchronization

/// What an app proves itself with.
package enum AppCredential: Sendable {
    case apns(APNsApp.Credential)
    case fcm(FCMServiceAccount)
    /// The VAPID key.
    case webpush(ES256Key)

    package var provider: Provider {
        switch self {
        case .apns: .apns
        case .fcm: .fcm
        case .webpush: .webpush
        }
    }
}

/// Credentials on their way to the threads of the dispatch stages, which own all that uses them.
package final class CredentialHandover: Sendable {
    /// By the name of the app.
    private let waiting = Mutex<[Provider: [String: AppCredential]]>([:])

    package init() {}

    /// Has an app use another credential; one that was not taken yet is forgotten.
    ///
    /// The stage takes it in its next turn: wake it.
    func put(_ credential: AppCredential, app: String) {
        waiting.withLock { $0[credential.provider, default: [:]][app] = credential }
    }

    /// By the name of the app, what came since the last call.
    func take(_ provider: Provider) -> [String: AppCredential] {
        waiting.withLock { waiting in
            waiting.isEmpty ? [:] : waiting.removeValue(forKey: provider) ?? [:]
        }
    }
}

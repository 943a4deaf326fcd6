/// A push service that Belfry sends through.
package enum Provider: String, CaseIterable, Sendable {
    case apns
    case fcm
    case webpush
}

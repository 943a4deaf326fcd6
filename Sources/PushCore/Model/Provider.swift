/// A push service that Belfry sends through.
package enum Provider: String, CaseIterable, Sendable {
    case apns
    case fcm
    case webpush
}

extension Provider {
    /// By its name in UTF-8, which is lent for the call; nil for any other name.
    init?(octets name: UnsafeRawBufferPointer) {
        if unsafe ByteScanning.equal(name, "apns") {
            self = .apns
        } else if unsafe ByteScanning.equal(name, "fcm") {
            self = .fcm
        } else if unsafe ByteScanning.equal(name, "webpush") {
            self = .webpush
        } else {
            return nil
        }
    }
}

/// Who runs a push service: each words its answers in its own way.
package enum WebPushVendor: String, CaseIterable, Sendable {
    case mozilla
    case apple
    case google
    case microsoft
    /// Any other service that speaks RFC 8030; its answers are known by their form, if at all.
    case other

    /// - Parameter host: in lower case, without port.
    package init(host: String) {
        self = Self.hosts.first { $0.matches(host) }?.vendor ?? .other
    }

    /// The push services of the browsers: the hosts of endpoints.
    ///
    /// `jmt17.google.com` serves builds of Chromium without Google's keys, such as Debian's.
    package static let knownHosts = hosts.map(\.pattern)

    private struct Host: Sendable {
        let pattern: String
        let vendor: WebPushVendor

        func matches(_ host: String) -> Bool {
            pattern.hasPrefix("*") ? host.hasSuffix(pattern.dropFirst()) : host == pattern
        }
    }

    private static let hosts = [
        Host(pattern: "fcm.googleapis.com", vendor: .google),
        Host(pattern: "jmt17.google.com", vendor: .google),
        Host(pattern: "*.push.services.mozilla.com", vendor: .mozilla),
        Host(pattern: "*.push.apple.com", vendor: .apple),
        Host(pattern: "*.notify.windows.com", vendor: .microsoft),
    ]
}

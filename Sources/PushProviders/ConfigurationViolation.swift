/// A value that a provider's configuration does not allow.
package struct ConfigurationViolation: Hashable, Sendable {
    /// The path of the key below the app, as configuration files spell it.
    package let key: String
    package let value: String
    package let allowed: String
}

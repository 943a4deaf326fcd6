internal import Foundation

/// A certificate for `localhost` and `127.0.0.1`, its key, and the file of the authority that signed it.
///
/// For servers of this machine that are no simulator.
package struct LocalServerIdentity: Sendable {
    /// PEM file with the certificate that clients must trust.
    package let caFile: String
    /// DER.
    package let certificate: [UInt8]
    /// PEM.
    package let key: String

    /// Makes one, by the authority whose files lie in the directory, or a new one.
    ///
    /// - Parameter directory: Exists; gets the authority's files.
    /// - Throws: `SimulatorError` where files cannot be written, the errors of X509 where encoding fails.
    package init(directory: String) throws {
        let authority = try CertificateAuthority(directory: directory, now: Date())
        let identity = try authority.issue(hosts: ["localhost", "127.0.0.1"], now: Date())
        caFile = authority.certificateFile
        certificate = identity.certificateDER
        key = identity.privateKeyPEM
    }
}

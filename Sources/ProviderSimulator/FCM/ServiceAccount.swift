internal import Crypto
internal import CryptoExtras
internal import Foundation

/// The service account that the FCM simulator gives to its users, in the form of Google's key files.
struct ServiceAccount: Sendable {
    /// A key file, as far as it is read and written.
    private struct KeyFile: Codable {
        var type = "service_account"
        var project_id: String
        var private_key_id: String
        var private_key: String
        var client_email: String
        var client_id = "100000000000000000000"
        var auth_uri = "https://accounts.google.com/o/oauth2/auth"
        var token_uri: String
        var universe_domain = "googleapis.com"
    }

    private let file: String
    let project: String
    let email: String
    let keyID: String
    let publicKey: _RSA.Signing.PublicKey
    /// Where assertions are exchanged for access tokens.
    let tokenURI: String

    static func file(in directory: String) -> String { directory + "/service-account.json" }

    /// Takes the account of the directory, or makes one where none is valid; its file then names this `tokenURI`.
    ///
    /// - Throws: `SimulatorError` where the file cannot be written, the errors of the cryptography where no key can be made.
    init(directory: String, projects: [String], tokenURI: String) throws {
        file = Self.file(in: directory)
        self.tokenURI = tokenURI
        let existing = (try? Data(contentsOf: URL(fileURLWithPath: file)))
            .flatMap { try? JSONDecoder().decode(KeyFile.self, from: $0) }
        let existingKey = existing.flatMap { try? _RSA.Signing.PrivateKey(pemRepresentation: $0.private_key) }
        let key = try existingKey ?? _RSA.Signing.PrivateKey(keySize: .bits2048)
        publicKey = key.publicKey
        let digest = SHA256.hash(data: key.publicKey.derRepresentation)
        keyID = digest.prefix(20).map { String(format: "%02x", Int($0)) }.joined()
        project = projects.first ?? existing?.project_id ?? "example-shop"
        email = "simulator@\(project).iam.gserviceaccount.com"
        let content = KeyFile(
            project_id: project,
            private_key_id: keyID,
            private_key: key.pkcs8PEMRepresentation + "\n",
            client_email: email,
            token_uri: tokenURI
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try PrivateFile.write(String(decoding: try encoder.encode(content), as: UTF8.self) + "\n", to: file)
    }
}

internal import Crypto
internal import CryptoExtras
internal import Foundation

/// The service account that the FCM simulator gives to its users, in the form of Google's key files.
struct ServiceAccount: Sendable {
    /// A key file, as far as it is read and written.
    private struct KeyFile: Codable {
        var type = "service_account"
        let projectID: String
        let privateKeyID: String
        let privateKey: String
        let clientEmail: String
        let tokenURI: String

        enum CodingKeys: String, CodingKey {
            case type
            case projectID = "project_id"
            case privateKeyID = "private_key_id"
            case privateKey = "private_key"
            case clientEmail = "client_email"
            case tokenURI = "token_uri"
        }
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
        let existingKey = existing.flatMap { try? _RSA.Signing.PrivateKey(pemRepresentation: $0.privateKey) }
        let key = try existingKey ?? _RSA.Signing.PrivateKey(keySize: .bits2048)
        publicKey = key.publicKey
        let digest = SHA256.hash(data: key.publicKey.derRepresentation)
        keyID = digest.prefix(20).map { String(format: "%02x", Int($0)) }.joined()
        project = projects.first ?? existing?.projectID ?? "example-shop"
        email = "simulator@\(project).iam.gserviceaccount.com"
        let content = KeyFile(
            projectID: project,
            privateKeyID: keyID,
            privateKey: key.pkcs8PEMRepresentation + "\n",
            clientEmail: email,
            tokenURI: tokenURI
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try PrivateFile.write(String(decoding: try encoder.encode(content), as: UTF8.self) + "\n", to: file)
    }
}

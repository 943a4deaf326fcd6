internal import Crypto
internal import Foundation

/// A public key that provider tokens may be signed for.
struct ProviderKey: Sendable {
    /// Length of key ids and team ids.
    static let keyIDLength = 10

    /// The key id that tokens must name; nil where any will do.
    let keyID: String?
    let publicKey: P256.Signing.PublicKey

    init(keyID: String?, publicKey: P256.Signing.PublicKey) {
        self.keyID = keyID
        self.publicKey = publicKey
    }

    /// Reads a P-256 key, private (PKCS#8, SEC 1) or public (SubjectPublicKeyInfo), in PEM.
    ///
    /// - Throws: `SimulatorError` where the file cannot be read or holds no such key.
    init(file: String) throws(SimulatorError) {
        let pem: String
        do {
            pem = try String(contentsOfFile: file, encoding: .utf8)
        } catch {
            throw SimulatorError("cannot read the provider key \(file): \(error.localizedDescription)")
        }
        let privateKey = try? P256.Signing.PrivateKey(pemRepresentation: pem)
        guard let key = privateKey?.publicKey ?? (try? P256.Signing.PublicKey(pemRepresentation: pem)) else {
            throw SimulatorError("\(file) is not a P-256 key in PEM (allowed: PKCS#8, SEC 1, or a public key)")
        }
        self.init(keyID: Self.keyID(ofFile: file), publicKey: key)
    }

    /// The key id in a name such as `AuthKey_KEY1234567.p8`; nil for other names.
    private static func keyID(ofFile path: String) -> String? {
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        guard name.hasPrefix("AuthKey_") else { return nil }
        let keyID = name.dropFirst("AuthKey_".count)
        let isKeyID = keyID.utf8.count == keyIDLength && keyID.utf8.allSatisfy(\.isUppercaseLetterOrDigit)
        return isKeyID ? String(keyID) : nil
    }

    /// The given keys, those of the directory, or else a new one written into it.
    ///
    /// - Returns: the keys and their files.
    /// - Throws: `SimulatorError` where a file cannot be read or written.
    static func gather(files: [String], directory: String) throws(SimulatorError) -> ([ProviderKey], [String]) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let own = names.filter { $0.hasSuffix(".p8") }.sorted().map { "\(directory)/\($0)" }
        var keys: [ProviderKey] = []
        for file in files + own { keys.append(try ProviderKey(file: file)) }
        guard keys.isEmpty else { return (keys, files + own) }
        let key = P256.Signing.PrivateKey()
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        let keyID = String((0..<keyIDLength).map { _ in letters[Int.random(in: letters.indices)] })
        let file = "\(directory)/AuthKey_\(keyID).p8"
        try PrivateFile.write(key.pemRepresentation + "\n", to: file)
        return ([ProviderKey(keyID: keyID, publicKey: key.publicKey)], [file])
    }
}

internal import Crypto
internal import Foundation

/// Randomness of a directory's own, from which keys are derived, so that a restart gives the same ones.
struct SimulatorSeed: Sendable {
    private let key: SymmetricKey

    /// Takes the seed of the directory, or makes one where none is valid.
    ///
    /// - Throws: `SimulatorError` where the file cannot be written.
    init(directory: String) throws(SimulatorError) {
        let file = directory + "/simulator.seed"
        let text = try? String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        if let octets = text.flatMap({ Base64URL.decode($0) }), octets.count == 32 {
            key = SymmetricKey(data: octets)
            return
        }
        key = SymmetricKey(size: .bits256)
        try PrivateFile.write(Base64URL.encode(key.octets) + "\n", to: file)
    }

    /// Octets that only this seed gives for the purpose (HKDF, RFC 5869).
    func derive(_ purpose: String, count: Int) -> Data {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: Data(purpose.utf8), outputByteCount: count).octets
    }
}

extension SymmetricKey {
    /// A copy of the key.
    var octets: Data {
        // SAFETY: the octets are copied before the pointer ends with the closure.
        unsafe withUnsafeBytes { unsafe Data($0) }
    }
}

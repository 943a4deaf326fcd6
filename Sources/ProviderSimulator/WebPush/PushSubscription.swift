internal import Crypto
internal import Foundation

/// A subscription as a browser would hold it: its keys follow from its name and the directory's seed.
struct PushSubscription {
    let vendor: PushVendor
    let name: String
    /// Of the application server key that the subscription is bound to; nil where it takes any.
    let serverKeyHash: String?
    let privateKey: P256.KeyAgreement.PrivateKey
    /// The authentication secret, 16 octets.
    let authSecret: Data

    /// Nil where the name is none that can stand in a URL as it is.
    init?(vendor: PushVendor, name: String, serverKeyHash: String?, seed: SimulatorSeed) {
        guard Self.isName(name), let key = Self.key(of: name, seed: seed) else { return nil }
        self.vendor = vendor
        self.name = name
        self.serverKeyHash = serverKeyHash
        privateKey = key
        authSecret = seed.derive("Web Push authentication secret of \(name)", count: 16)
    }

    /// The subscription of an endpoint's path, `/push/<vendor>/<name>`, with `?k=<hash>` where it is bound to a key.
    init?(path: String, seed: SimulatorSeed) {
        let (segments, query) = URLText.parts(of: path)
        guard segments.count == 3, segments[0] == "push", let vendor = PushVendor(rawValue: segments[1]) else {
            return nil
        }
        self.init(vendor: vendor, name: segments[2], serverKeyHash: query["k"], seed: seed)
    }

    /// The name in an endpoint's path; empty where it is no endpoint.
    static func name(inPath path: String) -> String {
        let segments = URLText.parts(of: path).path
        return segments.count == 3 && segments[0] == "push" ? segments[2] : ""
    }

    /// What the browser gives to the application, as JSON (Push API, `PushSubscription.toJSON`).
    func json(origin: String) -> [UInt8] {
        var line = JSONLine(capacity: 512)
        line.raw(#"{"endpoint":"#)
        line.string("\(origin)/push/\(vendor.rawValue)/\(name)" + (serverKeyHash.map { "?k=\($0)" } ?? ""))
        line.raw(#","expirationTime":null,"keys":{"p256dh":"#)
        line.string(Base64URL.encode(privateKey.publicKey.x963Representation))
        line.raw(#","auth":"#)
        line.string(Base64URL.encode(authSecret))
        line.raw("}}")
        return line.octets
    }

    /// Which application server key a subscription is bound to, short enough for a URL.
    static func hash(ofServerKey key: Data) -> String {
        Base64URL.encode(Data(SHA256.hash(data: key).prefix(16)))
    }

    private static func isName(_ name: String) -> Bool {
        (1...200).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0.isBase64URLCharacter || ".~".utf8.contains($0) }
    }

    /// Nearly all 32 octets are a private key; where they are not, the next ones are tried.
    private static func key(of name: String, seed: SimulatorSeed) -> P256.KeyAgreement.PrivateKey? {
        for attempt in 0..<8 {
            let octets = seed.derive("Web Push key \(attempt) of \(name)", count: 32)
            if let key = try? P256.KeyAgreement.PrivateKey(rawRepresentation: octets) { return key }
        }
        return nil
    }
}

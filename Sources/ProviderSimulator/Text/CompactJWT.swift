internal import Foundation

/// A JSON Web Token in compact form (RFC 7519), taken apart; its signature is not checked here.
struct CompactJWT {
    let header: JSONValue
    let claims: JSONValue
    /// What the signature is made over.
    let signed: Data
    let signature: Data

    /// Nil where the text is not three parts in base64url of which the first two are JSON objects.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3,
            let header = Base64URL.decode(parts[0]).flatMap({ JSONValue(Array($0)) }), header.isObject,
            let claims = Base64URL.decode(parts[1]).flatMap({ JSONValue(Array($0)) }), claims.isObject,
            let signature = Base64URL.decode(parts[2])
        else { return nil }
        self.header = header
        self.claims = claims
        self.signature = signature
        signed = Data(text.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
    }
}

private import PushCore
package import PushCrypto

/// Who signs for a project: what a service account's JSON file says.
///
/// Neither it nor any of its errors ever prints the key.
package struct FCMServiceAccount: Sendable, CustomStringConvertible {
    /// The project that the account belongs to; it may send for others that allow it.
    package let projectID: String
    package let clientEmail: String
    /// Goes into the header of assertions; nil where the file has none.
    package let privateKeyID: String?
    package let tokenURI: FCMEndpoint
    package let privateKey: RS256Key

    /// Why a text is no service account file.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// Not JSON: line and column, from 1, and the parser's words.
        case notJSON(line: Int, column: Int, message: String)
        /// JSON, but no object.
        case notObject
        /// A key is absent or empty.
        case missing(key: String)
        /// A key holds something else than a string.
        case notText(key: String)
        /// A value that is not allowed, and what is.
        case notAllowed(key: String, value: String, allowed: String)
        /// `private_key` is not an RSA key that can be used.
        case privateKey(CryptoError)

        package var description: String {
            switch self {
            case .notJSON(let line, let column, let message):
                "not a service account file: not JSON: \(message) (line \(line), column \(column))"
            case .notObject: "not a service account file: not a JSON object"
            case .missing(let key): "\(key): missing"
            case .notText(let key): "\(key): not a string"
            case .notAllowed(let key, let value, let allowed): "\(key): \"\(value)\" (allowed: \(allowed))"
            case .privateKey(let error): "private_key: \(error)"
            }
        }
    }

    /// From the text of the file that the Google Cloud console hands out.
    ///
    /// Keys that are not needed are not looked at.
    ///
    /// - Throws: ``Failure``: the first thing that is wrong.
    package init(json: [UInt8]) throws(Failure) {
        let document = JSONDocument()
        if let error = document.load(json, limits: JSONLimits(bytesMax: 65_536, depthMax: 8)) {
            throw .notJSON(line: error.line, column: error.column, message: error.message)
        }
        let root = document.root
        guard root.kind == .object else { throw .notObject }

        let type = try Self.text("type", in: root)
        // Files of end users ("authorized_user") and of workload identity ("external_account") look alike.
        guard type == "service_account" else {
            throw .notAllowed(key: "type", value: String(type.prefix(64)), allowed: "service_account")
        }
        projectID = try Self.text("project_id", in: root)
        guard FCMConfiguration.isProjectID(projectID) else {
            throw .notAllowed(key: "project_id", value: String(projectID.prefix(64)), allowed: "a project id")
        }
        clientEmail = try Self.text("client_email", in: root)
        guard clientEmail.contains("@") else {
            throw .notAllowed(key: "client_email", value: String(clientEmail.prefix(64)), allowed: "an e-mail address")
        }
        privateKeyID = root.member("private_key_id") == nil ? nil : try Self.text("private_key_id", in: root)
        let uri = root.member("token_uri") == nil ? Self.audience : try Self.text("token_uri", in: root)
        guard let endpoint = FCMEndpoint(uri) else {
            throw .notAllowed(key: "token_uri", value: String(uri.prefix(128)), allowed: FCMEndpoint.allowed)
        }
        tokenURI = endpoint
        let pem = try Self.text("private_key", in: root)
        do throws(CryptoError) {
            privateKey = try RS256Key(pem: pem)
        } catch {
            throw .privateKey(error)
        }
    }

    /// What assertions name as `aud`, wherever they are sent: Google's own libraries always use this one.
    package static let audience = "https://oauth2.googleapis.com/token"

    /// The account's name; no secret.
    package var description: String { "\(clientEmail) of \(projectID)" }

    private static func text(_ key: String, in root: JSONNode) throws(Failure) -> String {
        guard let node = root.member(key), !node.isNull else { throw .missing(key: key) }
        guard let text = node.stringValue else { throw .notText(key: key) }
        guard !text.isEmpty else { throw .missing(key: key) }
        return text
    }
}

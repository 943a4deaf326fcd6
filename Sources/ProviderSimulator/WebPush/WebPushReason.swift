/// Why a push service refuses a request, in terms of the RFCs; each vendor has its own words.
enum WebPushReason: Error {
    case methodNotAllowed
    /// There is no such endpoint.
    case unknownEndpoint
    case missingTTL, negativeTTL, badTTL, badUrgency, badTopic
    /// `Authorization` is absent, or is not `vapid t=…, k=…`.
    case missingAuthorization
    case badPublicKey
    /// The signature or a claim is wrong.
    case badToken
    /// The subscription was made with another key.
    case keyMismatch
    case payloadTooLarge
    /// `Content-Encoding` is not `aes128gcm`.
    case badEncoding
    /// The browser could not read the message; why.
    case badEncryption(String)

    /// For a person.
    var text: String {
        switch self {
        case .methodNotAllowed: "Only POST is allowed on a push resource"
        case .unknownEndpoint: "There is no such subscription"
        case .missingTTL: "Missing TTL header"
        case .negativeTTL: "TTL must be greater than or equal to zero"
        case .badTTL: "Invalid TTL header"
        case .badUrgency: "Invalid Urgency header"
        case .badTopic: "Invalid Topic header: at most 32 characters of the URL-safe base64 alphabet"
        case .missingAuthorization: "authorization header must be specified"
        case .badPublicKey: "The VAPID public key is not a point on P-256"
        case .badToken: "Invalid VAPID token: signature, aud, exp or sub"
        case .keyMismatch:
            "the VAPID credentials in the authorization header do not correspond to the credentials used to create "
                + "the subscriptions"
        case .payloadTooLarge: "Payload too large"
        case .badEncoding: "Invalid Content-Encoding: must be aes128gcm"
        case .badEncryption(let why): "Invalid encryption: \(why)"
        }
    }
}

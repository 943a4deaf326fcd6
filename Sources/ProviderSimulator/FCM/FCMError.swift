/// An error of FCM's API in Google's form (google.rpc.Status as JSON).
///
/// Sources: Google, "FCM error codes" (firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode); AIP-193 "Errors".
struct FCMError {
    /// A mistake in the body.
    struct Violation {
        /// Path in the request, in snake case; empty for the request as a whole.
        let field: String
        let description: String
    }

    /// What stands in `details`.
    enum Detail {
        case badRequest([Violation])
        case quotaFailure(subject: String, description: String)
        /// Why a credential was not taken (google.rpc.ErrorInfo).
        case errorInfo(reason: String)
        /// What APNs said to FCM.
        case apns(status: Int, reason: String)
    }

    /// HTTP status.
    let status: Int
    let message: String
    /// FCM's own code; nil where only Google's front end has spoken.
    var errorCode: String?
    var details: [Detail] = []
    /// Seconds.
    var retryAfter: Int?

    /// Google's name for the status.
    var statusName: String { Self.statusName(status) }

    var answer: ProviderAnswer {
        var answer = ProviderAnswer(
            status: status,
            reason: errorCode ?? statusName,
            headers: [HeaderField("content-type", "application/json; charset=UTF-8")],
            body: body
        )
        if let retryAfter { answer.headers.append(HeaderField("retry-after", String(retryAfter))) }
        if status == 401 {
            let challenge = #"Bearer realm="https://accounts.google.com/", error="invalid_token""#
            answer.headers.append(HeaderField("www-authenticate", challenge))
        }
        return answer
    }

    private var body: [UInt8] {
        var body = JSONLine(capacity: 512)
        body.raw(#"{"error":{"code":"#)
        body.number(status)
        body.raw(#","message":"#)
        body.string(message)
        body.raw(#","status":"#)
        body.string(statusName)
        if errorCode != nil || !details.isEmpty { writeDetails(to: &body) }
        body.raw("}}")
        return body.octets
    }

    private func writeDetails(to body: inout JSONLine) {
        body.raw(#","details":["#)
        if let errorCode {
            body.raw(#"{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"#)
            body.string(errorCode)
            body.raw("}")
        }
        for (index, detail) in details.enumerated() {
            if index > 0 || errorCode != nil { body.raw(",") }
            detail.write(to: &body)
        }
        body.raw("]")
    }

    private static func statusName(_ status: Int) -> String {
        switch status {
        case 400: "INVALID_ARGUMENT"
        case 401: "UNAUTHENTICATED"
        case 403: "PERMISSION_DENIED"
        case 404: "NOT_FOUND"
        case 409: "ALREADY_EXISTS"
        case 429: "RESOURCE_EXHAUSTED"
        case 500: "INTERNAL"
        case 501: "UNIMPLEMENTED"
        case 503: "UNAVAILABLE"
        case 504: "DEADLINE_EXCEEDED"
        default: "UNKNOWN"
        }
    }
}

extension FCMError.Detail {
    fileprivate func write(to body: inout JSONLine) {
        switch self {
        case .badRequest(let violations):
            body.raw(#"{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":["#)
            for (index, violation) in violations.enumerated() {
                body.raw(index > 0 ? ",{" : "{")
                if !violation.field.isEmpty {
                    body.raw(#""field":"#)
                    body.string(violation.field)
                    body.raw(",")
                }
                body.raw(#""description":"#)
                body.string(violation.description)
                body.raw("}")
            }
            body.raw("]}")
        case .quotaFailure(let subject, let description):
            body.raw(#"{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"subject":"#)
            body.string(subject)
            body.raw(#","description":"#)
            body.string(description)
            body.raw("}]}")
        case .errorInfo(let reason):
            body.raw(#"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"#)
            body.string(reason)
            body.raw(#","domain":"googleapis.com","metadata":{"service":"fcm.googleapis.com"}}"#)
        case .apns(let status, let reason):
            body.raw(#"{"@type":"type.googleapis.com/google.firebase.fcm.v1.ApnsError","statusCode":"#)
            body.number(status)
            body.raw(#","reason":"#)
            body.string(reason)
            body.raw("}")
        }
    }
}

// MARK: The errors that there are

extension FCMError {
    /// The body does not follow the schema: Google's front end refuses it before FCM sees it.
    static func malformed(_ violations: [Violation]) -> FCMError {
        FCMError(
            status: 400,
            message: violations.map(\.description).joined(separator: "\n"),
            details: [.badRequest(violations)]
        )
    }

    /// The body follows the schema and breaks a rule of FCM.
    static func invalid(_ violation: Violation) -> FCMError {
        FCMError(
            status: 400,
            message: violation.description,
            errorCode: "INVALID_ARGUMENT",
            details: [.badRequest([violation])]
        )
    }

    /// The message is good, the token is not: no field is named.
    static let invalidToken = FCMError(
        status: 400,
        message: "The registration token is not a valid FCM registration token",
        errorCode: "INVALID_ARGUMENT"
    )

    /// The access token is absent, unknown or too old.
    static func unauthenticated(_ reason: String) -> FCMError {
        FCMError(
            status: 401,
            message: """
                Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other \
                valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.
                """,
            details: [.errorInfo(reason: reason)]
        )
    }

    /// The account may not use the project.
    static func permissionDenied(project: String) -> FCMError {
        FCMError(
            status: 403,
            message: "Permission 'cloudmessaging.messages.create' denied on resource "
                + "'//cloudresourcemanager.googleapis.com/projects/\(project)' (or it may not exist).",
            details: [.errorInfo(reason: "IAM_PERMISSION_DENIED")]
        )
    }

    /// More sends than the project may make in this minute.
    static func quotaExceeded(project: String, retryAfter: Int) -> FCMError {
        let description =
            "Quota exceeded for quota metric 'Message sends' and limit 'Message sends per minute' of service "
            + "'fcm.googleapis.com' for consumer 'project:\(project)'."
        return FCMError(
            status: 429,
            message: description,
            errorCode: "QUOTA_EXCEEDED",
            details: [.quotaFailure(subject: "project:\(project)", description: description)],
            retryAfter: retryAfter
        )
    }

    static let notFound = FCMError(status: 404, message: "Requested entity was not found.")
    static let alreadyExists = FCMError(status: 409, message: "Requested entity already exists")
    static let tooManyTopics = FCMError(status: 429, message: "The registration is subscribed to too many topics.")

    /// The error that a fault script asks for by its status and, maybe, FCM's code.
    static func scripted(status: Int, reason: String?, project: String) -> FCMError {
        guard let reason, let message = scriptedMessages[reason] else {
            if status == 401, reason == nil { return unauthenticated("ACCESS_TOKEN_EXPIRED") }
            let text = reason ?? "The service answered with status \(status)."
            return FCMError(status: status, message: text, errorCode: nil)
        }
        var error = FCMError(status: status, message: message, errorCode: reason)
        switch reason {
        case "QUOTA_EXCEEDED":
            error.details = [.quotaFailure(subject: "project:\(project)", description: message)]
        case "THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR":
            error.details = [.apns(status: 403, reason: "InvalidProviderToken")]
        default:
            break
        }
        return error
    }

    /// FCM's error codes, with what it says.
    private static let scriptedMessages = [
        "UNSPECIFIED_ERROR": "Unknown error.",
        "INVALID_ARGUMENT": "The registration token is not a valid FCM registration token",
        "UNREGISTERED": "Requested entity was not found.",
        "SENDER_ID_MISMATCH": "SenderId mismatch",
        "QUOTA_EXCEEDED": "Quota exceeded for quota metric 'Message sends' of service 'fcm.googleapis.com'.",
        "UNAVAILABLE": "The service is currently unavailable.",
        "INTERNAL": "Internal error encountered.",
        "THIRD_PARTY_AUTH_ERROR": "Auth error from APNS or Web Push Service",
        "APNS_AUTH_ERROR": "Auth error from APNS or Web Push Service",
    ]
}

/// A request as it came in.
struct ProviderRequest {
    /// In the order received, pseudo-header fields first.
    let headers: [HeaderField]
    let body: [UInt8]
    /// Milliseconds since 1970.
    let receivedAt: Int64

    /// The first field of this name; nil where there is none.
    func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}

/// An answer.
struct ProviderAnswer {
    var status: Int
    /// The provider's reason string; empty for success.
    let reason: String
    var headers: [HeaderField] = []
    var body: [UInt8] = []

    /// With the body and the headers that a fault script gives, if it does.
    func shaped(by fault: FaultAnswer) -> ProviderAnswer {
        var answer = self
        if let body = fault.body {
            answer.body = Array(body.utf8)
            answer.headers.removeAll { $0.name == "content-type" }
        }
        for field in fault.headers {
            answer.headers.removeAll { $0.name == field.name }
            answer.headers.append(field)
        }
        return answer
    }
}

/// What a provider makes of a request.
struct Examination {
    let subject: RequestSubject
    /// What the provider answers by its own rules.
    let answer: ProviderAnswer
    /// Whether the answer accepts the request.
    let isAccepted: Bool
    /// Whether the request proved who its sender is.
    let isAuthenticated: Bool
    /// How the payload stands in the record.
    let payload: RecordedPayload
    /// What the request changes at the provider, done when the provider's own answer is sent.
    var effect: (@Sendable () -> Void)?
}

/// A request's payload, as the record shows it.
enum RecordedPayload {
    /// The body is JSON.
    case json(JSONText)
    /// The body is anything else, shown as text.
    case text
    /// What an encrypted body held.
    case decrypted([UInt8])
    /// An encrypted body that could not be decrypted, shown in base64.
    case sealed
}

/// One simulated provider's view of one connection.
protocol ProviderService {
    /// Name in records and fault scripts.
    static var provider: SimulatedProvider { get }

    /// Whether it speaks HTTP/1.1 beside HTTP/2.
    static var speaksHTTP1: Bool { get }

    /// Judges a request by the provider's rules.
    mutating func examine(_ request: ProviderRequest) -> Examination

    /// Puts an answer that a fault script gives into the provider's form.
    func answer(_ fault: FaultAnswer, to request: ProviderRequest) -> ProviderAnswer

    /// The GOAWAY debug data that carries a reason.
    func goAwayData(reason: String) -> [UInt8]
}

/// Limits of a simulated provider's connections.
struct StreamLimits {
    /// `SETTINGS_MAX_CONCURRENT_STREAMS`.
    var maxConcurrentStreams: Int
    /// Whether only one stream is allowed until a request has proved who its sender is.
    var startsWithOneStream: Bool
}

/// A request as it came in.
struct ProviderRequest {
    /// In the order received, pseudo-header fields first.
    let headers: [HeaderField]
    let body: [UInt8]
    /// Milliseconds since 1970.
    let receivedAt: Int64
}

/// An answer.
struct ProviderAnswer {
    let status: Int
    /// The provider's reason string; empty for success.
    let reason: String
    var headers: [HeaderField] = []
    var body: [UInt8] = []
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
    /// The payload where it is JSON.
    let payloadJSON: JSONText?
}

/// One simulated provider's view of one connection.
protocol ProviderService {
    /// Name in records and fault scripts.
    static var provider: String { get }

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

package import PushCore

/// The request that a delivery becomes, for people: built as for sending, with the credentials left out.
package struct RequestPreview: Sendable {
    /// The apps that can be sent to, by name.
    package struct Apps: Sendable {
        package var apns: [String: APNsConfiguration] = [:]
        package var fcm: [String: FCMConfiguration] = [:]
        package var webPush: [String: WebPushConfiguration] = [:]

        package init() {}
    }

    /// Why nothing is sent: as the receipt would say.
    package struct Refused: Error, Hashable, Sendable {
        package let outcome: Outcome
        package let reason: Reason?
    }

    package struct Header: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    package let method = "POST"
    /// Such as `https://api.push.apple.com:443`.
    package let origin: String
    package let path: String
    package let headers: [Header]
    /// JSON; of Web Push what is encrypted.
    package let body: [UInt8]
    /// Octets that are sent: of Web Push those after the encryption.
    package let sentBytes: Int

    /// What stands in place of a credential.
    package static let redacted = "<redacted>"
    /// Octets that the encryption of Web Push adds (RFC 8188 section 2).
    private static let encryptionBytes = 103

    /// The request for a delivery to a device, or a target, of one of the apps.
    package static func of(
        _ delivery: Delivery,
        provider: Provider,
        apps: Apps,
        nowMs: Int64
    ) -> Result<RequestPreview, Refused> {
        let app = delivery.device.app
        switch provider {
        case .apns:
            guard let configuration = apps.apns[app] else { break }
            return apns(delivery, configuration, nowMs)
        case .fcm:
            guard let configuration = apps.fcm[app] else { break }
            return FCMRequest.build(delivery: delivery, configuration: configuration, nowMs: nowMs).map { request in
                let endpoint = configuration.endpoint
                return RequestPreview(
                    origin: "\(endpoint.isSecure ? "https" : "http")://\(endpoint.host):\(endpoint.port)",
                    path: request.path,
                    headers: [
                        Header(name: "authorization", value: "Bearer \(redacted)"),
                        Header(name: "content-type", value: FCMRequest.contentType),
                    ],
                    body: request.body,
                    sentBytes: request.body.count
                )
            }.mapError { refusal in
                switch refusal {
                case .expired: expired
                case .verdict(let verdict): Refused(outcome: .rejected, reason: verdict.reason)
                }
            }
        case .webpush:
            guard let configuration = apps.webPush[app] else { break }
            return webPush(delivery, configuration, nowMs)
        }
        return .failure(Refused(outcome: .rejected, reason: .appNotConfigured))
    }

    private static let expired = Refused(outcome: .expired, reason: .ttlPassed)

    private static func apns(
        _ delivery: Delivery,
        _ configuration: APNsConfiguration,
        _ nowMs: Int64
    ) -> Result<RequestPreview, Refused> {
        let environment: APNsConfiguration.Environment = delivery.device.sandbox ? .sandbox : .production
        let isToken = if case .token = configuration.authentication { true } else { false }
        let authorization = isToken ? [Header(name: "authorization", value: "bearer \(redacted)")] : []
        let built: Result<RequestPreview, APNsRequest.Refusal>
        if delivery.device.hasTarget {
            let server = configuration.broadcastServer(for: environment)
            built = APNsBroadcastRequest.build(delivery: delivery, configuration: configuration, nowMs: nowMs).map {
                RequestPreview(
                    origin: "https://\(server.host):\(server.port)",
                    path: $0.path,
                    headers: $0.headers.map { Header(name: $0.name, value: $0.value) } + authorization,
                    body: $0.body,
                    sentBytes: $0.body.count
                )
            }
        } else {
            let server = configuration.server(for: environment)
            built = APNsRequest.build(delivery: delivery, configuration: configuration, nowMs: nowMs).map {
                RequestPreview(
                    origin: "https://\(server.host):\(server.port)",
                    path: $0.path,
                    headers: $0.headers.map { Header(name: $0.name.rawValue, value: $0.value) } + authorization,
                    body: $0.body,
                    sentBytes: $0.body.count
                )
            }
        }
        return built.mapError { refusal in
            switch refusal {
            case .expired: expired
            case .verdict(let verdict): Refused(outcome: .rejected, reason: verdict.reason)
            }
        }
    }

    private static func webPush(
        _ delivery: Delivery,
        _ configuration: WebPushConfiguration,
        _ nowMs: Int64
    ) -> Result<RequestPreview, Refused> {
        var plaintext: [UInt8] = []
        let built = WebPushRequest.build(delivery: delivery, configuration: configuration, nowMs: nowMs) {
            (octets, _, padding) throws(WebPushRequest.EncryptionFailure) in
            plaintext = octets
            return [UInt8](repeating: 0, count: octets.count + padding + encryptionBytes)
        }
        return built.map { request in
            RequestPreview(
                origin: request.endpoint.origin,
                path: request.path,
                headers: request.headers.map { Header(name: $0.name.rawValue, value: $0.value) } + [
                    Header(name: "authorization", value: "vapid t=\(redacted), k=\(redacted)")
                ],
                body: plaintext,
                sentBytes: request.body.count
            )
        }.mapError { refusal in
            switch refusal {
            case .expired: expired
            case .verdict(let verdict): Refused(outcome: .rejected, reason: verdict.reason)
            }
        }
    }
}

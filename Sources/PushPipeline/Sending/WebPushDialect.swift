import HTTP2
import Logging
import PushCore
import PushCrypto
import PushProviders

/// Web Push: endpoints that clients name, messages encrypted for each subscription, VAPID tokens for each push service.
final class WebPushDialect: ProviderDialect {
    struct Context {
        let vendor: WebPushVendor
        let authorization: WebPushCredentials.Authorization
    }

    private struct Site {
        let configuration: WebPushConfiguration
        var credentials: WebPushCredentials
        var publicKey: [UInt8]
        /// Push services that endpoints named.
        var services = WebPushServices()
        /// By push service, the token that it has last accepted a message with.
        var proven: [String: Int64] = [:]
    }

    /// Push services whose acceptance is remembered.
    private static let provenMax = 256
    /// Sender keys made ahead in one turn that has nothing else to do, and kept at most.
    private static let keysPerTurn = 4
    private static let keysMax = 256

    let provider = Provider.webpush
    let apps: [String]
    private var sites: [Site]
    private var encryptor: WebPushEncryptor
    private let logger: Logger
    /// A turn with a message in it makes no keys ahead: they would cost that message its time.
    private var wasBusy = false
    /// The endpoint that was read last: a delivery asks for its origin, and then for its request.
    private var last: (app: Int, text: String, endpoint: WebPushEndpoint)?

    /// - Throws: `CryptoError.openSSL`.
    init(
        apps: [WebPushApp],
        senderKeys: WebPushEncryptor.SenderKeys,
        logger: Logger
    ) throws(CryptoError) {
        self.apps = apps.map(\.configuration.app)
        self.logger = logger
        sites = apps.map { app in
            Site(
                configuration: app.configuration,
                credentials: WebPushCredentials(configuration: app.configuration, key: app.key),
                publicKey: app.key.publicKey.octets
            )
        }
        encryptor = try WebPushEncryptor(senderKeys: senderKeys, preparedMax: Self.keysMax)
    }

    func origin(of delivery: OutboxDelivery, app: Int) -> OriginChoice {
        do throws(WebPushEndpoint.Refusal) {
            let text = delivery.device.subscription.endpoint
            let configuration = sites[app].configuration
            let endpoint = try WebPushEndpoint(text, configuration: configuration, services: &sites[app].services)
            last = (app, text, endpoint)
            return .origin(OriginKey(app: app, host: endpoint.host, port: endpoint.port))
        } catch {
            last = nil
            return .end(.refused(error.verdict))
        }
    }

    func prepare(_ delivery: OutboxDelivery, app: Int, nowMs: Int64) -> Preparation<Context> {
        wasBusy = true
        let request: WebPushRequest
        do throws(WebPushRequest.Refusal) {
            request = try build(delivery, app, nowMs)
        } catch {
            switch error {
            case .expired: return .end(.unsendable(.ttlPassed))
            case .verdict(let verdict): return .end(.refused(verdict))
            }
        }
        let authorization: WebPushCredentials.Authorization
        do {
            authorization = try sites[app].credentials.authorization(for: request.endpoint.origin, nowMs: nowMs)
        } catch {
            logger.error("cannot sign", metadata: ["app": "\(apps[app])", "error": "\(error)"])
            return .end(.notProcessed(.providerUnavailable))
        }
        var fields = HTTP2Fields(reservingBytes: 768)
        fields.append(":path", request.path, .notIndexed)
        for header in request.headers { fields.append(header.name.rawValue, header.value) }
        fields.append("authorization", String(decoding: authorization.header, as: UTF8.self), .neverIndexed)
        let prepared = PreparedRequest(
            fields: fields,
            sharedFields: HTTP2Fields(),
            body: request.body,
            isTruncated: request.isTruncated
        )
        return .send(prepared, Context(vendor: request.endpoint.vendor, authorization: authorization))
    }

    private func build(
        _ delivery: OutboxDelivery,
        _ app: Int,
        _ nowMs: Int64
    ) throws(WebPushRequest.Refusal) -> WebPushRequest {
        let encrypt: WebPushRequest.Encryption = {
            (plaintext, keys, padding) throws(WebPushRequest.EncryptionFailure) in
            try self.encrypt(plaintext, keys, padding)
        }
        let configuration = sites[app].configuration
        guard case .subscription(let subscription)? = delivery.device.address, let last,
            last.app == app, last.text == subscription.endpoint
        else {
            return try WebPushRequest.build(
                delivery: delivery.record,
                configuration: configuration,
                nowMs: nowMs,
                encrypt: encrypt
            )
            .get()
        }
        return try WebPushRequest.build(
            subscription,
            at: last.endpoint,
            delivery.notification,
            configuration: configuration,
            nowMs: nowMs,
            encrypt: encrypt
        )
    }

    private func encrypt(
        _ plaintext: [UInt8],
        _ keys: WebPushRequest.SubscriptionKeys,
        _ padding: Int
    ) throws(WebPushRequest.EncryptionFailure) -> [UInt8] {
        let subscription: WebPushSubscriptionKeys
        do throws(CryptoError) {
            subscription = try WebPushSubscriptionKeys(publicKey: keys.p256dh, authenticationSecret: keys.auth)
        } catch {
            throw .malformedKeys
        }
        do throws(CryptoError) {
            return try encryptor.encrypt(
                plaintext.span,
                for: subscription,
                padding: padding > 0 ? .fixed(plaintext.count + padding) : .none
            )
        } catch {
            logger.error("cannot encrypt", metadata: ["error": "\(error)"])
            throw .failed
        }
    }

    func judge(
        _ answer: ProviderAnswer,
        _ context: Context,
        app: Int,
        nowMs: Int64
    ) -> (Verdict, AttemptEnd.Answer) {
        let response = WebPushResponse(
            status: answer.status,
            body: answer.body,
            header: { answer[$0] },
            vendor: context.vendor,
            nowMs: nowMs
        )
        let origin = context.authorization.origin
        let isProven = sites[app].proven[origin] == context.authorization.issuedAtMs
        let verdict = response.classify(key: isProven ? .proven : .unproven)
        if case .accepted = verdict, !isProven {
            if sites[app].proven.count >= Self.provenMax { sites[app].proven.removeAll(keepingCapacity: true) }
            sites[app].proven[origin] = context.authorization.issuedAtMs
        }
        return (verdict, AttemptEnd.Answer(status: response.status, reason: response.reason))
    }

    func replace(_ credential: AppCredential, app: Int) {
        guard case .webpush(let key) = credential else {
            preconditionFailure("an app is given a credential of the kind that it has")
        }
        if key.publicKey.octets == sites[app].publicKey { return }
        logger.warning(
            "the VAPID key is another one: push services refuse subscriptions that were made with the former",
            metadata: ["app": "\(apps[app])"]
        )
        sites[app].credentials = WebPushCredentials(configuration: sites[app].configuration, key: key)
        sites[app].publicKey = key.publicKey.octets
        sites[app].proven.removeAll()
    }

    func configure(_ origin: OriginKey, _ http: inout HTTP2Configuration, _ tls: inout HTTP2Endpoint.TLS) {
        if !sites[origin.app].configuration.allowPrivateAddresses {
            // Whatever the name resolves to by now: asked of the address that is about to be connected to.
            http.addressFilter = { AddressPolicy.isPublic($0) }
        }
    }

    func tick(nowMs: Int64) {
        defer { wasBusy = false }
        if wasBusy || encryptor.preparedCount >= Self.keysMax { return }
        do throws(CryptoError) {
            try encryptor.prepare(count: Self.keysPerTurn)
        } catch {
            logger.error("cannot make keys", metadata: ["error": "\(error)"])
        }
    }
}

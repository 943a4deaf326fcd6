import PushCore
import PushProviders

/// Deliveries to a subscription.
enum WebPushFixtures {
    static let nowMs: Int64 = 1_795_000_000_000
    static let notificationID = "00112233-4455-6677-8899-aabbccddeeff"
    static let endpoint = "https://fcm.googleapis.com/fcm/send/abc:APA91b?x=1"
    static let keys = (p256dh: [0x04] + [UInt8](repeating: 7, count: 64), auth: [UInt8](repeating: 9, count: 16))
    static let configuration = WebPushConfiguration(
        app: "https://shop.example.com",
        subject: "mailto:push@example.com"
    )

    /// A delivery with a title; `change` makes it the case at hand.
    static func delivery(_ change: (inout Delivery) -> Void = { _ in }) -> Delivery {
        var content = Content()
        content.title = "Order 17"
        var delivery = Delivery()
        delivery.idHigh = 0xA0B1_C2D3_E4F5_0617
        delivery.idLow = 0x2839_4A5B_6C7D_8E9F
        delivery.userID = "user-1"
        delivery.device.provider = Provider.webpush.rawValue
        delivery.device.app = configuration.app
        delivery.device.subscription.endpoint = endpoint
        delivery.device.subscription.p256Dh.append(contentsOf: keys.p256dh)
        delivery.device.subscription.auth.append(contentsOf: keys.auth)
        delivery.notification.idHigh = 0x0011_2233_4455_6677
        delivery.notification.idLow = 0x8899_AABB_CCDD_EEFF
        delivery.notification.expiresAtMs = nowMs + 3_600_999
        delivery.notification.priority = .high
        delivery.notification.contents = [content]
        change(&delivery)
        return delivery
    }

    /// Stands in for the encryption: as many octets more, the plaintext in front so that it can be read.
    static func encrypt(
        _ plaintext: [UInt8],
        _ keys: WebPushRequest.SubscriptionKeys,
        _ padding: Int
    ) throws(WebPushRequest.EncryptionFailure) -> [UInt8] {
        plaintext + [UInt8](repeating: 0, count: padding + 103)
    }

    static func build(
        _ configuration: WebPushConfiguration = configuration,
        _ change: (inout Delivery) -> Void = { _ in }
    ) -> Result<WebPushRequest, WebPushRequest.Refusal> {
        WebPushRequest.build(
            delivery: delivery(change),
            configuration: configuration,
            nowMs: nowMs,
            encrypt: encrypt
        )
    }

    /// The plaintext of the request.
    static func plaintext(
        _ configuration: WebPushConfiguration = configuration,
        _ change: (inout Delivery) -> Void = { _ in }
    ) throws -> String {
        String(decoding: try build(configuration, change).get().body.prefix { $0 != 0 }, as: UTF8.self)
    }
}

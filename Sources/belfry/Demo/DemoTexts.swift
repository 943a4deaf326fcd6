/// The files of the demo, as a person would write them.
enum DemoTexts {
    static let eventTopics = ["shop.events", "chat.events"]
    static let app = "com.example.shop"
    static let teamID = "DEMOTEAM01"
    /// Price alerts to one user in an hour, as the configuration says.
    static let marketingMax = 3

    /// Requests without an answer: few, so that a slow machine answers each within its time.
    static let inFlightMax = 500

    /// What is known only when broker and simulator run.
    struct Addresses {
        let bootstrapServers: String
        let partitions: Int
        let apnsPort: Int
        let keyFile: String
        let keyID: String
        let caFile: String
    }

    static func configuration(_ addresses: Addresses) -> String {
        """
        kafka:
          bootstrap_servers: \(addresses.bootstrapServers)
          # The embedded broker answers an empty fetch only when this time is over.
          properties: { session.timeout.ms: 6000, fetch.wait.max.ms: 10 }
          partitions: \(addresses.partitions)
          topics: { events: [\(eventTopics.joined(separator: ", "))] }

        apps:
          - provider: apns
            app: \(app)
            team_id: \(teamID)
            key_id: \(addresses.keyID)
            key_file: \(addresses.keyFile)
            base_url: https://localhost:\(addresses.apnsPort)
        tls: { ca_file: \(addresses.caFile) }

        limits:
          all: [{ max: 200, per: 1d }]
          marketing: [{ max: \(marketingMax), per: 1h }]

        dispatch:
          in_flight_max: \(inFlightMax)
          retry: { budget: 30s, base: 200ms, cap: 2s }

        rules: [rules/*.yaml]

        """
    }

    /// The first fault that strikes decides.
    ///
    /// Tokens that begin with `dead` belong to apps that were deleted from their phones.
    static let faults = """
        - { token: "dead*", status: 410, reason: Unregistered }
        - { requests: "3000", action: goaway, last_stream: before, reason: Shutdown }
        - { every: 9001, action: goaway, last_stream: this, reason: Shutdown }
        - { requests: "5000", action: reset }
        - { every: 2111, action: refuse }
        - { every: 97, status: 503, reason: ServiceUnavailable }
        - { share: 0.05, seed: 7, latency: 30ms, jitter: 20ms }

        """

    static let rules = """
        - id: order-placed
          on: com.example.order.placed
          when: data.total > 0 && data.order_id != "" && data.product != ""
          to: { users: data.customer_id }
          category: orders
          ttl: 1h
          collapse: "order-{{data.order_id}}"
          content:
            en: { title: "Thank you for your order", body: "Order {{data.order_id}}: {{data.product}} for €{{data.total}}." }
            de: { title: "Danke für deine Bestellung", body: "Bestellung {{data.order_id}}: {{data.product}} für {{data.total}} €." }
            fr: { title: "Merci pour votre commande", body: "Commande {{data.order_id}} : {{data.product}}, {{data.total}} €." }
            ja: { title: "ご注文ありがとうございます", body: "注文番号{{data.order_id}}：{{data.product}}、{{data.total}}ユーロ。" }
          link: "https://shop.example.com/orders/{{data.order_id}}"
          data: { screen: order }
          apns: { sound: default }

        - id: order-shipped
          on: com.example.order.shipped
          when: has(data.tracking) && has(data.order_id)
          to: { users: data.customer_id }
          category: orders
          ttl: 4h
          collapse: "order-{{data.order_id}}"
          content:
            en: { title: "Order {{data.order_id}}", body: "Your parcel is on its way. Tracking number {{data.tracking}}." }
            de: { title: "Bestellung {{data.order_id}}", body: "Dein Paket ist unterwegs. Sendungsnummer {{data.tracking}}." }
            fr: { title: "Commande {{data.order_id}}", body: "Votre colis est en route. Numéro de suivi {{data.tracking}}." }
            ja: { title: "注文 {{data.order_id}}", body: "お荷物を発送しました。追跡番号は{{data.tracking}}です。" }
          link: "https://shop.example.com/orders/{{data.order_id}}"
          data: { screen: order }
          apns: { sound: default, interruption_level: time-sensitive }

        - id: order-delivered
          on: com.example.order.delivered
          when: has(data.order_id)
          to: { users: data.customer_id }
          category: orders
          ttl: 4h
          collapse: "order-{{data.order_id}}"
          content:
            en: { title: "Order {{data.order_id}}", body: "Your parcel is at your door." }
            de: { title: "Bestellung {{data.order_id}}", body: "Dein Paket ist da." }
            fr: { title: "Commande {{data.order_id}}", body: "Votre colis est arrivé." }
            ja: { title: "注文 {{data.order_id}}", body: "お荷物をお届けしました。" }
          data: { screen: order }

        - id: chat-message
          on: com.example.chat.message
          when: has(data.conversation) && has(data.sender) && has(data.text)
          to: { users: data.recipients }
          category: chat
          ttl: 12h
          collapse: "chat-{{data.conversation}}"
          content: { title: "{{data.sender}}", body: "{{data.text}}" }
          link: "https://shop.example.com/chat/{{data.conversation}}"
          data: { screen: chat }
          apns: { sound: default, thread_id: "chat-{{data.conversation}}" }

        - id: price-alert
          on: com.example.price.*
          when: data.price < data.before && has(data.product)
          to: { users: data.customer_id }
          category: marketing
          limit: marketing
          priority: low
          ttl: 10m
          content:
            en: { title: "Now €{{data.price}}", body: "{{data.product}} was €{{data.before}}. While stocks last." }
            de: { title: "Jetzt {{data.price}} €", body: "{{data.product}} kostete {{data.before}} €. Solange der Vorrat reicht." }
            fr: { title: "Maintenant {{data.price}} €", body: "{{data.product}} au lieu de {{data.before}} €. Stock limité." }
            ja: { title: "今だけ{{data.price}}ユーロ", body: "{{data.product}}が{{data.before}}ユーロから値下げ。在庫限り。" }
          data: { screen: product }
          apns: { interruption_level: passive }

        """
}

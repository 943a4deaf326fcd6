/// What can happen in the shop.
struct ShopScript: Sendable {
    /// One thing that happened, before it is an event.
    struct Scene: Sendable {
        let topic: String
        let type: String
        let source: String
        let idPrefix: String
        /// What belongs together stays in order.
        let key: String
        let data: JSONObject
        let fate: PlayedEvent.Fate
    }

    private struct Order {
        let id: String
        let customer: String
        let product: String
        let total: Double
        var steps = 0
    }

    private static let products = [
        "Kettle", "Desk lamp", "Wool blanket", "Espresso cups", "Bicycle bell", "Notebook", "Garden chair",
        "Headphones",
    ]
    private static let senders = ["Mina", "Jonas", "Chloé", "健太", "Aylin", "Tomás"]
    private static let texts = [
        "Is it still available?", "Kommst du heute vorbei?", "On se retrouve à 18 h ?", "写真を送りました。",
        "Thank you, it arrived today!", "Bis später!", "Merci beaucoup 🎉", "明日でも大丈夫ですか？",
    ]
    private static let openOrdersMax = 400

    private var open: [Order] = []
    private var orders = 0

    /// An order takes its next step: placed, shipped, delivered.
    mutating func order(of customer: String, using random: inout SeededGenerator) -> Scene {
        let startsNew = open.isEmpty || (open.count < Self.openOrdersMax && Int.random(in: 0..<3, using: &random) == 0)
        if startsNew {
            orders += 1
            open.append(
                Order(
                    id: "A-\(1000 + orders)",
                    customer: customer,
                    product: Self.any(Self.products, &random),
                    total: Double(Int.random(in: 900...24_000, using: &random)) / 100
                )
            )
        }
        let index = startsNew ? open.count - 1 : Int.random(in: open.indices, using: &random)
        let order = open[index]
        open[index].steps += 1
        if open[index].steps == 3 { open.remove(at: index) }
        let step = ["placed", "shipped", "delivered"][order.steps]
        var members: [(String, JSONObject.Member)] = [
            ("order_id", .text(order.id)), ("customer_id", .text(order.customer)), ("product", .text(order.product)),
            ("total", .number(order.total)),
        ]
        if step == "shipped" {
            members.append(("tracking", .text("T\(Int.random(in: 100_000...999_999, using: &random))")))
        }
        return Scene(
            topic: DemoTexts.eventTopics[0],
            type: "com.example.order.\(step)",
            source: "/shop/orders",
            idPrefix: "order",
            key: order.id,
            data: JSONObject(members),
            fate: .notifies(rule: "order-\(step)", users: [order.customer])
        )
    }

    /// A message to all of a conversation but its sender.
    mutating func chat(among people: [String], using random: inout SeededGenerator) -> Scene {
        let conversation = "c\(Int.random(in: 1...500, using: &random))"
        var recipients: [String] = []
        for person in people.dropFirst() where !recipients.contains(person) { recipients.append(person) }
        return Scene(
            topic: DemoTexts.eventTopics[1],
            type: "com.example.chat.message",
            source: "/chat",
            idPrefix: "message",
            key: conversation,
            data: JSONObject([
                ("conversation", .text(conversation)), ("sender", .text(Self.any(Self.senders, &random))),
                ("text", .text(Self.any(Self.texts, &random))), ("recipients", .texts(recipients)),
            ]),
            fate: .notifies(rule: "chat-message", users: recipients)
        )
    }

    mutating func priceAlert(to customer: String, using random: inout SeededGenerator) -> Scene {
        let before = Int.random(in: 20...200, using: &random)
        return Scene(
            topic: DemoTexts.eventTopics[0],
            type: "com.example.price.dropped",
            source: "/shop/prices",
            idPrefix: "price",
            key: customer,
            data: JSONObject([
                ("customer_id", .text(customer)), ("product", .text(Self.any(Self.products, &random))),
                ("before", .number(Double(before))),
                ("price", .number(Double(before - Int.random(in: 1...19, using: &random)))),
            ]),
            fate: .notifies(rule: "price-alert", users: [customer])
        )
    }

    /// A type without a rule, a price that went up, or a delivery note without a tracking number.
    mutating func nothingForUs(of customer: String, using random: inout SeededGenerator) -> Scene {
        let kind = Int.random(in: 0..<3, using: &random)
        let type = ["com.example.page.viewed", "com.example.price.raised", "com.example.order.shipped"][kind]
        return Scene(
            topic: DemoTexts.eventTopics[0],
            type: type,
            source: "/shop",
            idPrefix: "unwanted",
            key: customer,
            data: JSONObject([
                ("customer_id", .text(customer)), ("product", .text(Self.any(Self.products, &random))),
                ("before", .number(20)), ("price", .number(25)), ("total", .number(25)),
            ]),
            fate: .unwanted
        )
    }

    private static func any(_ list: [String], _ random: inout SeededGenerator) -> String {
        list[Int.random(in: list.indices, using: &random)]
    }
}

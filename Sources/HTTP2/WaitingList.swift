/// Exchanges waiting for a stream, first come first served; an exchange can leave from any place in it.
struct WaitingList {
    private var first: Int32 = -1
    private var last: Int32 = -1
    private(set) var count = 0

    /// The one that has waited longest.
    func head(in table: ExchangeTable) -> Exchange? {
        first < 0 ? nil : table.exchanges[Int(first)]
    }

    mutating func append(_ exchange: Exchange, in table: ExchangeTable) {
        exchange.previousWaiting = last
        exchange.nextWaiting = -1
        if last < 0 { first = exchange.index } else { table.exchanges[Int(last)].nextWaiting = exchange.index }
        last = exchange.index
        count += 1
    }

    /// Takes out an exchange that is in the list.
    mutating func remove(_ exchange: Exchange, in table: ExchangeTable) {
        let (previous, next) = (exchange.previousWaiting, exchange.nextWaiting)
        if previous < 0 { first = next } else { table.exchanges[Int(previous)].nextWaiting = next }
        if next < 0 { last = previous } else { table.exchanges[Int(next)].previousWaiting = previous }
        count -= 1
    }
}

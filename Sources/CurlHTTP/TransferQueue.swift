/// Which transfer may begin next: first come first served for each host, hosts in turn, so that a slow one holds up no other.
///
/// A transfer that begins takes one of the connections, in total and of its host, until `ended`. HTTP/1.1 has one request at a time on
/// a connection, so the transfers begun are the connections in use.
struct TransferQueue {
    private struct Host {
        var active = 0
        var waiting = Fifo<Transfer>()
        /// In `ready`, once.
        var isReady = false
    }

    private let connectionsMax: Int
    private let connectionsPerHostMax: Int
    private var hosts: [String: Host] = [:]
    /// Hosts that have transfers waiting and a connection to give.
    private var ready = Fifo<String>()
    private(set) var activeCount = 0

    init(connectionsMax: Int, connectionsPerHostMax: Int) {
        self.connectionsMax = connectionsMax
        self.connectionsPerHostMax = connectionsPerHostMax
    }

    /// Whether `next` may have one to give.
    var canBegin: Bool { activeCount < connectionsMax && !ready.isEmpty }

    mutating func append(_ transfer: Transfer) {
        hosts[transfer.origin, default: Host()].waiting.append(transfer)
        offer(transfer.origin)
    }

    /// Takes the next transfer that may begin; those that have ended while they waited are passed over.
    mutating func next() -> Transfer? {
        while activeCount < connectionsMax, let origin = ready.popFirst() {
            hosts[origin]?.isReady = false
            while let transfer = hosts[origin]?.waiting.popFirst() {
                guard transfer.phase == .waiting else { continue }
                hosts[origin]?.active += 1
                activeCount += 1
                offer(origin)
                return transfer
            }
            forgetIfUnused(origin)
        }
        return nil
    }

    /// Gives back the connection of a transfer that `next` gave.
    mutating func ended(_ transfer: Transfer) {
        hosts[transfer.origin]?.active -= 1
        activeCount -= 1
        offer(transfer.origin)
        forgetIfUnused(transfer.origin)
    }

    private mutating func offer(_ origin: String) {
        guard let host = hosts[origin], !host.isReady, !host.waiting.isEmpty, host.active < connectionsPerHostMax
        else { return }
        hosts[origin]?.isReady = true
        ready.append(origin)
    }

    private mutating func forgetIfUnused(_ origin: String) {
        if let host = hosts[origin], host.active == 0, host.waiting.isEmpty, !host.isReady { hosts[origin] = nil }
    }
}

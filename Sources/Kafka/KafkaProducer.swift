import CRdKafka

/// Produces records until each is acknowledged, or refused for good.
///
/// Belongs to the thread that made it. A record that was enqueued ends in exactly one `Delivery`: a failure that time can mend
/// (a time-out, a leader that moved) is not reported but produced again, from the bytes of its delivery report, however often it
/// takes. The queue then fills, `produce` answers `queueFull`, and the caller stops reading: that is the back-pressure.
///
/// Repeats have two consequences. A record whose acknowledgement got lost may be in the log twice, with the same bytes. And a
/// record that timed out can come behind a later one of the same key: who needs the order of a key keeps one record of it in
/// flight at a time, or sets `delivery.timeout.ms` to its maximum, with which the library itself retries, in order. After a fatal
/// error all that was not acknowledged is produced again in the order of the `produce` calls.
package final class KafkaProducer {
    private let wakeUp: KafkaWakeUp
    private let properties: [(String, String)]
    private var client: ProducerClient
    private var topicNames: [String] = []
    private var topicIndexes: [String: Int] = [:]

    /// Records to produce again that the library had no room for.
    ///
    /// While there are any, nothing new goes before them.
    private var waiting: [Waiting] = []

    /// Why the client is useless; set until its last report is in and a new client takes over.
    private var fatalError: KafkaError?

    /// How many times a record was produced again.
    package private(set) var producedAgainCount = 0

    /// How many times the client was replaced after a fatal error.
    package private(set) var recreatedCount = 0

    /// A record between two tries, in our own memory.
    private struct Waiting {
        let record: OutgoingRecord
        let ticket: ProducerTicket
        let timestamp: Int64?
    }

    /// Of the last record enqueued.
    private var lastSequence: UInt32 = 0

    /// Makes the client; it connects on its own.
    ///
    /// - Parameters:
    ///   - settings: the cluster.
    ///   - clientID: names the client in the broker's logs and quotas; unique per handle.
    ///   - wakeUp: signalled when there are deliveries to poll.
    /// - Throws: `_INVALID_ARG` if a setting is refused.
    package init(settings: KafkaSettings, clientID: String, wakeUp: KafkaWakeUp) throws(KafkaError) {
        self.wakeUp = wakeUp
        properties = try settings.resolved(
            defaults: KafkaSettings.producerDefaults,
            identity: [("client.id", clientID)]
        )
        client = try ProducerClient(properties: properties, wakeUp: wakeUp)
    }

    /// Records that were enqueued and have had no delivery yet.
    package var undeliveredCount: Int { client.outstandingCount + waiting.count }

    /// Looks a topic up once, so that producing needs no search.
    ///
    /// - Parameter name: the topic; that it exists is found out by producing.
    /// - Returns: valid for this producer, also after a fatal error.
    /// - Throws: if the name is not possible.
    package func topic(_ name: String) throws(KafkaError) -> ProducerTopic {
        if let index = topicIndexes[name] { return ProducerTopic(index: index) }
        try client.openTopic(name)
        topicIndexes[name] = topicNames.count
        topicNames.append(name)
        return ProducerTopic(index: topicNames.count - 1)
    }

    /// Enqueues a record; its bytes are copied.
    ///
    /// - Parameters:
    ///   - record: what to produce, to a topic of this producer.
    ///   - token: comes back with the delivery; any number.
    /// - Returns: whether a delivery will come.
    package func produce(_ record: OutgoingRecord, token: UInt32) -> ProduceResult {
        guard waiting.isEmpty, fatalError == nil else { return .queueFull }
        let ticket = ProducerTicket(sequence: lastSequence &+ 1, token: token)
        let response = client.produce(record, ticket: ticket)
        switch response {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            lastSequence = ticket.sequence
            return .enqueued
        // A useless client is replaced at the next poll; until then there is no room either.
        case RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__FATAL: return .queueFull
        default: return .failed(KafkaError(response))
        }
    }

    /// Takes the deliveries that have come, without waiting, and does what failures need.
    ///
    /// Call it whenever the wake-up signals.
    ///
    /// - Parameter deliveries: gets them appended.
    /// - Returns: what else happened.
    package func pollDeliveries(into deliveries: inout [Delivery]) -> [ProducerEvent] {
        var events: [ProducerEvent] = []
        while let event = client.handle.nextEvent() {
            switch event.kind {
            case RD_KAFKA_EVENT_DR: settle(event, into: &deliveries)
            case RD_KAFKA_EVENT_ERROR:
                guard let error = event.error else { continue }
                if error.isFatal { giveUpClient() } else { events.append(.error(error)) }
            case RD_KAFKA_EVENT_STATS: events.append(.statistics(event.statistics))
            case RD_KAFKA_EVENT_LOG:
                if let log = event.log { events.append(.log(log)) }
            default: events.append(.log(KafkaLog(level: 6, facility: "EVENT", text: "event of kind \(event.kind)")))
            }
        }
        if let fatalError, client.outstandingCount == 0 { events.append(recreate(after: fatalError)) }
        produceWaiting(into: &deliveries)
        return events
    }

    /// Waits until everything enqueued has its delivery.
    ///
    /// - Parameters:
    ///   - timeout: how long to wait at most; this blocks.
    ///   - deliveries: gets what comes appended.
    /// - Returns: whether nothing is undelivered any more. Events are for `pollDeliveries` and are not kept here.
    package func flush(timeout: Duration, into deliveries: inout [Delivery]) -> Bool {
        let deadline = ContinuousClock.now + timeout
        while true {
            wakeUp.clear()
            _ = pollDeliveries(into: &deliveries)
            if undeliveredCount == 0 { return true }
            let remaining = ContinuousClock.now.duration(to: deadline)
            guard remaining > .zero else { return false }
            // The wake-up may be shared with queues that nobody reads now, and is then silent: look again now and then.
            _ = wakeUp.wait(timeout: min(remaining, .milliseconds(20)))
        }
    }
}

// MARK: - Failures

extension KafkaProducer {
    /// Ends the records of one delivery report, or produces them again.
    private func settle(_ event: borrowing KafkaEvent, into deliveries: inout [Delivery]) {
        // SAFETY: the messages, and all they point to, belong to the event, which is borrowed here.
        while let message = unsafe rd_kafka_event_message_next(event.pointer) {
            client.reported()
            let ticket = unsafe ProducerTicket(bits: UInt(bitPattern: message.pointee._private))
            let response = unsafe message.pointee.err
            guard response != RD_KAFKA_RESP_ERR_NO_ERROR else {
                // A batch that was acknowledged the second time has no offset.
                let offset = unsafe message.pointee.offset
                let outcome = unsafe Delivery.Outcome.acknowledged(
                    partition: message.pointee.partition,
                    offset: offset >= 0 ? offset : nil
                )
                deliveries.append(Delivery(token: ticket.token, outcome: outcome))
                continue
            }
            let error = KafkaError(response)
            guard error.isRetriable || error.isFatal || fatalError != nil else {
                deliveries.append(Delivery(token: ticket.token, outcome: .failed(error)))
                continue
            }
            if error.isFatal { giveUpClient() }
            unsafe repeatRecord(of: message, ticket: ticket)
        }
    }

    private func repeatRecord(of message: UnsafePointer<rd_kafka_message_t>, ticket: ProducerTicket) {
        producedAgainCount += 1
        if waiting.isEmpty, fatalError == nil {
            if unsafe client.produceAgain(message) == RD_KAFKA_RESP_ERR_NO_ERROR { return }
        }
        // The report itself still counts as queued, so that a full queue stays full until it is gone: copy, then try later.
        let (record, timestamp) = unsafe client.copy(message)
        waiting.append(Waiting(record: record, ticket: ticket, timestamp: timestamp))
    }

    /// Produces what had no room before, in its order, as far as there is room now.
    private func produceWaiting(into deliveries: inout [Delivery]) {
        guard fatalError == nil else { return }
        var done = 0
        loop: while done < waiting.count {
            let next = waiting[done]
            let response = client.produce(next.record, ticket: next.ticket, timestamp: next.timestamp)
            switch response {
            case RD_KAFKA_RESP_ERR_NO_ERROR: break
            case RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__FATAL: break loop
            default: deliveries.append(Delivery(token: next.ticket.token, outcome: .failed(KafkaError(response))))
            }
            done += 1
        }
        waiting.removeFirst(done)
    }

    /// Makes the useless client report everything that it still has, as failed.
    private func giveUpClient() {
        guard fatalError == nil else { return }
        fatalError = client.handle.fatalError ?? KafkaError(RD_KAFKA_RESP_ERR__FATAL)
        // SAFETY: the client is alive. Records in flight may have been written: produced again, they are copies.
        let flags = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING
        let response = unsafe rd_kafka_purge(client.handle.client, flags)
        precondition(response == RD_KAFKA_RESP_ERR_NO_ERROR, "every producer can be purged")
    }

    private func recreate(after error: KafkaError) -> ProducerEvent {
        do {
            let successor = try ProducerClient(properties: properties, wakeUp: wakeUp)
            for name in topicNames { try successor.openTopic(name) }
            client = successor
            // A purge reports what was queued before what was in flight, which is older.
            waiting.sort { $0.ticket.precedes($1.ticket) }
            fatalError = nil
            recreatedCount += 1
            wakeUp.signal()
            return .recreated(after: error)
        } catch {
            // Out of threads or memory: the next poll tries again, and nothing is lost meanwhile.
            return .error(error)
        }
    }

    /// Puts the client into the state that a fatal error of the cluster leaves it in.
    ///
    /// - Parameter text: the reason to report.
    func raiseFatalError(_ text: String) {
        let response = unsafe rd_kafka_test_fatal_error(
            client.handle.client,
            RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
            text
        )
        precondition(response == RD_KAFKA_RESP_ERR_NO_ERROR, "the client was healthy")
    }
}

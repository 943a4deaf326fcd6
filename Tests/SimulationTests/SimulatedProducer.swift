import PushCore

/// What one handling of one input record must bring into the log before it is finished.
final class Handling {
    /// Effects that are not in the log yet; nil while the stage does not know them.
    var missing: Int?
    /// Effects whose acknowledgement the stage has not heard yet; nil as well while it does not know them.
    var unheard: Int?
    /// Whether the stage has heard that the state is in the log; true where there is none.
    var isStateHeard = true

    var isFinished: Bool { unheard == 0 }
}

/// A producer between the stage and the log: each record is under way, then stored, then acknowledged, and anything can happen
/// in between. Within a partition all of it keeps its order, as with an idempotent producer.
struct SimulatedProducer {
    struct Flight {
        let place: TopicPartition
        let production: EffectLedger.Production
        let handling: Handling
        let isState: Bool
        /// Where it is stored; nil while it is under way.
        var offset: Int64?
        /// Counted as stored, although it may be under way again.
        var wasStored = false
        /// It is produced for the second time: the first acknowledgement got lost.
        var isRepeated = false
    }

    private(set) var flights: [Flight] = []

    var isEmpty: Bool { flights.isEmpty }

    mutating func produce(_ production: EffectLedger.Production, for handling: Handling, isState: Bool) {
        let outgoing = production.record
        let partition = outgoing.partition ?? Log.partition(of: outgoing.key)
        let place = TopicPartition(topic: Topic(outgoing.topic), partition: partition)
        flights.append(Flight(place: place, production: production, handling: handling, isState: isState))
    }

    /// Partitions whose next record can be stored.
    var storable: [Int] { heads { $0.offset == nil } }

    /// Partitions whose next record can be acknowledged.
    var acknowledgeable: [Int] { heads { $0.offset != nil } }

    /// The first flight of each partition that fulfils the condition; acknowledged ones are gone already, so that the first
    /// of a partition is the one to be acknowledged next.
    private func heads(_ isWanted: (Flight) -> Bool) -> [Int] {
        var seen: [TopicPartition] = []
        var result: [Int] = []
        for (index, flight) in flights.enumerated() where isWanted(flight) && !seen.contains(flight.place) {
            seen.append(flight.place)
            result.append(index)
        }
        return result
    }

    /// Stores a record in the log.
    ///
    /// - Returns: The record as it is stored, and its flight.
    mutating func store(
        _ index: Int,
        in log: inout Log,
        nowMs: Int64,
        gap: Int64
    ) -> (record: OwnedRecord, flight: Flight) {
        let outgoing = flights[index].production.record
        let record = OwnedRecord(
            topic: "",
            timestampMs: nowMs,
            key: outgoing.key,
            value: outgoing.value,
            headers: outgoing.headers.map { OwnedRecord.Header($0.name, $0.value) }
        )
        let stored = log.append(record, to: flights[index].place, gap: gap)
        flights[index].offset = stored.offset
        if !flights[index].wasStored {
            flights[index].wasStored = true
            if let missing = flights[index].handling.missing { flights[index].handling.missing = missing - 1 }
        }
        return (stored, flights[index])
    }

    /// Takes the acknowledgement of a stored record.
    mutating func acknowledge(_ index: Int) -> Flight { flights.remove(at: index) }

    /// The client was replaced after a fatal error: everything unacknowledged is produced again, in its order.
    mutating func recreate() {
        for index in flights.indices {
            if flights[index].offset != nil { flights[index].isRepeated = true }
            flights[index].offset = nil
        }
    }
}

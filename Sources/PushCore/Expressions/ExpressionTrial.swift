package import CEL

/// One expression, evaluated on one event: `belfry eval`.
package enum ExpressionTrial {
    package enum Ending {
        case value(Value)
        /// The event is none: what its dead letter would say.
        case deadLetter(DeadLetterReason)
        /// A record without value.
        case noEvent
    }

    /// Compiles and evaluates as a rule's condition is: `event` and `data` are known.
    ///
    /// `record`: Nil where there is no event; `event` and `data` then have no values.
    /// `read`: Is given the value, which may lie in the event's memory and must not be kept.
    ///
    /// - Throws: `CompileError`.
    /// - Returns: What `read` returns.
    package static func evaluate<Result>(
        _ source: String,
        on record: OwnedRecord?,
        decoder: EventDecoder,
        timeZones: TimeZoneDatabase,
        _ read: (Ending) -> Result
    ) throws(CompileError) -> Result {
        let expression = try Expression(source, environment: EventValues.environment(timeZones))
        guard let record else { return read(.value(expression.evaluate(BoundValues([])))) }
        return record.withInputRecord { record in
            switch decoder.decode(record) {
            case .event(let event): read(.value(expression.evaluate(EventValues(event)).resolved))
            case .tombstone: read(.noEvent)
            case .invalid(let reason): read(.deadLetter(reason))
            }
        }
    }
}

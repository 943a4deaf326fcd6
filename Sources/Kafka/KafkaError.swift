import CRdKafka

/// What Kafka, or the client library, refused or failed to do.
package struct KafkaError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The protocol's error code when positive, librdkafka's own when negative.
    package let code: Int32

    /// The code's name, such as `TOPIC_AUTHORIZATION_FAILED` or `_MSG_TIMED_OUT`: stable, fit for a metric's label.
    package let name: String

    /// What happened, for a person.
    package let text: String

    /// Whether the same request may succeed later without anybody changing anything.
    package let isRetriable: Bool

    /// Whether the client handle that reported it is of no further use.
    package let isFatal: Bool

    package var description: String { "\(name): \(text)" }

    init(code: Int32, text: String? = nil, isFatal: Bool = false) {
        let response = rd_kafka_resp_err_t(code)
        self.code = code
        // SAFETY: both functions answer a static string for every code, known or not.
        name = unsafe String(cString: rd_kafka_err2name(response))
        self.text = unsafe text ?? String(cString: rd_kafka_err2str(response))
        self.isFatal = isFatal || response == RD_KAFKA_RESP_ERR__FATAL
        isRetriable = Self.retriableCodes.contains(code)
    }

    init(_ response: rd_kafka_resp_err_t, text: String? = nil, isFatal: Bool = false) {
        self.init(code: response.rawValue, text: text, isFatal: isFatal)
    }

    /// Takes over an error object of the library and frees it.
    ///
    /// - Parameter error: what a function that answers `rd_kafka_error_t *` returned; not used afterwards.
    init(taking error: OpaquePointer) {
        // SAFETY: the caller hands over the only reference; it is read here and destroyed once.
        unsafe self.init(
            rd_kafka_error_code(error),
            text: String(cString: rd_kafka_error_string(error)),
            isFatal: rd_kafka_error_is_fatal(error) != 0
        )
        unsafe rd_kafka_error_destroy(error)
    }

    /// Codes of conditions that pass by themselves: a broker, a leader or the network is away, or too slow.
    ///
    /// `UNKNOWN_TOPIC_OR_PART` is not among them: librdkafka has waited `topic.metadata.propagation.max.ms` for the
    /// topic by the time it says so, and a topic that is not there needs a person.
    private static let retriableCodes: Set<Int32> = Set(
        [
            // The client gave up waiting, or lost the connection.
            RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__IN_PROGRESS, RD_KAFKA_RESP_ERR__RETRY,
            // The client dropped it from its queue, which only the renewal of a handle does.
            RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
            RD_KAFKA_RESP_ERR__QUEUE_FULL,
            // A leader is being elected or moved.
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
            RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, RD_KAFKA_RESP_ERR_LISTENER_NOT_FOUND,
            RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
            // The broker is short of something: time, replicas, disk, quota.
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
            RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, RD_KAFKA_RESP_ERR_INVALID_MSG,
            // The group's coordinator is moving.
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
            // The idempotent producer lost its place; a new producer id finds it again.
            RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
            RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
        ].map(\.rawValue)
    )
}

extension KafkaError {
    /// Turns a response code into an error to throw.
    ///
    /// - Parameter response: what the library answered.
    /// - Throws: the error, unless the code is "no error".
    static func check(_ response: rd_kafka_resp_err_t) throws(KafkaError) {
        if response != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(response) }
    }

    /// An error that this target found itself, before asking the library.
    ///
    /// - Parameter text: what is wrong with it.
    /// - Returns: an error with the code `_INVALID_ARG`.
    static func invalidArgument(_ text: String) -> KafkaError {
        KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG, text: text)
    }

    /// A wait that ended without its answer.
    ///
    /// - Parameter text: what was waited for.
    /// - Returns: an error with the code `_TIMED_OUT`.
    package static func timedOut(_ text: String) -> KafkaError {
        KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, text: text)
    }
}

extension Duration {
    /// Whole milliseconds for the library's time-outs, rounded up so that a short wait does not become a busy loop.
    ///
    /// Never negative: the library takes -1 for "without end".
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < Int64(Int32.max) / 1_000 else { return Int32.max }
        return Int32(seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

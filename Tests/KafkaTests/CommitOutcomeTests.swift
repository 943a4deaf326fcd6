import CRdKafka
import Testing

@testable import Kafka

@Suite struct CommitOutcomeTests {
    @Test(
        "A commit answered by the group having gone on is lost, one that fails otherwise is superseded by the next",
        arguments: [
            (RD_KAFKA_RESP_ERR_NO_ERROR, "committed"), (RD_KAFKA_RESP_ERR__NO_OFFSET, "committed"),
            (RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, "lost"), (RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, "lost"),
            (RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, "lost"), (RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, "lost"),
            (RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, "lost"), (RD_KAFKA_RESP_ERR__TRANSPORT, "failed"),
            (RD_KAFKA_RESP_ERR_NOT_COORDINATOR, "failed"), (RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE, "failed"),
        ]
    )
    func outcomes(response: rd_kafka_resp_err_t, expected: String) {
        let name =
            switch KafkaConsumer.outcome(of: response) {
            case .committed: "committed"
            case .lost: "lost"
            case .failed: "failed"
            }
        #expect(name == expected)
    }
}

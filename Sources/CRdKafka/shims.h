#ifndef BELFRY_CRDKAFKA_SHIMS_H
#define BELFRY_CRDKAFKA_SHIMS_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/* Not in the Glibc module; the descriptor that librdkafka's queues signal. */
#include <sys/eventfd.h>

/* Swift cannot call C variadics, and imports no macro with a cast: each of them that is needed has a function here. */

/* Where a record goes and what it says. Null pointers are null keys and null values, not empty ones. */
typedef struct belfry_record_s {
        rd_kafka_topic_t *topic;
        int32_t partition;
        const void *key;
        size_t key_length;
        const void *value;
        size_t value_length;
        int64_t timestamp_ms; /* 0: now */
        void *token;
} belfry_record_t;

/* Copies key and value. On success `headers` (which may be null) belongs to librdkafka, on failure still to the caller. */
static inline rd_kafka_resp_err_t belfry_produce(rd_kafka_t *rk, const belfry_record_t *record,
                                                 rd_kafka_headers_t *headers) {
        if (headers)
                return rd_kafka_producev(rk, RD_KAFKA_V_RKT(record->topic), RD_KAFKA_V_PARTITION(record->partition),
                                         RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                         RD_KAFKA_V_KEY((void *)record->key, record->key_length),
                                         RD_KAFKA_V_VALUE((void *)record->value, record->value_length),
                                         RD_KAFKA_V_TIMESTAMP(record->timestamp_ms),
                                         RD_KAFKA_V_OPAQUE(record->token), RD_KAFKA_V_HEADERS(headers),
                                         RD_KAFKA_V_END);
        return rd_kafka_producev(rk, RD_KAFKA_V_RKT(record->topic), RD_KAFKA_V_PARTITION(record->partition),
                                 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                 RD_KAFKA_V_KEY((void *)record->key, record->key_length),
                                 RD_KAFKA_V_VALUE((void *)record->value, record->value_length),
                                 RD_KAFKA_V_TIMESTAMP(record->timestamp_ms), RD_KAFKA_V_OPAQUE(record->token),
                                 RD_KAFKA_V_END);
}

/* One answer to one request of kind `api_key`: an error (0: none), `rtt_ms` late. */
static inline rd_kafka_resp_err_t belfry_mock_push_answer(rd_kafka_mock_cluster_t *cluster, int32_t broker_id,
                                                          int16_t api_key, rd_kafka_resp_err_t error, int rtt_ms) {
        return rd_kafka_mock_broker_push_request_error_rtts(cluster, broker_id, api_key, 1, error, rtt_ms);
}

#endif

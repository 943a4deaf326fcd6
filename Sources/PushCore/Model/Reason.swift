/// Why something ended as it did: the closed list of `reason` in receipts and invalid-token records.
///
/// The raw value is the published word. Words are only ever added.
package enum Reason: String, CaseIterable, Sendable {
    // Decided before any provider is asked.
    case rateLimited = "rate_limited"
    case quietHours = "quiet_hours"
    case duplicate
    case optedOut = "opted_out"
    case noDevices = "no_devices"
    case digested
    case cancelled
    case forgotten
    case ttlPassed = "ttl_passed"
    case appNotConfigured = "app_not_configured"
    case superseded
    case scheduledOverflow = "scheduled_overflow"

    // A device that is not kept.
    case deviceLimit = "device_limit"
    case inactive

    // The address.
    case unregistered
    case expiredToken = "expired_token"
    case badDeviceToken = "bad_device_token"
    case deviceTokenNotForTopic = "device_token_not_for_topic"
    case senderIDMismatch = "sender_id_mismatch"
    case vapidKeyMismatch = "vapid_key_mismatch"
    case badSubscription = "bad_subscription"

    // The request.
    case payloadTooLarge = "payload_too_large"
    case payloadEmpty = "payload_empty"
    case badTopic = "bad_topic"
    case missingTopic = "missing_topic"
    case topicDisallowed = "topic_disallowed"
    case badCollapseID = "bad_collapse_id"
    case badExpirationDate = "bad_expiration_date"
    case badMessageID = "bad_message_id"
    case badPriority = "bad_priority"
    case invalidPushType = "invalid_push_type"
    case missingDeviceToken = "missing_device_token"
    case duplicateHeaders = "duplicate_headers"
    case badPath = "bad_path"
    case methodNotAllowed = "method_not_allowed"
    case invalidRequest = "invalid_request"
    case badDataKey = "bad_data_key"
    case badTimeToLive = "bad_time_to_live"
    case badTarget = "bad_target"
    case invalidPayload = "invalid_payload"
    case missingPushType = "missing_push_type"
    case badRequestParameters = "bad_request_parameters"
    case missingChannelID = "missing_channel_id"
    case badChannelID = "bad_channel_id"
    case channelNotRegistered = "channel_not_registered"
    case endpointNotAllowed = "endpoint_not_allowed"
    case encryptionFailed = "encryption_failed"

    // Credentials.
    case badCertificate = "bad_certificate"
    case badCertificateEnvironment = "bad_certificate_environment"
    case expiredProviderToken = "expired_provider_token"
    case invalidProviderToken = "invalid_provider_token"
    case missingProviderToken = "missing_provider_token"
    case forbidden
    case unrelatedKeyIDInToken = "unrelated_key_id_in_token"
    case badEnvironmentKeyIDInToken = "bad_environment_key_id_in_token"
    case tooManyProviderTokenUpdates = "too_many_provider_token_updates"
    case unauthenticated
    case credentialRejected = "credential_rejected"
    case thirdPartyAuthError = "third_party_auth_error"
    case notFound = "not_found"
    case topicMismatch = "topic_mismatch"
    case featureNotEnabled = "feature_not_enabled"
    case tooManyChannels = "too_many_channels"

    // The provider, and the way to it.
    case tooManyRequests = "too_many_requests"
    case quotaExceeded = "quota_exceeded"
    case internalServerError = "internal_server_error"
    case serviceUnavailable = "service_unavailable"
    case shutdown
    case idleTimeout = "idle_timeout"
    case providerUnavailable = "provider_unavailable"
    case timeout
    case connectionLost = "connection_lost"
    case rejectedByProvider = "rejected_by_provider"
}

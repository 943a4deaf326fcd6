/// Why APNs refuses a request (Apple, "Handling notification responses from APNs"; for broadcasts "Handling error responses from
/// APNs").
///
/// Only reasons that the rules themselves give; a fault script can name any other.
enum APNsReason: String, CaseIterable {
    case badCollapseID = "BadCollapseId"
    case badDeviceToken = "BadDeviceToken"
    case badExpirationDate = "BadExpirationDate"
    case badMessageID = "BadMessageId"
    case badPriority = "BadPriority"
    case badTopic = "BadTopic"
    case deviceTokenNotForTopic = "DeviceTokenNotForTopic"
    case duplicateHeaders = "DuplicateHeaders"
    case invalidPushType = "InvalidPushType"
    case missingDeviceToken = "MissingDeviceToken"
    case missingTopic = "MissingTopic"
    case payloadEmpty = "PayloadEmpty"
    case topicDisallowed = "TopicDisallowed"
    case expiredProviderToken = "ExpiredProviderToken"
    case invalidProviderToken = "InvalidProviderToken"
    case missingProviderToken = "MissingProviderToken"
    case unrelatedKeyID = "UnrelatedKeyIdInToken"
    case badPath = "BadPath"
    case methodNotAllowed = "MethodNotAllowed"
    case payloadTooLarge = "PayloadTooLarge"
    case tooManyProviderTokenUpdates = "TooManyProviderTokenUpdates"
    // Of broadcasts.
    case badChannelID = "BadChannelId"
    case missingChannelID = "MissingChannelId"
    case missingPushType = "MissingPushType"
    case badRequestPayload = "BadRequestPayload"
    case topicMismatch = "TopicMismatch"
    case channelNotRegistered = "ChannelNotRegistered"
    // Of channels.
    case badRequestParameters = "BadRequestParams"
    case cannotCreateChannel = "CannotCreateChannelConfig"

    /// HTTP status that goes with the reason.
    var status: Int {
        switch self {
        case .badCollapseID, .badDeviceToken, .badExpirationDate, .badMessageID, .badPriority, .badTopic,
            .deviceTokenNotForTopic, .duplicateHeaders, .invalidPushType, .missingDeviceToken, .missingTopic,
            .payloadEmpty, .topicDisallowed, .badChannelID, .missingChannelID, .missingPushType, .badRequestPayload,
            .channelNotRegistered, .badRequestParameters, .cannotCreateChannel:
            400
        case .expiredProviderToken, .invalidProviderToken, .missingProviderToken, .unrelatedKeyID, .topicMismatch: 403
        case .badPath: 404
        case .methodNotAllowed: 405
        case .payloadTooLarge: 413
        case .tooManyProviderTokenUpdates: 429
        }
    }
}

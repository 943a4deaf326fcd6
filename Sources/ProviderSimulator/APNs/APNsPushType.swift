/// The values of `apns-push-type` (Apple, "Sending notification requests to APNs").
enum APNsPushType: String, CaseIterable {
    case alert, background, voip, complication, fileprovider, mdm, location, liveactivity, pushtotalk, widgets, controls

    /// What follows the bundle id in the topic.
    var topicSuffix: String {
        switch self {
        case .alert, .background, .mdm: ""
        case .voip: ".voip"
        case .complication: ".complication"
        case .fileprovider: ".pushkit.fileprovider"
        case .location: ".location-query"
        case .liveactivity: ".push-type.liveactivity"
        case .pushtotalk: ".voip-ptt"
        case .widgets: ".push-type.widgets"
        case .controls: ".push-type.controls"
        }
    }

    /// All suffixes that name a push type.
    static let topicSuffixes = allCases.map(\.topicSuffix).filter { !$0.isEmpty }

    /// Octets allowed in the body.
    var payloadOctetsMax: Int { self == .voip ? 5120 : 4096 }

    /// Values of `apns-priority` that the push type may go with.
    var priorities: [String] {
        switch self {
        case .background: ["5"]
        case .location: ["10", "5"]
        case .alert, .voip, .complication, .fileprovider, .mdm, .liveactivity, .pushtotalk, .widgets, .controls:
            ["10", "5", "1"]
        }
    }
}

/// What kind of notification a request carries: the values of `apns-push-type`.
///
/// Source: Apple, "Sending notification requests to APNs", the table of push types.
package enum APNsPushType: String, CaseIterable, Sendable {
    case alert
    case background
    case voip
    case complication
    case fileprovider
    case mdm
    case location
    case liveactivity
    case pushtotalk
    case widgets
    case controls

    /// The topic for an app: its bundle id with the suffix of this push type.
    package func topic(of app: String) -> String {
        switch self {
        case .alert, .background, .mdm: app
        case .voip: app + ".voip"
        case .complication: app + ".complication"
        case .fileprovider: app + ".pushkit.fileprovider"
        case .location: app + ".location-query"
        case .liveactivity: app + ".push-type.liveactivity"
        case .pushtotalk: app + ".voip-ptt"
        case .widgets: app + ".push-type.widgets"
        case .controls: app + ".push-type.controls"
        }
    }

    /// The largest body that APNs takes, in octets.
    package var payloadBytesMax: Int {
        switch self {
        case .voip: 5_120
        case .alert, .background, .complication, .fileprovider, .mdm, .location, .liveactivity, .pushtotalk, .widgets,
            .controls:
            4_096
        }
    }
}

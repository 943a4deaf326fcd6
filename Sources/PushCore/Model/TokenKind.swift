/// What tokens of APNs are for.
///
/// An app has one token for alerts and background notifications; every other push type has tokens of its own, which a device gives
/// out at another place (PushKit, ActivityKit, WidgetKit, Core Location, a management server). Sent to with another push type, they
/// look dead: so a notification goes to the tokens of its push type alone.
///
/// Source: Apple, "Sending notification requests to APNs", the table of push types.
package enum TokenKind {
    /// Push types whose tokens serve them and no other.
    package static let pushTypes = [
        "voip", "complication", "fileprovider", "mdm", "location", "liveactivity", "pushtotalk", "widgets", "controls",
    ]

    /// What a device says of the token that takes notifications of this push type; empty for the app's own.
    ///
    /// `pushType`: Empty where it is chosen from the content.
    static func serving(_ pushType: String) -> String {
        pushType == "alert" || pushType == "background" ? "" : pushType
    }
}

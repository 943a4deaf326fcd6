internal import PushCore

/// Shortens the body of a notification, so that its payload keeps the provider's limit.
enum BodyShortening {
    private static let ellipsis = "…"

    /// What `build` makes of the notification with the longest beginning of its body that the limit has room for, and an ellipsis behind
    /// it. Characters are never cut in two (extended grapheme clusters, Unicode Standard Annex 29).
    ///
    /// - Parameters:
    ///   - notification: as it would be sent whole.
    ///   - octetsMax: of the payload: a body is never longer.
    ///   - build: the payload of a notification and its size; nil where there is none.
    /// - Returns: nil where the rule does not want it, there is no body, or the rest alone is too long.
    static func fit<Payload>(
        _ notification: Notification,
        octetsMax: Int,
        build: (Notification) -> (payload: Payload, octets: Int)?
    ) -> Payload? {
        guard !notification.dropTooLong, let body = notification.contents.first?.body, !body.isEmpty else { return nil }
        var ends = [body.startIndex]
        for index in body.indices.dropFirst() {
            if body.utf8.distance(from: body.startIndex, to: index) > octetsMax { break }
            ends.append(index)
        }
        func shortened(_ count: Int) -> (payload: Payload, octets: Int)? {
            var shorter = notification
            shorter.contents[0].body = body[..<ends[count]] + ellipsis
            return build(shorter)
        }
        // A longer beginning makes a longer payload: the longest that fits is found by halving.
        guard var best = shortened(0), best.octets <= octetsMax else { return nil }
        var (fitting, tooLong) = (0, ends.count)
        while tooLong - fitting > 1 {
            let middle = (fitting + tooLong) / 2
            guard let tried = shortened(middle) else { return nil }
            if tried.octets <= octetsMax {
                (fitting, best) = (middle, tried)
            } else {
                tooLong = middle
            }
        }
        return best.payload
    }
}

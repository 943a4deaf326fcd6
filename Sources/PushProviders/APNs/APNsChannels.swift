package import PushCore

/// The id of a broadcast channel, as APNs gives it: base64.
package struct APNsChannelID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Nil for what no header could carry: an id has 1 to 128 characters of base64.
    ///
    /// Apple says no length; ids of 16 octets were seen.
    package init?(_ text: String) {
        let isBase64 = text.utf8.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                true
            default:
                "+/=-_".utf8.contains(octet)
            }
        }
        guard isBase64, (1...128).contains(text.utf8.count) else { return nil }
        description = text
    }

    static let allowed = "base64, as APNs gave it"
}

/// What a channel keeps for devices that are away: the most recent broadcast, or none.
package enum APNsChannelStorage: Int, CaseIterable, Sendable {
    /// Apple allows more broadcasts to such channels; each is sent with expiration 0.
    case none = 0
    /// For at most 8 hours.
    case mostRecent = 1
}

/// A request about an app's broadcast channels, as ``APNsConfiguration/channelServer(for:)`` takes it.
///
/// The header `authorization` is apart, as for deliveries (``APNsCredentials``). Channels are made and removed by people and
/// their tools, a few in a day; an app has at most 10,000 in each environment.
///
/// Source: Apple, "Sending channel management requests to APNs".
package struct APNsChannelRequest: Hashable, Sendable {
    package enum Operation: Hashable, Sendable {
        case create(APNsChannelStorage)
        case read(APNsChannelID)
        /// Cannot be undone: the id is never given again.
        case delete(APNsChannelID)
        case list
    }

    package struct Header: Hashable, Sendable {
        package let name: String
        /// Printable ASCII.
        package let value: String
    }

    package let operation: Operation
    package let method: String
    package let path: String
    package let headers: [Header]
    /// JSON; empty where the method has none.
    package let body: [UInt8]

    /// - Parameters:
    ///   - operation: what is asked for.
    ///   - app: bundle id.
    ///   - id: goes with the request, and comes back with the answer.
    package init(_ operation: Operation, app: String, id: Identifier) {
        self.operation = operation
        let collection = "/1/apps/\(URLPathSegment.encode(app))"
        var headers = [Header(name: "apns-request-id", value: id.description)]
        switch operation {
        case .create(let storage):
            method = "POST"
            path = "\(collection)/channels"
            let members: JSONTree = [
                "message-storage-policy": .integer(Int64(storage.rawValue)), "push-type": "LiveActivity",
            ]
            body = members.octets
        case .read(let channel), .delete(let channel):
            if case .read = operation { method = "GET" } else { method = "DELETE" }
            path = "\(collection)/channels"
            headers.append(Header(name: "apns-channel-id", value: channel.description))
            body = []
        case .list:
            method = "GET"
            path = "\(collection)/all-channels"
            body = []
        }
        self.headers = headers
    }
}

/// What APNs says to an ``APNsChannelRequest``.
package enum APNsChannelAnswer: Hashable, Sendable {
    case created(APNsChannelID)
    case channel(APNsChannelStorage)
    case deleted
    case channels([APNsChannelID])
    /// Anything but what was asked for; never ``Verdict/accepted(providerMessageID:)``.
    case refused(Verdict)

    /// - Parameters:
    ///   - response: the answer.
    ///   - operation: of the request.
    ///   - body: as received, of any kind and size.
    ///   - channelID: the header `apns-channel-id`; nil where absent.
    ///   - nowMs: when it arrived.
    package init(
        _ response: APNsResponse,
        to operation: APNsChannelRequest.Operation,
        body: [UInt8],
        channelID: String?,
        nowMs: Int64
    ) {
        let verdict = response.classify(registeredAtMs: 0, nowMs: nowMs)
        guard case .accepted = verdict else {
            self = .refused(verdict)
            return
        }
        let answer: APNsChannelAnswer?
        switch operation {
        case .create: answer = channelID.flatMap { APNsChannelID($0) }.map { .created($0) }
        case .read: answer = Self.storage(in: body).map { .channel($0) }
        case .delete: answer = .deleted
        case .list: answer = Self.channels(in: body).map { .channels($0) }
        }
        // A success that does not say what it should is not APNs', or not of this version.
        self = answer ?? .refused(.retry(.providerUnavailable, after: response.retryAfter))
    }

    /// Octets of an answer at most: 10,000 ids of the longest kind, quoted.
    package static let bodyBytesMax = 2 << 20

    private static func storage(in body: [UInt8]) -> APNsChannelStorage? {
        guard let object = (try? JSONTree(text: body))?.object,
            case .integer(let policy)? = object["message-storage-policy"]
        else { return nil }
        return Int(exactly: policy).flatMap { APNsChannelStorage(rawValue: $0) }
    }

    private static func channels(in body: [UInt8]) -> [APNsChannelID]? {
        let limits = JSONLimits(bytesMax: bodyBytesMax)
        guard let object = (try? JSONTree(text: body, limits: limits))?.object,
            case .array(let elements)? = object["channels"]
        else { return nil }
        let channels = elements.compactMap { $0.string.flatMap { APNsChannelID($0) } }
        return channels.count == elements.count ? channels : nil
    }
}

/// The parts of a request that APNs gives a meaning to.
struct APNsRequest {
    /// `/1/apps/<app>/channels` or `/1/apps/<app>/all-channels`.
    struct Channels {
        let app: String
        let isAll: Bool
    }

    private(set) var method = ""
    /// What follows `/3/device/` in the path; empty where nothing does, nil for another path.
    private(set) var deviceToken: String?
    /// What follows `/4/broadcasts/apps/` in the path; nil for another path.
    private(set) var broadcastApp: String?
    /// What a path below `/1/apps/` asks about; nil for another path.
    private(set) var channels: Channels?
    private(set) var authorization: String?
    private(set) var apnsID: String?
    private(set) var topic: String?
    private(set) var pushType: String?
    private(set) var priority: String?
    private(set) var expiration: String?
    private(set) var collapseID: String?
    /// Of a broadcast.
    private(set) var channelID: String?
    /// Of a broadcast, in the place of `apns-id`.
    private(set) var requestID: String?
    private(set) var repeatsHeader = false
    let body: [UInt8]

    init(_ request: ProviderRequest) {
        body = request.body
        for (index, field) in request.headers.enumerated() {
            switch field.name {
            case ":method": method = field.value
            case ":path":
                deviceToken = Self.deviceToken(path: field.value)
                broadcastApp = Self.broadcastApp(path: field.value)
                channels = Self.channels(path: field.value)
            case "authorization": assign(\.authorization, field.value)
            case "apns-id": assign(\.apnsID, field.value)
            case "apns-topic": assign(\.topic, field.value)
            case "apns-push-type": assign(\.pushType, field.value)
            case "apns-priority": assign(\.priority, field.value)
            case "apns-expiration": assign(\.expiration, field.value)
            case "apns-collapse-id": assign(\.collapseID, field.value)
            case "apns-channel-id": assign(\.channelID, field.value)
            case "apns-request-id": assign(\.requestID, field.value)
            default:
                if request.headers[..<index].contains(where: { $0.name == field.name }) { repeatsHeader = true }
            }
        }
    }

    private mutating func assign(_ part: WritableKeyPath<APNsRequest, String?>, _ value: String) {
        if self[keyPath: part] != nil { repeatsHeader = true }
        self[keyPath: part] = value
    }

    private static func deviceToken(path: String) -> String? {
        let devicePath = "/3/device"
        guard path.utf8.starts(with: devicePath.utf8) else { return nil }
        let rest = path.utf8.dropFirst(devicePath.utf8.count)
        let slash = UInt8(ascii: "/")
        guard rest.isEmpty || rest.first == slash, !rest.dropFirst().contains(slash) else { return nil }
        return String(Substring(rest.dropFirst()))
    }

    private static func broadcastApp(path: String) -> String? {
        let start = "/4/broadcasts/apps/"
        guard path.utf8.starts(with: start.utf8) else { return nil }
        let rest = path.utf8.dropFirst(start.utf8.count)
        return rest.isEmpty || rest.contains(UInt8(ascii: "/")) ? nil : String(Substring(rest))
    }

    private static func channels(path: String) -> Channels? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "1", parts[2] == "apps", !parts[3].isEmpty else {
            return nil
        }
        switch parts[4] {
        case "channels": return Channels(app: parts[3], isAll: false)
        case "all-channels": return Channels(app: parts[3], isAll: true)
        default: return nil
        }
    }

    /// Whether `apns-id` is a UUID in canonical form: 36 lower-case characters, 8-4-4-4-12.
    var hasCanonicalID: Bool { Self.isCanonical(apnsID) }

    /// The same of `apns-request-id`.
    var hasCanonicalRequestID: Bool { Self.isCanonical(requestID) }

    private static func isCanonical(_ id: String?) -> Bool {
        guard let id, id.utf8.count == 36 else { return false }
        return id.utf8.enumerated().allSatisfy { index, octet in
            switch index {
            case 8, 13, 18, 23: octet == UInt8(ascii: "-")
            default: octet.isHexadecimalDigit && !(UInt8(ascii: "A")...UInt8(ascii: "F")).contains(octet)
            }
        }
    }
}

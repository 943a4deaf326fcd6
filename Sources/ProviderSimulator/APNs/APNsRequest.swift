/// The parts of a request that APNs gives a meaning to.
struct APNsRequest {
    private(set) var method = ""
    /// What follows `/3/device/` in the path; empty where nothing does, nil for another path.
    private(set) var deviceToken: String?
    private(set) var authorization: String?
    private(set) var apnsID: String?
    private(set) var topic: String?
    private(set) var pushType: String?
    private(set) var priority: String?
    private(set) var expiration: String?
    private(set) var collapseID: String?
    private(set) var repeatsHeader = false
    let body: [UInt8]

    init(_ request: ProviderRequest) {
        body = request.body
        for (index, field) in request.headers.enumerated() {
            switch field.name {
            case ":method": method = field.value
            case ":path": deviceToken = Self.deviceToken(path: field.value)
            case "authorization": assign(\.authorization, field.value)
            case "apns-id": assign(\.apnsID, field.value)
            case "apns-topic": assign(\.topic, field.value)
            case "apns-push-type": assign(\.pushType, field.value)
            case "apns-priority": assign(\.priority, field.value)
            case "apns-expiration": assign(\.expiration, field.value)
            case "apns-collapse-id": assign(\.collapseID, field.value)
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

    /// Whether `apns-id` is a UUID in canonical form: 36 lower-case characters, 8-4-4-4-12.
    var hasCanonicalID: Bool {
        guard let apnsID, apnsID.utf8.count == 36 else { return false }
        return apnsID.utf8.enumerated().allSatisfy { index, octet in
            switch index {
            case 8, 13, 18, 23: octet == UInt8(ascii: "-")
            default: octet.isHexadecimalDigit && !(UInt8(ascii: "A")...UInt8(ascii: "F")).contains(octet)
            }
        }
    }
}

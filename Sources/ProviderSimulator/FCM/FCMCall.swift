/// What a request to FCM's hosts asks for, told by its method and path.
///
/// The real service has three hosts (oauth2.googleapis.com, fcm.googleapis.com, iid.googleapis.com); their paths differ,
/// so the simulator serves them on one port.
enum FCMCall {
    /// `POST /token`; judged with any method.
    case token
    /// `POST /v1/projects/<project>/messages:send`.
    case send(project: String)
    /// `/v1/projects/<project>/registrations/<registration>/topicSubscriptions…`.
    case topics(FCMTopicCall)
    /// `POST /iid/v1:batchAdd` and `:batchRemove`.
    case batch(adds: Bool)
    /// Nothing that there is.
    case unknown

    init(_ request: ProviderRequest) {
        let method = request.header(":method") ?? ""
        let (path, query) = URLText.parts(of: request.header(":path") ?? "")
        if path == ["token"] {
            self = .token
        } else if path.starts(with: ["v1", "projects"]), path.count == 4, path[3] == "messages:send", method == "POST" {
            self = .send(project: path[2])
        } else if let call = FCMTopicCall(method: method, path: path, query: query) {
            self = .topics(call)
        } else if path == ["iid", "v1:batchAdd"], method == "POST" {
            self = .batch(adds: true)
        } else if path == ["iid", "v1:batchRemove"], method == "POST" {
            self = .batch(adds: false)
        } else {
            self = .unknown
        }
    }

    /// The project; empty where the call names none.
    var project: String {
        switch self {
        case .send(let project): project
        case .topics(let call): call.registration.project
        case .token, .batch, .unknown: ""
        }
    }
}

/// A call of the topic subscriptions' API (v1).
struct FCMTopicCall {
    enum Action {
        case create(topic: String)
        /// `PATCH`; where `allowsMissing`, one that does not exist is made.
        case update(topic: String, allowsMissing: Bool)
        case delete(topic: String, allowsMissing: Bool)
        case get(topic: String)
        case list(pageSize: Int, pageToken: String?)
    }

    /// Subscriptions in one page where the request does not say, and at most.
    static let pageSizeDefault = 1000
    static let pageSizeMax = 2000

    let registration: FCMProjects.Registration
    let action: Action

    /// Nil for any other path or method.
    init?(method: String, path: [String], query: [String: String]) {
        guard path.starts(with: ["v1", "projects"]), path.count == 6 || path.count == 7, path[3] == "registrations",
            path[5] == "topicSubscriptions"
        else { return nil }
        registration = FCMProjects.Registration(project: path[2], address: path[4])
        let allowsMissing = (query["allowMissing"] ?? query["allow_missing"]) == "true"
        switch (method, path.count == 7 ? path[6] : nil) {
        case ("POST", nil):
            action = .create(topic: query["topicName"] ?? query["topic_name"] ?? "")
        case ("GET", nil):
            let pageSize = (query["pageSize"] ?? query["page_size"]).flatMap { Int($0) } ?? 0
            action = .list(
                pageSize: pageSize > 0 ? min(pageSize, Self.pageSizeMax) : Self.pageSizeDefault,
                pageToken: query["pageToken"] ?? query["page_token"]
            )
        case ("PATCH", let topic?): action = .update(topic: topic, allowsMissing: allowsMissing)
        case ("DELETE", let topic?): action = .delete(topic: topic, allowsMissing: allowsMissing)
        case ("GET", let topic?): action = .get(topic: topic)
        default: return nil
        }
    }

    /// The topic; empty for a list.
    var topic: String {
        switch action {
        case .create(let topic), .update(let topic, _), .delete(let topic, _), .get(let topic): topic
        case .list: ""
        }
    }
}

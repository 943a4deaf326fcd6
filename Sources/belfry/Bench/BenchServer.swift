import Foundation
import HTTP2
import PushCore
import PushCrypto

/// What stands in for the provider in an end-to-end run, as the pipeline's configuration and the registrations name it.
struct BenchServer {
    enum Kind {
        /// Judges every request as the provider would.
        case simulator
        /// Answers 200 to everything, and leaves more of the machine to the pipeline.
        case sink
    }

    let caFile: String
    /// The app's entry in the configuration.
    let appEntry: String
    private let provider: Provider
    private let port: UInt16
    private let kind: Kind

    private static let project = "example-shop"
    private static let site = "https://shop.example.com"

    /// Starts it, and waits until it serves.
    ///
    /// - Parameters:
    ///   - kind: A sink gives no access tokens: for FCM the simulator runs beside it, and gives them alone.
    ///   - provider: Whom it stands in for.
    ///   - folder: Gets keys.
    ///   - children: Gets the process, which the caller stops.
    /// - Returns: the server, which serves.
    /// - Throws: where it does not start, or keys cannot be made.
    static func start(
        _ kind: Kind,
        as provider: Provider,
        in folder: URL,
        _ children: inout [ChildProcess]
    ) async throws -> BenchServer {
        switch kind {
        case .simulator:
            let simulator = try await SimulatorProcess.start(provider, in: folder)
            children.append(simulator.process)
            let file = try simulator.credentialFile ?? newKey(in: folder)
            return BenchServer(kind, provider, port: simulator.port, caFile: simulator.caFile, credentialFile: file)
        case .sink:
            let sink = try await SinkProcess.start(in: folder)
            children.append(sink.process)
            guard provider == .fcm else {
                let file = try newKey(in: folder)
                return BenchServer(kind, provider, port: sink.port, caFile: sink.caFile, credentialFile: file)
            }
            let simulator = try await SimulatorProcess.start(provider, in: folder)
            children.append(simulator.process)
            guard let file = simulator.credentialFile else {
                throw ChildProcess.Failure(description: "the simulator of FCM has no service account")
            }
            let both = folder.appendingPathComponent("both-ca.pem")
            let certificates = try [sink.caFile, simulator.caFile].map {
                try Data(contentsOf: URL(fileURLWithPath: $0))
            }
            try (certificates[0] + certificates[1]).write(to: both)
            return BenchServer(kind, provider, port: sink.port, caFile: both.path, credentialFile: file)
        }
    }

    private static func newKey(in folder: URL) throws -> String {
        let file = folder.appendingPathComponent("AuthKey_KEY1234567.p8").path
        try NewPrivateFile.write(try ES256Key.generate().pem(), to: file)
        return file
    }

    private init(_ kind: Kind, _ provider: Provider, port: UInt16, caFile: String, credentialFile: String) {
        self.kind = kind
        self.provider = provider
        self.port = port
        self.caFile = caFile
        let file = "\"\(credentialFile)\""
        let base = "base_url: \"https://localhost:\(port)\""
        appEntry =
            switch provider {
            case .apns:
                "{ provider: apns, app: \(BenchScenario.app), team_id: ABCDE12345, "
                    + "key_id: \(Self.keyID(credentialFile)), key_file: \(file), \(base) }"
            case .fcm:
                // The project's quota is not what is measured.
                "{ provider: fcm, app: \(Self.project), service_account_file: \(file), \(base), "
                    + "quota: { messages_per_minute: 100000000, ramp_up: 0s } }"
            case .webpush:
                "{ provider: webpush, app: \"\(Self.site)\", vapid_key_file: \(file), subject: \"mailto:ops@example.com\", "
                    + "allowed_hosts: [\"127.0.0.1:\(port)\"], allow_private_addresses: true }"
            }
    }

    /// The key's id in the name that Apple gives to its file, `AuthKey_<id>.p8`.
    private static func keyID(_ file: String) -> String {
        let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        return String(name.dropFirst("AuthKey_".count))
    }

    // MARK: Addresses

    /// Addresses of so many devices, each as the members of a registration.
    ///
    /// - Throws: where the simulator gives no subscriptions.
    func addresses(of devices: Int) throws -> [String] {
        switch provider {
        case .apns: return (0..<devices).map { token($0, app: BenchScenario.app) }
        case .fcm: return (0..<devices).map { token($0, app: Self.project) }
        case .webpush:
            let subscriptions =
                switch kind {
                case .simulator: try simulatedSubscriptions(devices)
                case .sink: try ownSubscriptions(devices)
                }
            return subscriptions.map { #""provider":"webpush","app":"\#(Self.site)","subscription":"# + $0 }
        }
    }

    private func token(_ index: Int, app: String) -> String {
        #""provider":"\#(provider.rawValue)","app":"\#(app)","token":"\#(BenchScenario.token(index))""#
    }

    /// Subscriptions that nobody decrypts: they differ in their endpoints alone, which changes nothing for who encrypts.
    private func ownSubscriptions(_ count: Int) throws -> [String] {
        let subscription = try BenchScenario.subscriptionKeys()
        let publicKey = Base64URL.encode(subscription.publicKey.span)
        let secret = Base64URL.encode(subscription.authenticationSecret.span)
        let keys = #"{"p256dh":"\#(publicKey)","auth":"\#(secret)"}"#
        return (0..<count).map { #"{"endpoint":"https://127.0.0.1:\#(port)/push/\#($0)","keys":\#(keys)}"# }
    }

    /// Subscriptions whose messages the simulator decrypts, as it gives them to a browser.
    private func simulatedSubscriptions(_ count: Int) throws -> [String] {
        let loop = try EventLoop()
        let endpoint = HTTP2Endpoint(host: "127.0.0.1", port: port, tls: .init(caFile: caFile))
        let client = try HTTP2Client(endpoint, loop: loop)
        defer { client.close() }
        var answers = [String?](repeating: nil, count: count)
        var asked = 0
        var ended = 0
        while ended < count {
            while asked < count, client.capacity > 0 {
                let request = HTTP2Request(
                    method: "GET",
                    authority: endpoint.authority,
                    path: "/subscriptions/bench-\(asked)",
                    body: [],
                    deadline: loop.now + .seconds(30)
                )
                client.submit(request, id: UInt64(asked))
                asked += 1
            }
            loop.turn(timeout: .seconds(1))
            for (id, outcome) in client.takeCompletions() {
                ended += 1
                guard case .response(let response) = outcome, response.status == 200 else {
                    throw ChildProcess.Failure(description: "the simulator gives no subscription: \(outcome)")
                }
                answers[Int(id)] = String(decoding: response.body, as: UTF8.self)
            }
        }
        return answers.compactMap { $0 }
    }
}

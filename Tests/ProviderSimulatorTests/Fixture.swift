import Crypto
import Foundation
import ProviderSimulator
import Testing

/// A directory of its own, gone after the test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("simulator-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ text: String, to name: String) throws -> String {
        let file = "\(path)/\(name)"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
    }
}

/// A provider's key and the tokens signed with it.
struct TestKey: Sendable {
    var privateKey = P256.Signing.PrivateKey()
    var keyID = "KEY1234567"
    var teamID = "TEAM123456"

    /// A provider token, as parts that a test can falsify.
    struct Token: Sendable {
        var header: String
        var claims: String
        var usesDER = false
    }

    func parts(issuedAt: Int64 = Int64(Date().timeIntervalSince1970)) -> Token {
        Token(
            header: #"{"alg":"ES256","kid":"\#(keyID)"}"#,
            claims: #"{"iss":"\#(teamID)","iat":\#(issuedAt)}"#
        )
    }

    func sign(_ token: Token) throws -> String {
        let signed = base64URL(Data(token.header.utf8)) + "." + base64URL(Data(token.claims.utf8))
        let signature = try privateKey.signature(for: Data(signed.utf8))
        return signed + "." + base64URL(token.usesDER ? signature.derRepresentation : signature.rawRepresentation)
    }

    func token(issuedAt: Int64 = Int64(Date().timeIntervalSince1970)) throws -> String {
        try sign(parts(issuedAt: issuedAt))
    }
}

func base64URL(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

/// A running APNs simulator with one key.
struct Fixture: Sendable {
    let directory: TemporaryDirectory
    let key: TestKey
    let simulator: ProviderSimulator
    let addresses: SimulatorAddresses
    /// The same for all requests: signing again makes another token, and APNs counts those.
    let authorization: String

    var recordFile: String { "\(directory.path)/record.jsonl" }

    /// Runs the body against a simulator and stops it, whatever happens.
    static func run(
        faults: String? = nil,
        key: TestKey = TestKey(),
        configure: (inout SimulatorConfiguration) throws -> Void = { _ in },
        _ body: (Fixture) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write(key.privateKey.pemRepresentation, to: "AuthKey_\(key.keyID).p8")
        var configuration = SimulatorConfiguration(directory: directory.path)
        configuration.recordFile = "\(directory.path)/record.jsonl"
        configuration.apns.startsWithOneStream = false
        if let faults { configuration.faultsFile = try directory.write(faults, to: "faults.yaml") }
        try configure(&configuration)
        let simulator = ProviderSimulator(configuration)
        let addresses = try await simulator.start()
        let fixture = Fixture(
            directory: directory,
            key: key,
            simulator: simulator,
            addresses: addresses,
            authorization: "bearer \(try key.token())"
        )
        do {
            try await body(fixture)
        } catch {
            await simulator.stop()
            throw error
        }
        await simulator.stop()
    }

    func connect() async throws -> TestClient {
        try await connect(to: addresses.apnsPort)
    }

    func connect(to port: Int) async throws -> TestClient {
        try await TestClient.connect(port: port, caFile: addresses.caFile)
    }

    /// A request that APNs accepts.
    func request(token: String = "00aa11bb", authorization: String? = nil) -> TestRequest {
        TestRequest(
            headers: [
                (":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", "/3/device/\(token)"),
                ("authorization", authorization ?? self.authorization),
                ("apns-topic", "com.example.shop"), ("apns-push-type", "alert"),
            ],
            body: Array(#"{"aps":{"alert":"Your parcel is on its way."}}"#.utf8)
        )
    }

    /// The lines of the record file, after a stop or once there are as many as asked for.
    func records() throws -> [[String: Any]] {
        try directory.read("record.jsonl").split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return try #require(object as? [String: Any])
        }
    }
}

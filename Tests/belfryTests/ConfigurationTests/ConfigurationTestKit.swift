import PushCore
import Testing

@testable import belfry

/// Files in memory: path to octets, and permissions where they matter.
struct MemoryFiles: Sendable {
    var files: [String: [UInt8]] = [:]
    var permissions: [String: Int] = [:]
    /// Paths that exist and may not be read.
    var forbidden: Set<String> = []

    init(_ texts: [String: String] = [:]) {
        files = texts.mapValues { Array($0.utf8) }
    }

    var fileSystem: FileSystem {
        FileSystem(
            read: { path, octetsMax throws(FileSystem.Failure) in
                if forbidden.contains(path) { throw .forbidden }
                guard let octets = files[path] else { throw isFolder(path) ? .directory : .missing }
                return Array(octets.prefix(octetsMax))
            },
            status: { path in
                if let octets = files[path] {
                    return FileSystem.Status(kind: .file, octets: octets.count, permissions: permissions[path] ?? 0o600)
                }
                return isFolder(path) ? FileSystem.Status(kind: .directory, octets: 0, permissions: 0o755) : nil
            },
            list: { folder in
                let prefix = folder.isEmpty ? "" : folder.hasSuffix("/") ? folder : folder + "/"
                let names = files.keys.filter { $0.hasPrefix(prefix) }.compactMap { path in
                    path.dropFirst(prefix.count).split(separator: "/").first.map(String.init)
                }
                return Array(Set(names))
            }
        )
    }

    private func isFolder(_ path: String) -> Bool {
        files.keys.contains { $0.hasPrefix(path + "/") }
    }
}

typealias Loaded = (configuration: Configuration?, rules: [RuleDefinition], problems: [Problem])

enum Sample {
    /// Five lines; tests add theirs behind it, or after line 2 inside `kafka`.
    static let configuration = """
        kafka:
          bootstrap_servers: localhost:9092
          topics: { events: [shop.events] }
        apps:
          - { provider: apns, app: com.example.shop, team_id: ABCDE12345, key_id: KEY1234567, key_file: keys/apns.p8 }
        rules: [rules/*.yaml]

        """

    static let rule = "- { id: first, on: com.example.order, to: { users: data.user }, content: { title: First } }\n"

    /// The files that the samples name.
    static var files: MemoryFiles {
        MemoryFiles([
            "belfry.yaml": configuration,
            "rules/orders.yaml": rule,
            "keys/apns.p8": "key",
            "keys/fcm.json": "{}",
            "keys/vapid.pem": "key",
            "keys/ca.pem": "certificate",
        ])
    }

    static func load(_ configuration: String, environment: [String: String] = [:]) -> Loaded {
        var files = files
        files.files["belfry.yaml"] = Array(configuration.utf8)
        return load(files, environment: environment)
    }

    static func load(rules: String) -> Loaded {
        var files = files
        files.files["belfry.yaml"] = Array((configuration + "limits: { marketing: [{ max: 3, per: 1d }] }\n").utf8)
        files.files["rules/orders.yaml"] = Array(rules.utf8)
        return load(files)
    }

    static func load(_ files: MemoryFiles, environment: [String: String] = [:]) -> Loaded {
        ConfigurationLoader.load(path: "belfry.yaml", environment: environment, fileSystem: files.fileSystem)
    }
}

/// A text with a mistake, and what shall be said about it.
struct Mistake: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int
    let column: Int
    let key: String
    let fragment: String
    let severity: Problem.Severity

    init(
        _ text: String,
        _ line: Int,
        _ column: Int,
        _ key: String,
        _ fragment: String,
        _ severity: Problem.Severity = .error
    ) {
        self.text = text
        self.line = line
        self.column = column
        self.key = key
        self.fragment = fragment
        self.severity = severity
    }

    var testDescription: String { "\(text.prefix(60)) → \(fragment)" }
}

import ArgumentParser
import Foundation
import Kafka
import Yams

/// `belfry broker`.
struct BrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker",
        abstract: "Runs the embedded Kafka broker, for development and tests.",
        discussion: """
            Prints bootstrap.servers=127.0.0.1:PORT on standard output when it serves. It keeps everything in memory, at most \
            5 MiB for each partition, and forgets it at the end.

            The topics file is YAML: topic names with their number of partitions.
                shop.events: 8
                push.inbox: 4
            A topic that is not in it comes into being on first use, with 4 partitions.

            Example:  belfry broker --port 9092 --topics topics.yaml
            """
    )

    @Option(name: .long, help: "Port on 127.0.0.1; 0 takes any free one.")
    var port: UInt16 = 0

    @Option(name: .long, help: "YAML file with topics and their number of partitions.")
    var topics: String?

    func run() async throws {
        let list: [EmbeddedBroker.Topic]
        do throws(TopicsFile.Invalid) {
            list = try topics.map { path throws(TopicsFile.Invalid) in try TopicsFile.read(path) } ?? []
        } catch {
            StandardError.line("belfry: \(error.message)")
            throw ExitCode.configuration
        }
        let signals = Signals()
        do throws(KafkaError) {
            let broker = try EmbeddedBroker(topics: list, port: port)
            StandardOutput.line("bootstrap.servers=\(broker.bootstrapServers)")
            for await _ in signals.received { break }
            withExtendedLifetime(broker) {}
        } catch {
            StandardError.line("belfry: \(error)")
            throw ExitCode.failure
        }
    }
}

/// The file that `belfry broker --topics` reads.
enum TopicsFile {
    struct Invalid: Error {
        let message: String
    }

    /// Names with numbers of partitions, as a map or as a list of `{name, partitions}`; or one `name partitions` on each line.
    static func read(_ path: String) throws(Invalid) -> [EmbeddedBroker.Topic] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Invalid(message: "\(path): cannot be read")
        }
        let text = String(decoding: data, as: UTF8.self)
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw Invalid(message: "\(path): \(error)")
        }
        switch node {
        case .mapping(let mapping):
            var topics: [EmbeddedBroker.Topic] = []
            for (key, value) in mapping { topics.append(try topic(key.string, value.int, key, path)) }
            return topics
        case .sequence(let sequence):
            var topics: [EmbeddedBroker.Topic] = []
            for element in sequence {
                let name = element.mapping?["name"]?.string ?? element.string
                let count = element.mapping.map { $0["partitions"]?.int } ?? 4
                topics.append(try topic(name, count, element, path))
            }
            return topics
        case .scalar:
            return try lines(text, path)
        case .alias, nil:
            return []
        }
    }

    private static func lines(_ text: String, _ path: String) throws(Invalid) -> [EmbeddedBroker.Topic] {
        var topics: [EmbeddedBroker.Topic] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split { $0.isWhitespace || $0 == ":" || $0 == "=" || $0 == "," }.map(String.init)
            if words.isEmpty || line.hasPrefix("#") { continue }
            guard words.count <= 2, let count = words.count == 2 ? Int(words[1]) : 4, (1...10_000).contains(count)
            else {
                throw invalid(path, index + 1)
            }
            topics.append(EmbeddedBroker.Topic(words[0], partitions: count))
        }
        return topics
    }

    private static func topic(
        _ name: String?,
        _ count: Int?,
        _ node: Node,
        _ path: String
    ) throws(Invalid) -> EmbeddedBroker.Topic {
        guard let name, !name.isEmpty, let count, (1...10_000).contains(count) else {
            throw invalid(path, node.mark?.line ?? 0)
        }
        return EmbeddedBroker.Topic(name, partitions: count)
    }

    private static func invalid(_ path: String, _ line: Int) -> Invalid {
        Invalid(message: "\(path):\(line): not a topic name with a number of partitions (allowed: 1 to 10000)")
    }
}

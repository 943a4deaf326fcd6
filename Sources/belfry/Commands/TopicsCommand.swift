import ArgumentParser
import Foundation
import Kafka

/// `belfry topics`.
struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "Creates the topics, or compares them with the configuration.",
        discussion: "Example:  belfry topics create --config belfry.yaml",
        subcommands: [Create.self, Check.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Creates what is missing; what exists is left as it is.",
            discussion: "Example:  belfry topics create --config belfry.yaml"
        )

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            guard let configuration = try options.load().configuration else { throw ExitCode.configuration }
            do throws(KafkaError) {
                try create(configuration)
            } catch {
                StandardError.line("belfry: \(error)")
                throw ExitCode.failure
            }
        }

        private func create(_ configuration: Configuration) throws(KafkaError) {
            let report = try TopicReport(configuration)
            var wanted: [KafkaAdmin.NewTopic] = []
            for entry in report.entries where entry.partitions == nil && !entry.plan.isOthers {
                wanted.append(
                    KafkaAdmin.NewTopic(
                        name: entry.plan.name,
                        partitionCount: Int32(entry.plan.partitions ?? configuration.kafka.partitions),
                        replicationFactor: Int32(configuration.kafka.replicationFactor),
                        configuration: entry.plan.settings
                    )
                )
            }
            if wanted.isEmpty {
                StandardOutput.line("nothing to create: all topics exist")
                return
            }
            let admin = try KafkaAdmin(settings: PipelineAssembly.settings(configuration), clientID: "belfry-admin")
            let results = try admin.createTopics(wanted, timeout: .seconds(30))
            var failure: KafkaError?
            for topic in wanted {
                switch results[topic.name] {
                case .created: StandardOutput.line("created \(topic.name) (\(topic.partitionCount) partitions)")
                case .existed: StandardOutput.line("exists  \(topic.name)")
                case .failed(let error):
                    StandardOutput.line("failed  \(topic.name): \(error)")
                    failure = error
                case nil: StandardOutput.line("unknown \(topic.name): the broker did not say")
                }
            }
            if let failure { throw failure }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Compares the cluster's topics with the configuration.",
            discussion: """
                Exit code 0 when they fit, 78 when they do not: the number of partitions decides which instance owns which \
                user, so it may not differ.

                Example:  belfry topics check --config belfry.yaml
                """
        )

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            guard let configuration = try options.load().configuration else { throw ExitCode.configuration }
            let report: TopicReport
            do throws(KafkaError) {
                report = try TopicReport(configuration)
            } catch {
                StandardError.line("belfry: \(error)")
                throw ExitCode.failure
            }
            for entry in report.entries {
                let found = entry.partitions.map { "\($0) partitions" } ?? "missing"
                StandardOutput.line("\(entry.plan.name)  \(found)")
            }
            let problems = report.problems(file: options.config)
            if problems.isEmpty { return }
            FileHandle.standardError.write(Data(ProblemReport(problems).text.utf8))
            throw ExitCode.configuration
        }
    }
}

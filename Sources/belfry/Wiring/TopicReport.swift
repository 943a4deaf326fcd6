import ArgumentParser
import Foundation
import Kafka
import Logging
import PushCore
import PushPipeline

/// A topic as Belfry wants it.
struct TopicPlan {
    let name: String
    /// nil: yours to choose.
    let partitions: Int?
    let settings: [String: String]
    /// True for topics that belong to the application.
    let isOthers: Bool

    /// Every topic of a configuration. Receipts, inbox, users and outboxes have the same number of partitions: a user's way
    /// goes through the same number in each.
    static func all(_ configuration: Configuration) -> [TopicPlan] {
        let names = PipelineAssembly.topics(configuration)
        let partitions = configuration.kafka.partitions
        func own(_ name: String, _ partitions: Int, _ settings: [String: String]) -> TopicPlan {
            TopicPlan(name: name, partitions: partitions, settings: settings, isOthers: false)
        }
        let week = ["cleanup.policy": "delete", "retention.ms": "604800000"]
        let month = ["cleanup.policy": "delete", "retention.ms": "2592000000"]
        let compacted = ["cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1", "segment.ms": "3600000"]
        var plans = names.events.map { TopicPlan(name: $0, partitions: nil, settings: [:], isOthers: true) }
        plans.append(TopicPlan(name: names.registrations, partitions: nil, settings: month, isOthers: false))
        plans.append(own(names.receipts, partitions, week))
        plans.append(TopicPlan(name: names.invalidTokens, partitions: nil, settings: month, isOthers: false))
        plans.append(TopicPlan(name: names.deadLetters, partitions: nil, settings: month, isOthers: false))
        plans.append(own(names.inbox, partitions, week))
        plans.append(own(names.users, partitions, compacted))
        for provider in Provider.allCases { plans.append(own(names.outbox(provider), partitions, week)) }
        return plans
    }
}

/// The topics of the cluster beside those that the configuration asks for.
struct TopicReport {
    struct Entry {
        let plan: TopicPlan
        /// nil: there is no such topic.
        let partitions: Int?
    }

    let entries: [Entry]

    /// Asks the cluster; blocks for seconds where it does not answer.
    ///
    /// - Throws: where no broker answers.
    init(_ configuration: Configuration) throws(KafkaError) {
        let admin = try KafkaAdmin(settings: PipelineAssembly.settings(configuration), clientID: "belfry-admin")
        let plans = TopicPlan.all(configuration)
        let counts = try admin.partitionCounts(of: Set(plans.map(\.name)), timeout: .seconds(15))
        entries = plans.map { Entry(plan: $0, partitions: counts[$0.name].map(Int.init)) }
    }

    var missing: [String] { entries.filter { $0.partitions == nil }.map(\.plan.name) }

    /// Topics of the same keys that differ in number: users would be split.
    var disagreement: String? {
        let tied = entries.filter { $0.plan.partitions != nil && $0.partitions != nil }
        guard Set(tied.compactMap(\.partitions)).count > 1 else { return nil }
        let list = tied.map { "\($0.plan.name) has \($0.partitions ?? 0)" }.joined(separator: ", ")
        return "these topics must have the same number of partitions: \(list)"
    }

    func problems(file: String) -> [Problem] {
        let place = SourcePlace(file: file, line: 0)
        var problems: [Problem] = []
        for entry in entries {
            guard let partitions = entry.partitions else {
                problems.append(
                    Problem(
                        at: place,
                        key: "kafka.topics",
                        value: entry.plan.name,
                        message: entry.plan.isOthers
                            ? "the cluster has no such topic; it is yours to create"
                            : "the cluster has no such topic; `belfry topics create` makes it"
                    )
                )
                continue
            }
            if let wanted = entry.plan.partitions, wanted != partitions {
                problems.append(
                    Problem(
                        at: place,
                        key: "kafka.partitions",
                        value: String(wanted),
                        message:
                            "topic \(entry.plan.name) has \(partitions) partitions; their number is fixed once users are "
                            + "in it",
                        allowed: "kafka.partitions: \(partitions)"
                    )
                )
            }
        }
        if let disagreement {
            problems.append(Problem(at: place, key: "kafka.topics", message: disagreement))
        }
        return problems
    }
}

/// What `belfry run` asks of the cluster before it starts.
enum TopicCheck {
    /// Kafka that does not answer, or lacks topics, is waited for: only a warning says so.
    ///
    /// - Throws: exit code 78 where topics with the same keys differ in their number of partitions.
    static func run(_ configuration: Configuration, _ logger: Logger) throws {
        do {
            let report = try TopicReport(configuration)
            if let disagreement = report.disagreement {
                StandardError.line("belfry: \(disagreement)")
                throw ExitCode.configuration
            }
            if !report.missing.isEmpty {
                logger.warning(
                    "topics are missing; create them with: belfry topics create",
                    metadata: ["topics": "\(report.missing.joined(separator: ","))"]
                )
            }
        } catch let error as KafkaError {
            // Kafka may come later: the stages wait for it.
            logger.warning("the cluster does not answer yet", metadata: ["error": "\(error)"])
        }
    }
}

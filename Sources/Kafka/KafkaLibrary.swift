private import CRdKafka

/// The librdkafka that this process runs with, and what depends on its version.
package enum KafkaLibrary {
    /// A release number, compared field by field.
    package struct Version: Comparable, Hashable, Sendable, CustomStringConvertible {
        package let major: Int
        package let minor: Int
        package let patch: Int

        package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
            (self.major, self.minor, self.patch) = (major, minor, patch)
        }

        package static func < (left: Version, right: Version) -> Bool {
            (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
        }

        package var description: String { "\(major).\(minor).\(patch)" }
    }

    /// The version of the library that was loaded, which may be newer than the headers this was compiled with.
    package static let version: Version = {
        // `rd_kafka_version()` is 0xMMmmrrpp: major, minor, revision, pre-release.
        let packed = Int(rd_kafka_version())
        return Version(packed >> 24 & 0xff, packed >> 16 & 0xff, packed >> 8 & 0xff)
    }()

    /// Whether `cooperative-sticky` may be used.
    ///
    /// At 2.0.2 it loses the assignment on a commit during a rebalance (librdkafka #4059), loops in the assignor (#4783) and hangs
    /// or crashes on close (#4527, #4381).
    package static var allowsCooperativeRebalance: Bool { version >= Version(2, 10) }

    /// Whether the pause after a full fetch queue can be set; before, it is about one second.
    static var hasFetchQueueBackoff: Bool { version >= Version(2, 2) }
}

import Foundation
import HTTP2
import PushPipeline

extension Clocks {
    /// The system's clocks: read here and nowhere below.
    static let system = Clocks(
        wallMs: { Int64(Date().timeIntervalSince1970 * 1000) },
        monotonicMs: { MonotonicInstant.now().nanoseconds / 1_000_000 }
    )
}

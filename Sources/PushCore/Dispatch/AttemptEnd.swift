/// How one attempt at a provider ended.
package enum AttemptEnd: Sendable {
    /// The provider answered.
    case answered(Verdict, Answer)
    /// It never was an attempt: the request is known not to have been processed. It may be sent again at once.
    case notProcessed(Reason)
    /// The request left and no answer came: the provider may have taken it.
    case unknown(Reason)
    /// No request was made, since the provider would answer so.
    case refused(Verdict)
    /// No request can be made.
    case unsendable(Reason)
    /// No request was made, since none may be made now: a circuit breaker is open, or a quota used up.
    ///
    /// It counts neither as an attempt nor as a failure. `untilMs` is when it is worth asking again, in milliseconds since the
    /// Unix epoch.
    case held(Reason, untilMs: Int64)

    /// What the provider's answer says beside the verdict.
    package struct Answer: Sendable {
        /// HTTP status.
        package let status: Int
        /// The provider's own word; nil where it gave none.
        package let reason: String?
        /// Whether the body had to be cut for the request.
        package var isTruncated: Bool

        package init(status: Int, reason: String?, isTruncated: Bool = false) {
            self.status = status
            self.reason = reason
            self.isTruncated = isTruncated
        }
    }
}

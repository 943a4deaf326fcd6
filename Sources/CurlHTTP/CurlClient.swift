private import Glibc
private import Synchronization

/// A client of any number of servers by HTTP/1.1, on libcurl: for what is rare, for servers without HTTP/2, and for proxies.
///
/// Each submitted request has exactly one outcome, at the latest a few milliseconds after its deadline. Callable from any thread. All
/// of libcurl lives on a thread of the client's own, which ends with `close`, or when the client is let go of.
package final class CurlClient: Sendable {
    private let mailbox: Mailbox
    private let thread: Mutex<OwnerThread?>

    /// Sets libcurl up and starts the thread, but connects only when there is a request.
    ///
    /// `completionsReady` is called when `takeCompletions` has something new to give: on any thread, often the client's own, which it
    /// must not hold up. Throws when a file cannot be read, or libcurl refuses the configuration.
    package init(
        _ configuration: CurlConfiguration = CurlConfiguration(),
        completionsReady: @escaping @Sendable () -> Void
    ) throws(CurlSetupError) {
        precondition(
            min(configuration.requestsMax, configuration.connectionsMax, configuration.connectionsPerHostMax) > 0,
            "limits are at least 1"
        )
        try CurlLibrary.require()
        try Self.validate(configuration)
        mailbox = try Mailbox(requestsMax: configuration.requestsMax, completionsReady: completionsReady)
        thread = Mutex(try OwnerThread(running: CurlWorker(configuration, mailbox)))
    }

    deinit {
        close()
    }

    /// How many requests may be submitted now.
    package var capacity: Int { mailbox.capacity }

    /// Requests submitted and not ended.
    package var outstandingCount: Int { mailbox.outstandingCount }

    /// Sends a request as soon as a connection is free; the outcome comes with this id, which is the caller's to choose.
    package func submit(_ request: HTTPRequest, id: UInt64) {
        mailbox.submit(request, Mailbox.Ticket(id: id, deadline: .now + request.timeout))
    }

    /// Ends the request with this id, if it has not ended; its outcome is `cancelled`, of one kind or the other.
    ///
    /// Looks at every outstanding request: meant for the rare case.
    package func cancel(_ id: UInt64) {
        mailbox.cancel(id)
    }

    /// Gives the outcomes since the last call, in the order in which they came.
    package func takeCompletions() -> [(id: UInt64, outcome: HTTPOutcome)] {
        mailbox.takeCompletions()
    }

    /// Takes no more requests; those it has go on to their outcomes.
    package func drain() {
        mailbox.stopTaking(.draining)
    }

    /// True when nothing is outstanding after `drain` or `close`.
    package var isDrained: Bool { mailbox.phase != .open && mailbox.outstandingCount == 0 }

    /// Ends everything: requests that wait are not processed, those sent are unknown.
    ///
    /// Returns when the thread has ended and all outcomes are there; they can still be taken. Called inside `completionsReady` on
    /// the client's own thread, it returns before that.
    package func close() {
        mailbox.stopTaking(.closed)
        thread.withLock { thread in
            if let running = thread.take() { running.join() }
        }
    }

    /// Counters, and what is held now.
    package var statistics: CurlStatistics { mailbox.statistics }

    private static func validate(_ configuration: CurlConfiguration) throws(CurlSetupError) {
        let certificate = configuration.clientCertificate
        for file in [configuration.caFile, certificate?.certificateFile, certificate?.keyFile] {
            // SAFETY: the name is valid during the call.
            if let file, unsafe access(file, R_OK) != 0 { throw CurlSetupError("the file \(file) cannot be read") }
        }
        guard let proxy = configuration.proxy else { return }
        if configuration.addressFilter != nil {
            throw CurlSetupError("a proxy connects where an address filter cannot see: only one of the two")
        }
        do throws(CurlSetupError) {
            _ = try RequestTarget(proxy.url, schemes: ["http", "https"])
        } catch {
            throw CurlSetupError("proxy: \(error.description)")
        }
    }
}

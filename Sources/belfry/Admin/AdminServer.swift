import Glibc
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP server for whoever watches the process: `/healthz`, `/readyz`, `/metrics`.
///
/// Plain HTTP/1.1 without credentials: it tells nothing secret, and belongs on an internal address.
package final class AdminServer: Sendable {
    /// Where it listens: the port that was asked for, or the one that the system chose.
    package let port: Int
    private let listener: any Channel
    private let group: ServiceGroup
    private let task: Task<Void, any Error>
    private let logger: Logger

    /// A connection that says nothing is closed after this time.
    private static let idleTimeout = TimeAmount.seconds(60)
    /// From the call of ``stop()`` until answers under way are cut off.
    private static let stopTimeout = Duration.seconds(2)

    private init(port: Int, listener: any Channel, group: ServiceGroup, task: Task<Void, any Error>, logger: Logger) {
        self.port = port
        self.listener = listener
        self.group = group
        self.task = task
        self.logger = logger
    }

    /// Starts listening, and returns when questions are answered.
    ///
    /// - Parameters:
    ///   - host: A name or an address of this machine; IPv6 without brackets.
    ///   - port: 0: any free one.
    ///   - state: Asked at each question, from any thread.
    ///   - logger: Is told where the server listens.
    /// - Returns: The running server; it ends with ``stop()``.
    /// - Throws: ``AdminServerError`` when the address cannot be had; `CancellationError`.
    package static func start(
        host: String,
        port: Int,
        state: AdminState,
        logger: Logger
    ) async throws -> AdminServer {
        var inner = logger
        // The library tells of its own life at `info`; the line below says all that matters.
        inner.logLevel = max(.warning, logger.logLevel)
        let (listeners, listening) = AsyncStream<any Channel>.makeStream()
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in respond(to: request, state: state) },
            server: .http1(configuration: .init(idleTimeout: idleTimeout)),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { channel in
                listening.yield(channel)
                listening.finish()
            },
            logger: inner
        )
        var configuration = ServiceGroupConfiguration(services: [application], logger: inner)
        configuration.maximumGracefulShutdownDuration = stopTimeout
        let group = ServiceGroup(configuration: configuration)
        let task = Task {
            defer { listening.finish() }
            try await group.run()
        }
        guard let listener = await listeners.first(where: { _ in true }) else {
            // It ended before it listened, or the caller does not wait any more.
            task.cancel()
            let result = await task.result
            try Task.checkCancellation()
            guard case .failure(let error) = result else { throw CancellationError() }
            throw AdminServerError(host: host, port: port, cause: error)
        }
        let chosen = listener.localAddress?.port ?? port
        logger.info("admin server listens", metadata: ["host": "\(host)", "port": "\(chosen)"])
        return AdminServer(port: chosen, listener: listener, group: group, task: task, logger: logger)
    }

    /// Takes no more connections, finishes the answers under way, and closes.
    ///
    /// Returns when the port is free again. May be called more than once.
    package func stop() async {
        await group.triggerGracefulShutdown()
        do {
            try await task.value
        } catch {
            logger.warning("admin server ended with an error", metadata: ["error": "\(error)"])
        }
        // When the time ran out the group was cancelled, and does not say whether the listening socket is closed.
        listener.close(promise: nil)
        do {
            try await listener.closeFuture.get()
        } catch {
            logger.warning("admin server did not close its port", metadata: ["error": "\(error)"])
        }
    }

    private static func respond(to request: Request, state: AdminState) -> Response {
        let question = AdminQuestion(
            method: request.method.rawValue,
            path: request.uri.path,
            query: request.uri.query ?? "",
            accept: request.headers[.accept]
        )
        let answer = AdminAnswer(to: question, state: state)
        var headers: HTTPFields = [.contentType: answer.contentType, .cacheControl: "no-store"]
        if let allow = answer.allow { headers[.allow] = allow }
        let body = ResponseBody(byteBuffer: ByteBuffer(string: answer.body))
        let response = Response(status: .init(code: answer.status), headers: headers, body: body)
        return request.method == .head ? response.createHeadResponse() : response
    }
}

/// Why the admin server cannot listen, and what to do about it.
package struct AdminServerError: Error, CustomStringConvertible, Sendable {
    package enum Kind: Hashable, Sendable {
        case portInUse
        /// Ports below 1024 need a right on most systems.
        case notPermitted
        case notOurAddress
        case unknownHost
        case other
    }

    package let host: String
    package let port: Int
    package let kind: Kind
    private let cause: String

    init(host: String, port: Int, cause: any Error) {
        self.host = host
        self.port = port
        self.cause = "\(cause)"
        self.kind = Self.kind(of: cause)
    }

    private static func kind(of cause: any Error) -> Kind {
        if let error = cause as? IOError {
            switch error.errnoCode {
            case EADDRINUSE: return .portInUse
            case EACCES, EPERM: return .notPermitted
            case EADDRNOTAVAIL: return .notOurAddress
            default: return .other
            }
        }
        return cause is SocketAddressError.UnknownHost ? .unknownHost : .other
    }

    package var description: String {
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let advice =
            switch kind {
            case .portInUse:
                "another process has that port: stop it, or set admin.port (BELFRY_ADMIN_PORT) to another one, 0 for any"
            case .notPermitted:
                "this user may not have that port: set admin.port (BELFRY_ADMIN_PORT) to 1024 or more"
            case .notOurAddress:
                "no interface of this machine has that address: set admin.host (BELFRY_ADMIN_HOST) to one that it has"
            case .unknownHost:
                "that name cannot be resolved: set admin.host (BELFRY_ADMIN_HOST) to an address of this machine"
            case .other: cause
            }
        return "the admin server cannot listen on \(place): \(advice)"
    }
}

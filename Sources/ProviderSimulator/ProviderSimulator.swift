internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// Strict local stand-ins for push providers, with faults on demand and a record of every request.
///
/// It owns threads and ports from `start` to `stop`; whoever starts one must stop it.
package final class ProviderSimulator: Sendable {
    private struct Running {
        let state: SimulatorState
        let flushing: RepeatedTask?
        let servers: [ProviderServer]
        let group: MultiThreadedEventLoopGroup
    }

    /// What the servers share.
    private struct Seat {
        let group: MultiThreadedEventLoopGroup
        let identity: CertificateAuthority.ServerIdentity
        let state: SimulatorState
    }

    private enum Phase {
        case new
        case starting
        case running(Running)
        case stopped(SimulatorState?)
    }

    /// Half of the time after which a line must be in the file.
    private static let recordInterval = TimeAmount.milliseconds(50)

    private let configuration: SimulatorConfiguration
    private let phase = Mutex(Phase.new)

    package init(_ configuration: SimulatorConfiguration) {
        self.configuration = configuration
    }

    /// Makes certificates and keys where they are missing, and serves until `stop`.
    ///
    /// - Returns: the ports and files that clients need.
    /// - Throws: `FaultScriptError` where the script is wrong, `SimulatorError` for files and ports; the simulator is then
    ///   stopped.
    package func start() async throws -> SimulatorAddresses {
        phase.withLock { phase in
            guard case .new = phase else { preconditionFailure("a provider simulator starts once") }
            phase = .starting
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, configuration.threads))
        do {
            let (running, addresses) = try await serve(on: group)
            phase.withLock { $0 = .running(running) }
            return addresses
        } catch {
            phase.withLock { $0 = .stopped(nil) }
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Says GOAWAY, closes all connections, writes the last records and frees the ports.
    ///
    /// Safe to call twice.
    package func stop() async {
        let running: Running? = phase.withLock { phase in
            guard case .running(let running) = phase else { return nil }
            phase = .stopped(running.state)
            return running
        }
        guard let running else { return }
        for server in running.servers { await server.stop() }
        running.flushing?.cancel()
        running.state.recorder?.flush()
        try? await running.group.shutdownGracefully()
    }

    /// What happened so far, until the stop; zero before the start.
    package var counters: SimulatorCounters {
        phase.withLock { phase in
            switch phase {
            case .running(let running): running.state.counters
            case .stopped(let state): state?.counters ?? SimulatorCounters()
            case .new, .starting: SimulatorCounters()
            }
        }
    }

    private func serve(on group: MultiThreadedEventLoopGroup) async throws -> (Running, SimulatorAddresses) {
        let faults = try Self.faults(configuration.faultsFile)
        let authority = try authority()
        let seat = Seat(group: group, identity: try identity(authority), state: try state(faults))
        var addresses = SimulatorAddresses(caFile: authority.certificateFile)
        var servers: [ProviderServer] = []
        do {
            for provider in SimulatedProvider.allCases where configuration.providers.contains(provider) {
                servers.append(try await serve(provider, on: seat, &addresses))
            }
        } catch {
            for server in servers { await server.stop() }
            throw error
        }
        let recorder = seat.state.recorder
        let flushing = recorder.map { recorder in
            group.any().scheduleRepeatedTask(initialDelay: Self.recordInterval, delay: Self.recordInterval) { _ in
                recorder.flush()
            }
        }
        return (Running(state: seat.state, flushing: flushing, servers: servers, group: group), addresses)
    }

    private func serve(
        _ provider: SimulatedProvider,
        on seat: Seat,
        _ addresses: inout SimulatorAddresses
    ) async throws -> ProviderServer {
        switch provider {
        case .apns:
            let (keys, files) = try ProviderKey.gather(
                files: configuration.apns.keyFiles,
                directory: configuration.directory
            )
            let server = try await apns(on: seat, keys: keys)
            (addresses.apnsPort, addresses.apnsKeyFiles) = (server.port, files)
            return server
        case .fcm:
            let server = try await fcm(on: seat)
            addresses.fcmPort = server.port
            addresses.serviceAccountFile = ServiceAccount.file(in: configuration.directory)
            return server
        case .webpush:
            let server = try await webPush(on: seat)
            addresses.webPushPort = server.port
            return server
        }
    }

    private func apns(on seat: Seat, keys: [ProviderKey]) async throws -> ProviderServer {
        let apns = configuration.apns
        let verifier = ProviderTokenVerifier(keys: keys, teamIDs: apns.teamIDs)
        let channels = APNsChannelStore()
        return try await ProviderServer.start(
            port: apns.port,
            group: seat.group,
            tls: try Self.tls(seat.identity, protocols: ["h2"]),
            state: seat.state,
            limits: StreamLimits(
                maxConcurrentStreams: apns.maxConcurrentStreams,
                startsWithOneStream: apns.startsWithOneStream
            ),
            prepare: { _ in { APNsService(bundleIDs: apns.bundleIDs, verifier: verifier, channels: channels) } }
        )
    }

    private func fcm(on seat: Seat) async throws -> ProviderServer {
        let fcm = configuration.fcm
        let directory = configuration.directory
        let seed = try SimulatorSeed(directory: directory)
        let accessTokens = FCMAccessTokens(seed: seed, lifetimeSeconds: fcm.accessTokenSeconds)
        let projects = FCMProjects(quotaPerMinute: fcm.quotaPerMinute)
        return try await ProviderServer.start(
            port: fcm.port,
            group: seat.group,
            tls: try Self.tls(seat.identity, protocols: ["h2", "http/1.1"]),
            state: seat.state,
            limits: StreamLimits(maxConcurrentStreams: fcm.maxConcurrentStreams, startsWithOneStream: false),
            prepare: { port in
                let service = FCMService(
                    account: try ServiceAccount(
                        directory: directory,
                        projects: fcm.projects,
                        tokenURI: "https://localhost:\(port)/token"
                    ),
                    accessTokens: accessTokens,
                    projects: projects,
                    allowedProjects: fcm.projects
                )
                return { service }
            }
        )
    }

    private func webPush(on seat: Seat) async throws -> ProviderServer {
        let webPush = configuration.webPush
        let seed = try SimulatorSeed(directory: configuration.directory)
        return try await ProviderServer.start(
            port: webPush.port,
            group: seat.group,
            tls: try Self.tls(seat.identity, protocols: ["h2", "http/1.1"]),
            state: seat.state,
            limits: StreamLimits(maxConcurrentStreams: webPush.maxConcurrentStreams, startsWithOneStream: false),
            prepare: { port in { WebPushService(seed: seed, port: port) } }
        )
    }

    private func state(_ faults: FaultScript) throws -> SimulatorState {
        let recorder: RequestRecorder? =
            if let path = configuration.recordFile { try RequestRecorder(path: path) } else { nil }
        return SimulatorState(configuration: configuration, faults: faults, recorder: recorder)
    }

    private static func faults(_ file: String?) throws -> FaultScript {
        guard let file else { return FaultScript() }
        let text: String
        do {
            text = try String(contentsOfFile: file, encoding: .utf8)
        } catch {
            throw SimulatorError("cannot read the fault script \(file): \(error.localizedDescription)")
        }
        return try FaultScriptReader.read(text, file: file)
    }

    private func authority() throws -> CertificateAuthority {
        let directory = configuration.directory
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw SimulatorError("cannot make the directory \(directory): \(error.localizedDescription)")
        }
        return try CertificateAuthority(directory: directory, now: Date())
    }

    private func identity(_ authority: CertificateAuthority) throws -> CertificateAuthority.ServerIdentity {
        try authority.issue(hosts: ["localhost", "127.0.0.1"] + configuration.extraHosts, now: Date())
    }

    private static func tls(
        _ identity: CertificateAuthority.ServerIdentity,
        protocols: [String]
    ) throws -> NIOSSLContext {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: [
                .certificate(try NIOSSLCertificate(bytes: identity.certificateDER, format: .der))
            ],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.privateKeyPEM.utf8), format: .pem))
        )
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = protocols
        tls.shutdownTimeout = .milliseconds(500)
        return try NIOSSLContext(configuration: tls)
    }
}

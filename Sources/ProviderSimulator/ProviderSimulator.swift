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
        let recorder: RequestRecorder?
        let flushing: RepeatedTask?
        let apns: HTTP2Server
        let group: MultiThreadedEventLoopGroup
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
        await running.apns.stop()
        running.flushing?.cancel()
        running.recorder?.flush()
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
        let tls = try tls(authority)
        let (keys, keyFiles) = try ProviderKey.gather(
            files: configuration.apns.keyFiles,
            directory: configuration.directory
        )
        let recorder: RequestRecorder? =
            if let path = configuration.recordFile { try RequestRecorder(path: path) } else { nil }
        let state = SimulatorState(configuration: configuration, faults: faults, recorder: recorder)
        let apns = try await apns(group: group, tls: tls, state: state, keys: keys)
        let flushing = recorder.map { recorder in
            group.any().scheduleRepeatedTask(initialDelay: Self.recordInterval, delay: Self.recordInterval) { _ in
                recorder.flush()
            }
        }
        let addresses = SimulatorAddresses(
            apnsPort: apns.port,
            caFile: authority.certificateFile,
            apnsKeyFiles: keyFiles
        )
        return (
            Running(state: state, recorder: recorder, flushing: flushing, apns: apns, group: group), addresses
        )
    }

    private func apns(
        group: MultiThreadedEventLoopGroup,
        tls: NIOSSLContext,
        state: SimulatorState,
        keys: [ProviderKey]
    ) async throws -> HTTP2Server {
        let apns = configuration.apns
        let verifier = ProviderTokenVerifier(keys: keys, teamIDs: apns.teamIDs)
        return try await HTTP2Server.start(
            port: apns.port,
            group: group,
            tls: tls,
            state: state,
            limits: StreamLimits(
                maxConcurrentStreams: apns.maxConcurrentStreams,
                startsWithOneStream: apns.startsWithOneStream
            ),
            makeService: { APNsService(bundleIDs: apns.bundleIDs, verifier: verifier) }
        )
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

    private func tls(_ authority: CertificateAuthority) throws -> NIOSSLContext {
        let identity = try authority.issue(
            hosts: ["localhost", "127.0.0.1"] + configuration.extraHosts,
            now: Date()
        )
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: [
                .certificate(try NIOSSLCertificate(bytes: identity.certificateDER, format: .der))
            ],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.privateKeyPEM.utf8), format: .pem))
        )
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["h2"]
        tls.shutdownTimeout = .milliseconds(500)
        return try NIOSSLContext(configuration: tls)
    }
}

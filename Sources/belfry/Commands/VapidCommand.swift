import ArgumentParser
import Foundation
import PushCrypto

/// `belfry vapid`.
struct VapidCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vapid",
        abstract: "Makes and shows the key pair that a web app's push subscriptions are bound to (VAPID, RFC 8292).",
        discussion: """
            The public key is what the page passes to PushManager.subscribe() as applicationServerKey. Subscriptions hold for \
            one key only: a new one ends them all.

            Example:  belfry vapid generate --out keys/vapid.pem
            """,
        subcommands: [Generate.self, Show.self]
    )

    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "generate",
            abstract: "Makes a new key and writes it to a file that only you can read; prints the public key.",
            discussion: """
                A file that exists is never overwritten.

                Example:  belfry vapid generate --out keys/vapid.pem
                """
        )

        @Option(name: .long, help: "File for the private key (PEM, PKCS #8).")
        var out: String

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        func run() throws {
            do {
                let key = try ES256Key.generate()
                try NewPrivateFile.write(try key.pem(), to: out)
                VapidOutput(publicKey: key.publicKey, file: out).print(asJSON: json)
            } catch let error as CryptoError {
                StandardError.line("belfry: \(error)")
                throw ExitCode.failure
            } catch let error as NewPrivateFile.Failure {
                StandardError.line("belfry: \(error)")
                throw ExitCode.failure
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Prints the public key of a key file.",
            discussion: "Example:  belfry vapid show keys/vapid.pem"
        )

        @Argument(help: "File with the private key (PEM, or its 32 bytes in base64url).")
        var file: String

        @Flag(name: .long, help: "Print one JSON object.")
        var json = false

        func run() throws {
            do {
                let octets = try FileSystem.live.read(file, 65_536)
                let key = try ES256Key(vapid: String(decoding: octets, as: UTF8.self))
                VapidOutput(publicKey: key.publicKey, file: file).print(asJSON: json)
            } catch let error as FileSystem.Failure {
                StandardError.line("belfry: \(file): \(error.message)")
                throw ExitCode.failure
            } catch let error as CryptoError {
                StandardError.line("belfry: \(file): \(error)")
                throw ExitCode.failure
            }
        }
    }
}

/// What both subcommands print.
struct VapidOutput: Encodable {
    /// base64url without padding, of the 65 octets of the uncompressed point (RFC 8292 section 3.2).
    let publicKey: String
    let file: String

    private enum CodingKeys: String, CodingKey {
        case publicKey = "public_key"
        case file
    }

    init(publicKey: ES256PublicKey, file: String) {
        self.publicKey = publicKey.base64URL
        self.file = file
    }

    /// The key alone on its line, or an object with `public_key` and `file`.
    func text(asJSON: Bool) -> String {
        guard asJSON else { return publicKey }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        } catch {
            preconditionFailure("texts always encode: \(error)")
        }
    }

    fileprivate func print(asJSON: Bool) {
        StandardOutput.line(text(asJSON: asJSON))
    }
}

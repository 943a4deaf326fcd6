import ArgumentParser
import Foundation
import PushCrypto
import Testing

@testable import belfry

/// `belfry vapid`: the file that it writes, and what it prints.
struct VapidTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "belfry-vapid-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path(percentEncoded: false))
    }

    private func generate(_ arguments: String...) throws {
        try VapidCommand.Generate.parse(arguments).run()
    }

    @Test("a new key is in a file that its owner alone can read")
    func generate() throws {
        try withFolder { folder in
            let file = "\(folder)/vapid.pem"
            try generate("--out", file)
            #expect(FileSystem.live.status(file)?.permissions == 0o600)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(text.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
            #expect(try ES256Key(pem: text).publicKey.octets.count == 65)
            try VapidCommand.Show.parse([file]).run()
        }
    }

    @Test("no two keys are alike")
    func different() throws {
        try withFolder { folder in
            try generate("--out", "\(folder)/a.pem")
            try generate("--out", "\(folder)/b.pem", "--json")
            let texts = try ["a", "b"].map { try String(contentsOfFile: "\(folder)/\($0).pem", encoding: .utf8) }
            #expect(texts[0] != texts[1])
        }
    }

    @Test("what exists is not overwritten, and neither is what a symbolic link names")
    func existing() throws {
        try withFolder { folder in
            let file = "\(folder)/vapid.pem"
            try Data("precious".utf8).write(to: URL(filePath: file))
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/link.pem",
                withDestinationPath: "\(folder)/new.pem"
            )
            for path in [file, "\(folder)/link.pem", folder] {
                #expect(throws: (any Error).self) { try generate("--out", path) }
                let failure = #expect(throws: NewPrivateFile.Failure.self) { try NewPrivateFile.write("x", to: path) }
                #expect(failure?.description.contains("exists already") == true)
            }
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/new.pem"))
        }
    }

    @Test("a file that cannot be written, or holds no key, is a failure with its name")
    func failures() throws {
        try withFolder { folder in
            let failure = #expect(throws: NewPrivateFile.Failure.self) {
                try NewPrivateFile.write("x", to: "\(folder)/none/vapid.pem")
            }
            #expect(failure?.description.contains("\(folder)/none/vapid.pem: cannot be written") == true)
            #expect(throws: (any Error).self) { try VapidCommand.Show.parse(["\(folder)/none.pem"]).run() }
            try Data("no key".utf8).write(to: URL(filePath: "\(folder)/empty.pem"))
            #expect(throws: (any Error).self) { try VapidCommand.Show.parse(["\(folder)/empty.pem"]).run() }
        }
    }

    @Test("the public key is printed as pages need it: base64url of the uncompressed point")
    func output() throws {
        // The key of the example in RFC 8292 section 2.4, parameter k.
        let text = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
        let key = try ES256PublicKey(octets: try #require(Base64URL.decode(text)))
        let output = VapidOutput(publicKey: key, file: "keys/vapid.pem")
        #expect(output.text(asJSON: false) == text)
        #expect(output.text(asJSON: true) == "{\"file\":\"keys/vapid.pem\",\"public_key\":\"\(text)\"}")
    }
}

import Foundation
import Testing

extension SystemTests {
    @Suite(.serialized)
    struct Credentials {
        /// A key that the simulator does not know; in use nowhere.
        private static let otherKey = """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgB5CfA2ioPrBJbpch
            3bZdNeVDQyup8lH1RLXhnSrh2DKhRANCAAT7D5mz+2fadkSHlnayvJcIyw5ueOoM
            Kkbq0iEK9od/mFYAKG2NQgKnO0QDCvyI8uT4BFNIrhnXoaEJSeN71RzB
            -----END PRIVATE KEY-----

            """

        /// As Kubernetes does: a new folder, and a link that is turned to it.
        private static func turn(_ cluster: TestCluster, to folder: String, _ text: String) throws {
            let manager = FileManager.default
            let keys = cluster.folder.appendingPathComponent("keys")
            try manager.createDirectory(at: keys.appendingPathComponent(folder), withIntermediateDirectories: true)
            try cluster.write(text, to: "keys/\(folder)/apns.p8")
            let link = keys.appendingPathComponent("next")
            try manager.createSymbolicLink(atPath: link.path, withDestinationPath: folder)
            // rename(2) replaces; Foundation's moveItem does not.
            // SAFETY: both texts are read within the call.
            let result = unsafe rename(link.path, keys.appendingPathComponent("current").path)
            #expect(result == 0)
        }

        @Test("a key that is refused, then mended in its file, is used without a restart", .timeLimit(.minutes(4)))
        func mended() async throws {
            try await TestCluster.with { cluster in
                let receipts = try ReceiptLog(settings: cluster.settings)
                let right = try String(contentsOf: cluster.apnsKeyFile, encoding: .utf8)
                try Self.turn(cluster, to: "1", Self.otherKey)
                let instance = try cluster.start(environment: [
                    "BELFRY_APPS_0_KEY_FILE": "keys/current/apns.p8", "BELFRY_CREDENTIALS_CHECK_INTERVAL": "1s",
                ])
                try await instance.line(beginningWith: "ready")
                try await cluster.register([.registered("kim", "phone", token: String(repeating: "c0", count: 32))])
                try await cluster.producer.produce([.shipped("k-1", to: "kim")], to: "shop.events")
                try await instance.log(containing: "the provider refuses this app: its deliveries wait")

                try Self.turn(cluster, to: "2", right)
                try await instance.log(containing: "another credential is in use")
                let first = try await receipts.receipts(of: "k-1")
                #expect(first.map(\.outcome) == ["accepted"] && (first[0]["attempts"]?.integer ?? 0) > 1)

                // What cannot be used changes nothing but what is said.
                try Self.turn(cluster, to: "3", "no key")
                try await instance.log(containing: "a credential file changed and cannot be used")
                try await cluster.producer.produce([.shipped("k-2", to: "kim")], to: "shop.events")
                let second = try await receipts.receipts(of: "k-2")
                #expect(second.map(\.outcome) == ["accepted"] && second[0]["attempts"]?.integer == 1)
                #expect(!instance.errors.contains("no key"))
                instance.signal(SIGTERM)
                #expect(try await instance.ended() == .exited(0))
            }
        }
    }
}

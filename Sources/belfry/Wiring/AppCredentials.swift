import PushCore
import PushCrypto
import PushPipeline
import PushProviders

/// What the apps sign with, read from their files.
struct AppCredentials {
    /// By app, as the maps below.
    private(set) var apns: [String: APNsApp.Credential] = [:]
    private(set) var fcm: [String: FCMServiceAccount] = [:]
    private(set) var webpush: [String: ES256Key] = [:]

    /// Far above any key; what is larger is cut, and no key then.
    static let octetsMax = 65_536

    /// Reads the files that the apps name; what cannot be used is added to the problems, without a word of the secret.
    ///
    /// `nowMs`: Milliseconds since the Unix epoch; certificates end.
    mutating func read(
        _ configuration: Configuration,
        from fileSystem: FileSystem,
        nowMs: Int64,
        _ problems: inout [Problem]
    ) {
        for (index, app) in configuration.apps.enumerated() {
            switch Self.credential(of: app, at: index, from: fileSystem, nowMs: nowMs, &problems) {
            case .apns(let credential)?: apns[app.name] = credential
            case .fcm(let account)?: fcm[app.name] = account
            case .webpush(let key)?: webpush[app.name] = key
            case nil: break
            }
        }
    }

    /// Reads the files of one app.
    ///
    /// - Returns: nil where they cannot be read; what is fatal otherwise is among the problems alone.
    static func credential(
        of app: Configuration.App,
        at index: Int,
        from fileSystem: FileSystem,
        nowMs: Int64,
        _ problems: inout [Problem]
    ) -> AppCredential? {
        var reader = CredentialReader(fileSystem: fileSystem, app: "apps[\(index)]", octetsMax: octetsMax)
        defer { problems += reader.problems }
        switch app.settings {
        case .apns(let settings):
            guard let file = settings.certificateFile else {
                return reader.key(settings.keyFile).map { .apns(.key($0)) }
            }
            let known = PipelineAssembly.settings(settings, app: app.name)
            return reader.certificate(file, keyFile: settings.keyFile, known, nowMs).map { .apns(.certificate($0)) }
        case .fcm(let settings):
            return reader.account(settings.serviceAccountFile, project: app.name).map { .fcm($0) }
        case .webpush(let settings):
            return reader.vapidKey(settings.vapidKeyFile).map { .webpush($0) }
        }
    }
}

/// Reads the credential of one app.
private struct CredentialReader {
    let fileSystem: FileSystem
    /// The path of the app, such as `apps[0]`.
    let app: String
    let octetsMax: Int
    private(set) var problems: [Problem] = []

    init(fileSystem: FileSystem, app: String, octetsMax: Int) {
        self.fileSystem = fileSystem
        self.app = app
        self.octetsMax = octetsMax
    }

    mutating func key(_ file: String) -> ES256Key? {
        guard let text = text(file, "key_file") else { return nil }
        do throws(CryptoError) {
            return try ES256Key(pem: text)
        } catch {
            let allowed = "a P-256 private key in PEM (PKCS#8), as Apple's .p8 files"
            report(file, "key_file", "\(error)", allowed: allowed)
            return nil
        }
    }

    /// `keyFile`: Empty where the certificate's file has the key.
    mutating func certificate(
        _ file: String,
        keyFile: String,
        _ app: APNsConfiguration,
        _ nowMs: Int64
    ) -> APNsCertificate? {
        let name = "certificate_file"
        guard let certificates = text(file, name) else { return nil }
        let key = keyFile.isEmpty ? nil : text(keyFile, "key_file")
        do throws(CertificateError) {
            let certificate = try APNsCertificate(certificates: certificates, key: key)
            for finding in app.findings(of: certificate, nowMs: nowMs) {
                report(file, name, "\(finding)", severity: finding.isFatal ? .error : .warning)
            }
            return certificate
        } catch {
            let allowed = "the app's certificate in PEM, with its key, here or in key_file"
            switch error {
            case .key where !keyFile.isEmpty: report(keyFile, "key_file", "\(error)", allowed: allowed)
            case .key, .notPEM, .notCertificate, .malformedCertificate: report(file, name, "\(error)", allowed: allowed)
            }
            return nil
        }
    }

    mutating func vapidKey(_ file: String) -> ES256Key? {
        guard let text = text(file, "vapid_key_file") else { return nil }
        do throws(CryptoError) {
            return try ES256Key(vapid: text)
        } catch {
            let allowed =
                "a P-256 private key in PEM, as \"belfry vapid generate\" makes it, or its 32 bytes in base64url"
            report(file, "vapid_key_file", "\(error)", allowed: allowed)
            return nil
        }
    }

    mutating func account(_ file: String, project: String) -> FCMServiceAccount? {
        let name = "service_account_file"
        guard let octets = octets(file, name) else { return nil }
        do throws(FCMServiceAccount.Failure) {
            let account = try FCMServiceAccount(json: octets)
            // A project may be named by its number, which the file does not tell.
            let isNumber = project.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            if account.projectID != project, !isNumber {
                let message =
                    "the account belongs to project \(account.projectID): \(project) must allow it to send"
                report(file, name, message, severity: .warning)
            }
            return account
        } catch {
            report(file, name, "\(error)", allowed: "the JSON file of a service account's key")
            return nil
        }
    }

    private mutating func text(_ file: String, _ name: String) -> String? {
        octets(file, name).map { String(decoding: $0, as: UTF8.self) }
    }

    private mutating func octets(_ file: String, _ name: String) -> [UInt8]? {
        do throws(FileSystem.Failure) {
            return try fileSystem.read(file, octetsMax)
        } catch {
            report(file, name, error.message)
            return nil
        }
    }

    private mutating func report(
        _ file: String,
        _ name: String,
        _ message: String,
        severity: Problem.Severity = .error,
        allowed: String? = nil
    ) {
        let place = SourcePlace(file: file, line: 0)
        problems.append(Problem(severity, at: place, key: "\(app).\(name)", message: message, allowed: allowed))
    }
}

extension ES256Key {
    /// From the text of a VAPID key file: PEM, or the raw private key in base64url.
    ///
    /// - Throws: `CryptoError`, which says what is wrong with the text or the key.
    convenience init(vapid text: String) throws(CryptoError) {
        if text.contains("-----BEGIN") { try self.init(pem: text) } else { try self.init(base64URL: text) }
    }
}

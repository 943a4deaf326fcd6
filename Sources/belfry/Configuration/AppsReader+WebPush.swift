import PushCore
import PushProviders

/// Apps of provider webpush.
extension AppsReader {
    func readWebPush(_ app: SectionReader, name: String) -> Configuration.WebPush {
        let file = readKeyFile("vapid_key_file", in: app)
        let subject = required("subject", in: app)
        var settings = WebPushConfiguration(app: name, subject: subject?.value ?? "")
        if let lifetime = app.section("token").duration("lifetime") { settings.token.lifetime = lifetime }
        if let padding = app.wholeNumber("padding") { settings.padding = Int(padding) }
        settings.declarative = app.flag("declarative")
        settings.allowPrivateAddresses = app.flag("allow_private_addresses")
        if settings.allowPrivateAddresses {
            app.warn(
                "allow_private_addresses",
                at: app.node("allow_private_addresses"),
                value: "true",
                "subscriptions can make Belfry send requests into private networks"
            )
        }
        let hosts = app.texts("allowed_hosts")
        if app.node("allowed_hosts") != nil { settings.allowedHosts = hosts.map(\.value) }
        for violation in settings.violations {
            // What is missing, or no text, is reported already.
            if violation.key == "subject", subject == nil { continue }
            let host = hosts.enumerated().first { "allowed_hosts[\($0.offset)]" == violation.key }?.element
            let key = host?.key ?? app.path(violation.key)
            let place = host?.place ?? app.node(violation.key)?.place ?? app.place
            app.log.add(
                Problem(
                    at: place,
                    key: key,
                    value: displayed(violation.value),
                    message: "not of this form",
                    allowed: violation.allowed
                )
            )
        }
        return Configuration.WebPush(vapidKeyFile: file, settings: settings)
    }
}

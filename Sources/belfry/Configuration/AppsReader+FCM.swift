import PushCore
import PushProviders

/// Apps of provider fcm.
extension AppsReader {
    func readFCM(_ app: SectionReader, name: String) -> Configuration.FCM {
        let file = readKeyFile("service_account_file", in: app)
        var settings = FCMConfiguration(app: name)
        if let url = app.text("base_url") { settings.baseURL = url.value }
        if let url = app.text("token_uri") { settings.tokenURI = url.value }
        if let url = app.text("topic_base_url") { settings.topicBaseURL = url.value }
        settings.proxy = readProxy(app)
        let quota = app.section("quota")
        if let messages = quota.wholeNumber("messages_per_minute") { settings.quota.messagesPerMinute = Int(messages) }
        if let rampUp = quota.duration("ramp_up") { settings.quota.rampUp = rampUp }
        settings.analyticsLabel = app.text("analytics_label")?.value
        settings.validateOnly = app.flag("validate_only")
        if settings.validateOnly {
            app.warn(
                "validate_only",
                at: app.node("validate_only"),
                value: "true",
                "FCM checks this app's notifications and delivers none of them"
            )
        }
        // Numbers and durations are within their ranges by now, and so is the name: what is left are texts of the app itself.
        for violation in settings.violations {
            app.report(
                violation.key,
                at: app.node(violation.key),
                value: violation.value,
                "not of this form",
                allowed: violation.allowed
            )
        }
        return Configuration.FCM(serviceAccountFile: file, settings: settings)
    }

    /// The value may hold a password: it is not repeated where it is wrong.
    private func readProxy(_ app: SectionReader) -> FCMProxy? {
        guard let text = app.text("proxy") else { return nil }
        guard let proxy = FCMProxy(text.value) else {
            app.report("proxy", at: app.node("proxy"), "not the address of a proxy", allowed: FCMProxy.allowed)
            return nil
        }
        return proxy
    }
}

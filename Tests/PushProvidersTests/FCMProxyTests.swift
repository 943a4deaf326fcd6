import PushProviders
import Testing

@Suite("The proxy of an app of FCM")
struct FCMProxyTests {
    @Test(
        "is a host and a port, by plain HTTP or TLS",
        arguments: [
            ("http://127.0.0.1:3128", "http://127.0.0.1:3128"), ("HTTP://proxy.example:80/", "http://proxy.example:80"),
            ("https://proxy.example:443", "https://proxy.example:443"), ("http://[::1]:3128", "http://[::1]:3128"),
        ]
    )
    func forms(text: String, url: String) throws {
        let proxy = try #require(FCMProxy(text))
        #expect(proxy.url == url && proxy.credentials == nil)
    }

    @Test(
        "may want a user name and a password, which no text of it shows",
        arguments: [
            ("ann:secret", "ann", "secret"), ("a%40b:p%3As%2Fs", "a@b", "p:s/s"), ("ann:", "ann", ""),
            ("ann:a:b@c", "ann", "a:b@c"), ("ann:%C3%A4", "ann", "ä"),
        ]
    )
    func credentials(text: String, user: String, password: String) throws {
        let proxy = try #require(FCMProxy("http://\(text)@proxy.example:3128"))
        #expect(proxy.credentials?.user == user && proxy.credentials?.password == password)
        #expect(proxy.url == "http://proxy.example:3128" && "\(proxy)" == proxy.url)
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "proxy.example:3128", "http://proxy.example", "http://proxy.example:0", "http://proxy.example:65536",
            "http://proxy.example:x", "socks5://proxy.example:1080", "http://:3128", "http://proxy.example:1/path",
            "http://proxy.example:1?q", "http://proxy.example:1#f", "http://ann@proxy.example:1",
            "http://:p@proxy.example:1",
            "http://a%:b@proxy.example:1", "http://a%0A:b@proxy.example:1", "http://a%FF:b@proxy.example:1",
            "http://proxy example:1", "http://[::1:3128",
        ]
    )
    func refused(text: String) {
        #expect(FCMProxy(text) == nil)
    }
}

import PushCore
import PushProviders
import Testing

@Suite("Web Push endpoints")
struct WebPushEndpointTests {
    /// Known push services, and a simulator on this machine.
    private static func configuration(private isPrivate: Bool = false, _ more: [String] = []) -> WebPushConfiguration {
        var configuration = WebPushFixtures.configuration
        configuration.allowPrivateAddresses = isPrivate
        configuration.allowedHosts += more
        return configuration
    }

    @Test(
        "an endpoint of every known push service is taken apart",
        arguments: [
            ("https://fcm.googleapis.com/fcm/send/a:b?c=d", "fcm.googleapis.com", "/fcm/send/a:b?c=d", .google),
            ("https://fcm.googleapis.com/wp/x", "fcm.googleapis.com", "/wp/x", .google),
            ("https://jmt17.google.com/fcm/send/x", "jmt17.google.com", "/fcm/send/x", .google),
            (
                "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
                "updates.push.services.mozilla.com", "/wpush/v2/gAAA", .mozilla
            ),
            ("https://web.push.apple.com/QGuQ", "web.push.apple.com", "/QGuQ", .apple),
            (
                "https://db5p.notify.windows.com/w/?token=BQYA%2b", "db5p.notify.windows.com", "/w/?token=BQYA%2b",
                .microsoft
            ),
            ("HTTPS://FCM.GoogleAPIs.com/A", "fcm.googleapis.com", "/A", .google),
            ("https://fcm.googleapis.com:443/a", "fcm.googleapis.com", "/a", .google),
            ("https://fcm.googleapis.com", "fcm.googleapis.com", "/", .google),
            ("https://fcm.googleapis.com?a=b", "fcm.googleapis.com", "/?a=b", .google),
            ("https://fcm.googleapis.com/a@b:c//../%00", "fcm.googleapis.com", "/a@b:c//../%00", .google),
            ("https://xn--bcher-kva.push.apple.com/a", "xn--bcher-kva.push.apple.com", "/a", .apple),
        ] as [(String, String, String, WebPushVendor)]
    )
    func known(text: String, host: String, path: String, vendor: WebPushVendor) throws {
        let endpoint = try WebPushEndpoint(text, configuration: Self.configuration())
        #expect(endpoint.host == host && endpoint.port == 443 && endpoint.path == path && endpoint.vendor == vendor)
        #expect(endpoint.authority == host && endpoint.origin == "https://\(host)")
    }

    @Test(
        "listed hosts at their ports, and addresses where they are allowed",
        arguments: [
            ("https://push.example:8443/a", ["push.example:8443"], false, "https://push.example:8443"),
            ("https://push.example/a", ["push.example"], true, "https://push.example"),
            ("https://push.example:9/a", ["push.example"], true, "https://push.example:9"),
            ("https://a.b.push.example/a", ["*.push.example"], false, "https://a.b.push.example"),
            ("https://a.push.example:8443/a", ["*.push.example:8443"], false, "https://a.push.example:8443"),
            ("https://localhost:8443/a", ["localhost:8443"], false, "https://localhost:8443"),
            ("https://127.0.0.1:8443/a", ["127.0.0.1:8443"], true, "https://127.0.0.1:8443"),
            ("https://127.0.0.1/a", ["127.0.0.1"], true, "https://127.0.0.1"),
            ("https://[::1]:8443/a", ["[::1]"], true, "https://[::1]:8443"),
            ("https://[0:0:0:0:0:0:0:1]/a", ["[::1]"], true, "https://[::1]"),
            ("https://[2001:DB8::10.0.0.1]/a", ["[2001:db8::a00:1]"], true, "https://[2001:db8::a00:1]"),
        ] as [(String, [String], Bool, String)]
    )
    func listed(text: String, hosts: [String], isPrivate: Bool, origin: String) throws {
        let endpoint = try WebPushEndpoint(text, configuration: Self.configuration(private: isPrivate, hosts))
        #expect(endpoint.origin == origin && endpoint.path == "/a")
    }

    /// Everything that a client could try; nothing of it is asked.
    static let hostile: [(text: String, refusal: WebPushEndpoint.Refusal)] = [
        ("", .notHTTPS), ("https", .notHTTPS), ("https:", .notHTTPS), ("https:/fcm.googleapis.com", .notHTTPS),
        ("https:fcm.googleapis.com", .notHTTPS), ("//fcm.googleapis.com/a", .notHTTPS),
        ("fcm.googleapis.com/a", .notHTTPS), ("http://fcm.googleapis.com/a", .notHTTPS),
        ("file:///etc/passwd", .notHTTPS), ("gopher://fcm.googleapis.com/a", .notHTTPS),
        ("wss://fcm.googleapis.com/a", .notHTTPS), ("javascript://fcm.googleapis.com/a", .notHTTPS),
        ("xhttps://fcm.googleapis.com/a", .notHTTPS),
        ("https://", .noHost), ("https:///a", .noHost), ("https://?a", .noHost), ("https://:443/a", .noHost),
        ("https:////fcm.googleapis.com/a", .noHost),
        ("https://user@fcm.googleapis.com/a", .userInformation),
        ("https://user:pass@fcm.googleapis.com/a", .userInformation),
        ("https://fcm.googleapis.com@127.0.0.1/a", .userInformation),
        ("https://fcm.googleapis.com:443@evil.example/a", .userInformation),
        ("https://@fcm.googleapis.com/a", .userInformation),
        ("https://fcm.googleapis.com/a#b", .fragment), ("https://evil.example#.fcm.googleapis.com/a", .fragment),
        ("https://evil.example#@fcm.googleapis.com/", .fragment), ("https://fcm.googleapis.com/#", .fragment),
        (" https://fcm.googleapis.com/a", .whitespaceOrControl),
        ("https://fcm.googleapis.com/a ", .whitespaceOrControl),
        ("https://fcm.googleapis.com/a b", .whitespaceOrControl),
        ("https://fcm.googleapis.com\t/a", .whitespaceOrControl),
        ("https://fcm.googleapis.com/a\r\nx-evil: 1", .whitespaceOrControl),
        ("https://fcm.googleapis.com/a\n", .whitespaceOrControl),
        ("https://fcm.googleapis.com/\0", .whitespaceOrControl),
        ("https://fcm.googleapis.com\0.evil.example/", .whitespaceOrControl),
        ("https://fcm.googleapis.com/\u{7F}", .whitespaceOrControl),
        ("ht\ntps://fcm.googleapis.com/", .whitespaceOrControl),
        ("https:\\\\fcm.googleapis.com\\a", .backslash), ("https://evil.example\\@fcm.googleapis.com/a", .backslash),
        ("https://fcm.googleapis.com\\.evil.example/a", .backslash), ("https://fcm.googleapis.com/a\\b", .backslash),
        ("https://fcm.googleapis.com/ä", .notASCII), ("https://fcm。googleapis。com/a", .notASCII),
        ("https://ｆcm.googleapis.com/a", .notASCII), ("https://fcm.googleapıs.com/a", .notASCII),
        ("https://１２７.0.0.1/a", .notASCII), ("https://fcm.googleapis.com/\u{2028}", .notASCII),
        ("https://fcm.google%61pis.com/a", .percentEncodedHost), ("https://%66cm.googleapis.com/", .percentEncodedHost),
        ("https://evil.example%2F.push.apple.com/", .percentEncodedHost),
        ("https://127%2e0%2e0%2e1/a", .percentEncodedHost), ("https://[fe80::1%25eth0]/a", .percentEncodedHost),
        ("https://fcm.googleapis.com./a", .trailingDot), ("https://fcm.googleapis.com.:443/a", .trailingDot),
        ("https://127.0.0.1./a", .trailingDot), ("https://localhost./a", .trailingDot), ("https://./a", .trailingDot),
        ("https://fcm..googleapis.com/a", .malformedHost), ("https://.fcm.googleapis.com/a", .malformedHost),
        ("https://-a.push.apple.com/a", .malformedHost), ("https://a-.push.apple.com/a", .malformedHost),
        ("https://a_b.push.apple.com/a", .malformedHost), ("https://*.push.apple.com/a", .malformedHost),
        ("https://a,b.push.apple.com/a", .malformedHost), ("https://a;b.push.apple.com/a", .malformedHost),
        ("https://\(String(repeating: "a", count: 64)).push.apple.com/a", .malformedHost),
        ("https://\(String(repeating: "a.", count: 130))push.apple.com/a", .malformedHost),
        ("https://evil.example]/a", .malformedHost),
        ("https://127.1/a", .malformedAddress), ("https://2130706433/a", .malformedAddress),
        ("https://0x7f000001/a", .malformedAddress), ("https://0x7f.0.0.1/a", .malformedAddress),
        ("https://0177.0.0.1/a", .malformedAddress), ("https://127.0.0.01/a", .malformedAddress),
        ("https://127.0.0.256/a", .malformedAddress), ("https://1.2.3.4.5/a", .malformedAddress),
        ("https://a.0/a", .malformedAddress), ("https://127.0.0.0x1/a", .malformedAddress),
        ("https://[::1/a", .malformedAddress), ("https://[]/a", .malformedAddress),
        ("https://[127.0.0.1]/a", .malformedAddress), ("https://[fcm.googleapis.com]/a", .malformedAddress),
        ("https://[1::2::3]/a", .malformedAddress), ("https://[::12345]/a", .malformedAddress),
        ("https://[1:2:3:4:5:6:7]/a", .malformedAddress), ("https://[1:2:3:4:5:6:7:8:9]/a", .malformedAddress),
        ("https://[1:2:3:4:5:6:7::8]/a", .malformedAddress), ("https://[::ffff:1.2.3]/a", .malformedAddress),
        ("https://[1.2.3.4::]/a", .malformedAddress), ("https://[:::1]/a", .malformedAddress),
        ("https://[v1.a]/a", .malformedAddress), ("https://[+1::]/a", .malformedAddress),
        ("https://fcm.googleapis.com:/a", .malformedPort), ("https://fcm.googleapis.com:0/a", .malformedPort),
        ("https://fcm.googleapis.com:0443/a", .malformedPort), ("https://fcm.googleapis.com:+443/a", .malformedPort),
        ("https://fcm.googleapis.com:-1/a", .malformedPort), ("https://fcm.googleapis.com:65536/a", .malformedPort),
        ("https://fcm.googleapis.com:443:443/a", .malformedPort),
        ("https://fcm.googleapis.com:https/a", .malformedPort),
        ("https://[::1]443/a", .malformedPort), ("https://[::1].push.apple.com/a", .malformedPort),
        ("https://127.0.0.1/a", .addressLiteral), ("https://169.254.169.254/latest/meta-data/", .addressLiteral),
        ("https://8.8.8.8/a", .addressLiteral), ("https://0.0.0.0/a", .addressLiteral),
        ("https://[::1]/a", .addressLiteral), ("https://[::ffff:127.0.0.1]/a", .addressLiteral),
        ("https://[2606:4700::1111]/a", .addressLiteral), ("https://10.0.0.1:443/a", .addressLiteral),
        ("https://[::127.0.0.1]/a", .addressLiteral), ("https://[64:ff9b::127.0.0.1]/a", .addressLiteral),
        ("https://[2002:7f00:1::]/a", .addressLiteral), ("https://[0:0:0:0:0:0:0:1]/a", .addressLiteral),
        ("https://017700000001/a", .malformedAddress), ("https://0x7f.1/a", .malformedAddress),
        ("HTTPS://0X7F000001/a", .malformedAddress), ("https://[::1%lo]/a", .percentEncodedHost),
        ("https://LOCALHOST/a", .hostNotAllowed), ("https://localhost.localdomain/a", .hostNotAllowed),
        ("https://localhost/a", .hostNotAllowed), ("https://evil.example/a", .hostNotAllowed),
        ("https://metadata.google.internal/a", .hostNotAllowed), ("https://kafka/a", .hostNotAllowed),
        ("https://push.apple.com/a", .hostNotAllowed), ("https://evilpush.apple.com/a", .hostNotAllowed),
        ("https://fcm.googleapis.com.evil.example/a", .hostNotAllowed),
        ("https://evil.example/fcm.googleapis.com", .hostNotAllowed),
        ("https://evil.example?.push.apple.com/", .hostNotAllowed),
        ("https://x.fcm.googleapis.com/a", .hostNotAllowed), ("https://googleapis.com/a", .hostNotAllowed),
        ("https://xn--fcm-.googleapis.com/a", .malformedHost), ("https://web.push.apple.com.cn/a", .hostNotAllowed),
        ("https://127.0.0.1.nip.io/a", .hostNotAllowed),
        ("https://fcm.googleapis.com:80/a", .portNotAllowed), ("https://fcm.googleapis.com:8443/a", .portNotAllowed),
        ("https://web.push.apple.com:22/a", .portNotAllowed), ("https://fcm.googleapis.com:65535/a", .portNotAllowed),
        ("https://fcm.googleapis.com/" + String(repeating: "a", count: 2_022), .tooLong),
    ]

    @Test("what a client could try is refused, each for its cause", arguments: hostile)
    func refused(text: String, refusal: WebPushEndpoint.Refusal) {
        #expect(throws: refusal) { try WebPushEndpoint(text, configuration: Self.configuration()) }
    }

    @Test("every cause has a case")
    func everyCause() {
        #expect(Set(Self.hostile.map(\.refusal)) == Set(WebPushEndpoint.Refusal.allCases))
        #expect(Self.hostile.count >= 100)
    }

    @Test("the longest URL is taken")
    func longest() throws {
        let text = "https://fcm.googleapis.com/" + String(repeating: "a", count: 2_021)
        #expect(text.utf8.count == 2_048)
        #expect(try WebPushEndpoint(text, configuration: Self.configuration()).path.utf8.count == 2_022)
    }

    @Test(
        "private addresses open no other door",
        arguments: [
            ("https://127.0.0.2/a", .hostNotAllowed), ("https://[::ffff:127.0.0.1]/a", .hostNotAllowed),
            ("https://10.0.0.1/a", .hostNotAllowed), ("https://127.1/a", .malformedAddress),
            ("https://0177.0.0.1/a", .malformedAddress), ("https://127.0.0.1:444/a", .portNotAllowed),
            ("https://127.0.0.1/a", .portNotAllowed),
        ] as [(String, WebPushEndpoint.Refusal)]
    )
    func privateAddresses(text: String, refusal: WebPushEndpoint.Refusal) {
        let configuration = Self.configuration(private: true, ["127.0.0.1:8443", "*.0.1.example"])
        #expect(throws: refusal) { try WebPushEndpoint(text, configuration: configuration) }
    }

    @Test("what can never be an endpoint ends the registration; what is only not allowed does not")
    func verdicts() {
        for refusal in WebPushEndpoint.Refusal.allCases {
            switch refusal {
            case .addressLiteral, .hostNotAllowed, .portNotAllowed:
                #expect(refusal.verdict == .badRequest(.endpointNotAllowed))
            default:
                #expect(refusal.verdict == .addressDead(.badSubscription, invalidSinceMs: nil), "\(refusal)")
            }
        }
    }

    @Test("printed, it keeps its path")
    func keepsSecret() throws {
        let endpoint = try WebPushEndpoint(WebPushFixtures.endpoint, configuration: Self.configuration())
        #expect("\(endpoint)" == "https://fcm.googleapis.com/…")
    }

    @Test("one that is read among others is what it is alone, taken or refused")
    func amongOthers() throws {
        let configuration = Self.configuration()
        var services = WebPushServices()
        let texts = [
            WebPushFixtures.endpoint, "https://FCM.googleapis.com/other", "https://fcm.googleapis.com:443/?q",
            "https://fcm.googleapis.com:8443/", "https://internal.example/", "https://fcm.googleapis.com",
            "HTTPS://fcm.googleapis.com/x", "httpx://fcm.googleapis.com/x", "https://fcm.googleapis.com/#x",
        ]
        // The second time each service is known.
        for text in texts + texts {
            let alone = Result { () throws(WebPushEndpoint.Refusal) in
                try WebPushEndpoint(text, configuration: configuration)
            }
            let among = Result { () throws(WebPushEndpoint.Refusal) in
                try WebPushEndpoint(text, configuration: configuration, services: &services)
            }
            #expect(alone == among, "\(text)")
        }
    }
}

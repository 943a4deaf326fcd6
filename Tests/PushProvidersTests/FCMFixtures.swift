import PushCore
import PushProviders

/// A service account and deliveries for tests.
enum FCMFixtures {
    static let nowMs: Int64 = 1_795_000_000_000
    static let notificationID = "00112233-4455-6677-8899-aabbccddeeff"
    static let token = "cVrG0ujB5H4:APA91bE_token-1"

    /// The key of RFC 7515 A.2, as a service account file holds it.
    ///
    /// It is in use nowhere.
    static let privateKey = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh+BYK4uPJtGXO
        jS1lYmM2K5J9vinh8CR3/BYlzJChNuOL2TSXxbbqY913EeZ8dCn5VrD7io8ImtxL
        aYk8wTM/U+3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8TA5a8bpvfbr3SvaNn
        juygxmj3AbONv/s4yDQs4v5tJ/reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5
        ROjtZMEQxrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKjlnAqH2QbgtPr8jkiGUkf
        toaHLFcW9Qr4NY2ai50Xw0Byj3+H2JoY2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHg
        VFbK5emhAgMBAAECggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyW
        PEAeP88vLNO97IjlA7/GQ5sLKMgvfTeXZx9SE+7YwVol2NXOoAJe46sui395IW/G
        O+pWJ1O0BkTGoVEn2bKVRUCgu+GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzj
        kn439X0M/V51gfpRLI9JYanrC4D4qAdGcopV/0ZHHzQlBjudU2QvXt4ehNYTCBr6
        XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl/x/jTj3ccPDVZFD9pIuhLhBOneufuBiB
        4cS98l2SR/RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0K
        pLttoLhyt3SmqdEf/kgHePDdtzEafpAu+cS191R2JiuoF2yzWXnwFDcqGigp5BNr
        0AHQfD8/Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDnEd3BbVWG8qf6deqE
        lMGAg+C2V0L4oNXnP7LZcPAZRwKBgQC5A8R+CZW2MvRTLLHzwZkUXV866cff7tx6
        kqa0finGG0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7vMVgePsLq6XtON4tB5kP9jAP
        rq3rbAOal78eUH5OcED6eNuCV8ixEu1eWcPNCS/l1OW1EnXUEoEHKl54Xrrz2uNw
        kgMTP1FZ1wKBgAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7/Ls5bkUp
        5u9SN0Ai3Ya6hNnvWJMb7sXQX6U/zyO2M/hTip7tUeh7CXgwo59dkpN75gJLVds2
        9+DAncu3KXU4f2Fa+7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf/
        evpitUf+4JYbLpvNXWcY052Mpz22aR84mY3nh3F2LF2mjMJDpTg7FmuyPcVw6EcG
        yoAe9fa65iNqCq+jdw6PVNGo2hxfjSiZ8IIzHdsPXI89//pMjZcQK9r+CCoRjaZj
        OYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2
        tOgrjbcrfvtQJipd+DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd/QJQ3
        ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp/gh6A56
        03k2+ZQwVK0JKSHuLFkuQ3U=
        -----END PRIVATE KEY-----

        """

    /// The file, with members changed or left out.
    static func accountJSON(_ changes: [String: JSONTree] = [:], without absent: [String] = []) -> [UInt8] {
        var object = JSONObject()
        object["type"] = "service_account"
        object["project_id"] = "example-shop"
        object["private_key_id"] = "0123456789abcdef"
        object["private_key"] = .string(privateKey)
        object["client_email"] = "push@example-shop.iam.gserviceaccount.com"
        object["client_id"] = "123456789012345678901"
        object["auth_uri"] = "https://accounts.google.com/o/oauth2/auth"
        object["token_uri"] = "https://oauth2.googleapis.com/token"
        for (name, value) in changes { object[name] = value }
        for name in absent { object[name] = nil }
        return JSONTree.object(object).octets
    }

    static func account() throws -> FCMServiceAccount {
        try FCMServiceAccount(json: accountJSON())
    }

    /// A delivery with a title to a registration token; `change` makes it the case at hand.
    static func delivery(_ change: (inout Delivery) -> Void = { _ in }) -> Delivery {
        var content = Content()
        content.title = "Order 17"
        var delivery = Delivery()
        delivery.idHigh = 0xA0B1_C2D3_E4F5_0617
        delivery.idLow = 0x2839_4A5B_6C7D_8E9F
        delivery.userID = "user-1"
        delivery.device.provider = Provider.fcm.rawValue
        delivery.device.app = "example-shop"
        delivery.device.token = token
        delivery.notification.idHigh = 0x0011_2233_4455_6677
        delivery.notification.idLow = 0x8899_AABB_CCDD_EEFF
        delivery.notification.ruleID = "order-shipped"
        delivery.notification.expiresAtMs = nowMs + 3_600_999
        delivery.notification.priority = .high
        delivery.notification.contents = [content]
        change(&delivery)
        return delivery
    }

    static func build(
        _ configuration: FCMConfiguration = FCMConfiguration(app: "example-shop"),
        _ change: (inout Delivery) -> Void = { _ in }
    ) -> Result<FCMRequest, FCMRequest.Refusal> {
        FCMRequest.build(delivery: delivery(change), configuration: configuration, nowMs: nowMs)
    }

    /// The message of the request.
    static func message(_ change: (inout Delivery) -> Void = { _ in }) throws -> JSONTree {
        let body = try JSONTree(text: build(FCMConfiguration(app: "example-shop"), change).get().body)
        return body.object?["message"] ?? .null
    }
}

extension JSONTree {
    /// The value at a path of names, separated by blanks; nil where there is none.
    func at(_ path: String) -> JSONTree? {
        path.split(separator: " ").reduce(self as JSONTree?) { tree, name in tree?.object?[String(name)] }
    }
}

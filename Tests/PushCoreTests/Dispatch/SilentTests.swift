import Testing

@testable import PushCore

@Suite("Dispatch: notifications that make no noise")
struct SilentTests {
    private static func silenced(_ change: (inout Notification) -> Void) -> Notification {
        var delivery = Make.delivery()
        change(&delivery.notification)
        delivery.silent = true
        return OutboxDelivery(delivery).record.notification
    }

    @Test("each provider is told so in its own words")
    func words() throws {
        let silent = Self.silenced {
            $0.priority = .high
            $0.apns.sound = "bell"
            $0.apns.interruptionLevel = "time-sensitive"
            $0.webPush.urgency = "high"
        }
        #expect(silent.priority == .normal)
        #expect(!silent.apns.hasSound && silent.apns.interruptionLevel == "passive")
        let fcm =
            #"{"android":{"priority":"NORMAL","notification":{"defaultSound":false,"defaultVibrateTimings":false,"#
            + #""notificationPriority":"PRIORITY_LOW"}},"apns":{"payload":{"aps":{"interruption-level":"passive"}}},"#
            + #""webpush":{"headers":{"Urgency":"low"},"notification":{"silent":true}}}"#
        #expect(silent.fcm.messageJson == fcm)
        #expect(silent.webPush.urgency == "low" && silent.webPush.notificationJson == #"{"silent":true}"#)
    }

    @Test("what the rule says in a provider's own words gives way, and all else of it stays")
    func overrides() throws {
        let silent = Self.silenced {
            $0.apns.apsJson =
                #"{"sound":{"critical":1},"interruption-level":"critical","badge":3,"alert":{"title":"a","sound":"b"}}"#
            $0.fcm.messageJson =
                #"{"android":{"priority":"HIGH","notification":{"sound":"bell","icon":"star"}},"#
                + #""webpush":{"headers":{"urgency":"high","Topic":"t"}}}"#
            $0.webPush.notificationJson = #"{"icon":"/i.png","silent":false}"#
        }
        #expect(silent.apns.apsJson == #"{"badge":3,"alert":{"title":"a"}}"#)
        #expect(silent.apns.interruptionLevel == "passive")
        #expect(!silent.fcm.messageJson.contains("bell") && !silent.fcm.messageJson.contains("urgency"))
        #expect(silent.fcm.messageJson.contains("star") && silent.fcm.messageJson.contains(#""Topic":"t""#))
        #expect(silent.webPush.notificationJson == #"{"icon":"/i.png","silent":true}"#)
    }

    @Test("told twice it is as told once, and what shows nothing stays as it is")
    func twice() throws {
        let once = Self.silenced { $0.apns.sound = "bell" }
        #expect(once.silenced() == once)
        let background = Self.silenced {
            $0.contents = []
            $0.data = ["a": "b"]
        }
        #expect(!background.apns.hasInterruptionLevel && !background.hasFcm)
        #expect(background.webPush.notificationJson.isEmpty)
    }

    @Test("what is not silent is as it came")
    func loud() {
        var delivery = Make.delivery()
        delivery.notification.apns.sound = "bell"
        #expect(OutboxDelivery(delivery).record == delivery)
    }
}

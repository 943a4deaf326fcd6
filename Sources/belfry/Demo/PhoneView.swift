import Foundation

/// A notification as a phone would show it, drawn with lines.
struct PhoneView: Sendable {
    let app: String
    /// `HH:MM`.
    let time: String
    let title: String
    let body: String
    /// Under the box: who sees this.
    let caption: String

    /// The box and its caption; with its frame it is `width` columns wide, which are at least 20.
    func lines(width: Int = 46) -> [String] {
        precondition(width >= 20, "a box has room for app and time")
        let inner = width - 4
        let gap = max(1, inner - TextWidth.columns(app) - TextWidth.columns(time))
        var rows = [app + String(repeating: " ", count: gap) + time]
        if !title.isEmpty { rows += TextWidth.wrapped(title, to: inner) }
        if !body.isEmpty { rows += TextWidth.wrapped(body, to: inner) }
        let edge = String(repeating: "─", count: width - 2)
        return ["╭\(edge)╮"] + rows.map { "│ \(TextWidth.padded($0, to: inner)) │" } + ["╰\(edge)╯", "  \(caption)"]
    }

    /// Boxes side by side, those of a row as high as the highest.
    static func columns(_ views: [PhoneView], width: Int = 46, terminalColumns: Int) -> [String] {
        let perRow = max(1, (terminalColumns + 2) / (width + 2))
        var lines: [String] = []
        for start in stride(from: 0, to: views.count, by: perRow) {
            let boxes = views[start..<min(views.count, start + perRow)].map { $0.lines(width: width) }
            let height = boxes.map(\.count).max() ?? 0
            for row in 0..<height {
                let parts = boxes.map { TextWidth.padded(row < $0.count ? $0[row] : "", to: width) }
                lines.append(String(parts.joined(separator: "  ").reversed().drop { $0 == " " }.reversed()))
            }
        }
        return lines
    }
}

extension PhoneView {
    /// The part of a payload that a person sees.
    private struct Payload: Decodable {
        struct APS: Decodable {
            struct Alert: Decodable {
                let title: String?
                let body: String?
            }

            let alert: Alert
        }

        let aps: APS
        let screen: String?
    }

    /// One for each language, of different kinds as far as there are any; phones are given by their tokens.
    static func selection(of shown: [SimulatorWitness.Shown], phones: [String: Phone], count: Int) -> [PhoneView] {
        var views: [PhoneView] = []
        var languages: Set<String> = []
        var screens: Set<String> = []
        let decoder = JSONDecoder()
        for wantsNewScreen in [true, false] {
            for one in shown where views.count < count {
                guard let phone = phones[one.token],
                    let payload = try? decoder.decode(Payload.self, from: Data(one.payload))
                else { continue }
                let language = String(phone.locale.prefix(2))
                let screen = payload.screen ?? ""
                // What people write to each other is in the language of the sender.
                if languages.contains(language) || (wantsNewScreen && screens.contains(screen)) { continue }
                languages.insert(language)
                screens.insert(screen)
                let caption = screen == "chat" ? "\(phone.deviceID), \(phone.locale), words of the sender" : nil
                views.append(
                    PhoneView(
                        app: "Example Shop",
                        time: clockTime(one.receivedAtMs),
                        title: payload.aps.alert.title ?? "",
                        body: payload.aps.alert.body ?? "",
                        caption: caption ?? "\(phone.deviceID), \(phone.locale)"
                    )
                )
            }
        }
        return views
    }

    private static func clockTime(_ milliseconds: Int64) -> String {
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        let parts = Calendar.current.dateComponents([.hour, .minute], from: date)
        let texts = [parts.hour ?? 0, parts.minute ?? 0].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return texts.joined(separator: ":")
    }
}

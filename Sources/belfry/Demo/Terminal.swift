import Foundation

/// Where the demo prints, and what that understands.
struct Terminal: Sendable {
    /// The cursor can be moved: a person looks on.
    let isInteractive: Bool
    let hasColour: Bool
    /// Its width.
    let columns: Int

    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
    }

    /// Colours are left out where `NO_COLOR` is set and not empty (no-color.org).
    static func standardOutput(environment: [String: String] = ProcessInfo.processInfo.environment) -> Terminal {
        let isInteractive = isatty(STDOUT_FILENO) == 1 && (environment["TERM"] ?? "dumb") != "dumb"
        return Terminal(
            isInteractive: isInteractive,
            hasColour: isInteractive && (environment["NO_COLOR"] ?? "").isEmpty,
            columns: width() ?? 100
        )
    }

    /// nil where standard output is no terminal.
    private static func width() -> Int? {
        var size = winsize()
        // SAFETY: TIOCGWINSZ fills in the structure, which is ours for the call.
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    func line(_ text: String = "") {
        StandardOutput.line(text)
    }

    /// Prints lines in place of as many lines above the cursor.
    ///
    /// - Returns: how many lines there are now.
    func redraw(_ lines: [String], over count: Int) -> Int {
        let up = count > 0 ? "\u{1B}[\(count)A" : ""
        let text = lines.map { "\u{1B}[2K\($0)\n" }.joined()
        FileHandle.standardOutput.write(Data((up + text).utf8))
        return lines.count
    }
}

extension Int {
    /// With a comma between groups of three digits.
    var grouped: String {
        var text = ""
        for (position, digit) in String(magnitude).reversed().enumerated() {
            if position > 0, position.isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return (self < 0 ? "-" : "") + String(text.reversed())
    }
}

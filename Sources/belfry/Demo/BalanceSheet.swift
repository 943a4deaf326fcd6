/// The reconciliation as it is printed.
struct BalanceSheet: Sendable {
    private static let examplesMax = 5
    private static let titleWidth = 20

    let terminal: Terminal

    /// Prints every line, and under one that does not balance a few examples.
    ///
    /// - Returns: whether all balance.
    func show(_ lines: [Reconciliation.Line]) -> Bool {
        terminal.line(terminal.styled("Reconciliation, from the records", .bold))
        for line in lines {
            for text in text(of: line) { terminal.line(text) }
        }
        return lines.allSatisfy(\.isBalanced)
    }

    func text(of line: Reconciliation.Line) -> [String] {
        let mark = line.isBalanced ? terminal.styled("✓", .green) : terminal.styled("✗", .red)
        var texts = ["\(mark) \(TextWidth.padded(line.title, to: Self.titleWidth))\(line.sum)"]
        for fault in line.faults.prefix(Self.examplesMax) { texts.append("    \(fault)") }
        let others = line.faults.count - Self.examplesMax
        if others > 0 { texts.append("    … and \(others.grouped) more") }
        return texts
    }
}

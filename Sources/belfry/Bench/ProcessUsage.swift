import Foundation

/// What a process has used so far, as Linux tells it in proc(5).
struct ProcessUsage {
    /// CPU time by thread name, in nanoseconds.
    ///
    /// Threads of one name are added up.
    let cpuByThread: [String: Int64]
    /// The largest resident set so far.
    let peakRSSOctets: Int

    /// - Returns: nil where there is no such process.
    init?(of process: Int32) {
        guard let tasks = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task") else {
            return nil
        }
        var cpu: [String: Int64] = [:]
        for task in tasks {
            let folder = "/proc/\(process)/task/\(task)"
            // A thread may end between the list and the look.
            guard let name = Self.text("\(folder)/comm"), let times = Self.text("\(folder)/schedstat"),
                let nanoseconds = times.split(separator: " ").first.flatMap({ Int64($0) })
            else { continue }
            cpu[name.trimmingCharacters(in: .newlines), default: 0] += nanoseconds
        }
        cpuByThread = cpu
        peakRSSOctets = Self.memory("VmHWM", of: "\(process)")
    }

    var cpuNanoseconds: Int64 { cpuByThread.values.reduce(0, +) }

    /// What each group of threads used since an earlier look.
    func cpu(since earlier: ProcessUsage, groupedBy group: (String) -> String) -> [String: Int64] {
        var result: [String: Int64] = [:]
        for (name, nanoseconds) in cpuByThread {
            result[group(name), default: 0] += nanoseconds - (earlier.cpuByThread[name] ?? 0)
        }
        return result
    }

    /// The resident set of this process.
    static var ownRSSOctets: Int { memory("VmRSS", of: "self") }

    private static func memory(_ field: String, of process: String) -> Int {
        guard let status = text("/proc/\(process)/status"),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix(field + ":") }),
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return kilobytes * 1024
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}

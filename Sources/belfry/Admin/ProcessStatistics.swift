import Glibc

/// What the kernel tells about this process.
struct ProcessStatistics: Hashable, Sendable {
    /// User and system time of all threads.
    var cpuSeconds: Double
    var residentBytes: Int64
    /// Since the Unix epoch; nil where the time of the host's start is not to be read.
    var startSeconds: Double?
    /// nil where the folder of descriptors is not to be read.
    var openDescriptors: Int?
    /// nil: without limit.
    var openDescriptorsMax: Int?

    /// The units in which the kernel counts.
    struct Units: Sendable {
        var ticksPerSecond: Double
        var pageBytes: Int64

        static var live: Units {
            Units(ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))), pageBytes: Int64(sysconf(Int32(_SC_PAGESIZE))))
        }
    }

    /// Reads `/proc` (proc(5)).
    ///
    /// - Returns: nil where there is none, or it is not Linux'.
    static func read(from files: FileSystem, units: Units = .live) -> ProcessStatistics? {
        guard let octets = try? files.read("/proc/self/stat", 4096) else { return nil }
        let stat = String(decoding: octets, as: UTF8.self)
        // The second field is the name in parentheses, which may hold blanks and parentheses: the last one ends it.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        // The third field of the page is the first here.
        func field(_ number: Int) -> Double? { fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil }
        guard let userTicks = field(14), let systemTicks = field(15), let startTicks = field(22), let pages = field(24)
        else { return nil }
        var statistics = ProcessStatistics(
            cpuSeconds: (userTicks + systemTicks) / units.ticksPerSecond,
            residentBytes: Int64(pages) * units.pageBytes
        )
        if let bootSeconds = bootSeconds(files) {
            statistics.startSeconds = bootSeconds + startTicks / units.ticksPerSecond
        }
        let descriptors = files.list("/proc/self/fd").count
        if descriptors > 0 { statistics.openDescriptors = descriptors }
        statistics.openDescriptorsMax = descriptorsMax(files)
        return statistics
    }

    private init(cpuSeconds: Double, residentBytes: Int64) {
        self.cpuSeconds = cpuSeconds
        self.residentBytes = residentBytes
    }

    /// When the host started: the line `btime` of `/proc/stat`.
    private static func bootSeconds(_ files: FileSystem) -> Double? {
        guard let words = words(of: "btime", in: "/proc/stat", files), words.count == 2 else { return nil }
        return Double(words[1])
    }

    /// The soft limit: `Max open files  1024  1048576  files`.
    private static func descriptorsMax(_ files: FileSystem) -> Int? {
        guard let words = words(of: "Max open files", in: "/proc/self/limits", files), words.count >= 4 else {
            return nil
        }
        return Int(words[3])
    }

    private static func words(of line: String, in path: String, _ files: FileSystem) -> [Substring]? {
        guard let octets = try? files.read(path, 1 << 20) else { return nil }
        let lines = String(decoding: octets, as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix(line + " ") }?.split(separator: " ")
    }
}

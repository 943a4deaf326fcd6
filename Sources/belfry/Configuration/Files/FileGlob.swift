/// Finds files by pattern: `*` and `?` within a name, `**` for any number of folders.
///
/// Hidden files are matched only by a pattern part that begins with a dot.
struct FileGlob {
    let fileSystem: FileSystem

    /// Bounds for a pattern that would walk a whole disk.
    private static let folderDepthMax = 32
    private static let visitsMax = 100_000

    enum Match {
        /// Sorted.
        case files([String])
        /// More was to be looked at than is sensible.
        case tooMany
    }

    /// The files that match.
    ///
    /// A pattern without wildcards matches the file of that name.
    func match(_ pattern: String) -> Match {
        let isAbsolute = pattern.hasPrefix("/")
        let parts = pattern.split(separator: "/").filter { $0 != "." }.map(String.init)
        var found: Set<String> = []
        var visits = 0
        walk(isAbsolute ? "/" : "", parts[...], depth: 0, &found, &visits)
        return visits > Self.visitsMax ? .tooMany : .files(found.sorted())
    }

    private func walk(
        _ folder: String,
        _ parts: ArraySlice<String>,
        depth: Int,
        _ found: inout Set<String>,
        _ visits: inout Int
    ) {
        visits += 1
        guard let part = parts.first, visits <= Self.visitsMax, depth <= Self.folderDepthMax else { return }
        let rest = parts.dropFirst()
        guard part.contains("*") || part.contains("?") else {
            step(into: part, of: folder, rest, depth: depth, &found, &visits)
            return
        }
        let names = fileSystem.list(folder)
        if part == "**" {
            walk(folder, rest, depth: depth, &found, &visits)
            for name in names where !name.hasPrefix(".") {
                let path = Self.join(folder, name)
                guard fileSystem.status(path)?.kind == .directory else { continue }
                walk(path, parts, depth: depth + 1, &found, &visits)
            }
            return
        }
        for name in names where Self.matches(name, part) {
            step(into: name, of: folder, rest, depth: depth, &found, &visits)
        }
    }

    private func step(
        into name: String,
        of folder: String,
        _ rest: ArraySlice<String>,
        depth: Int,
        _ found: inout Set<String>,
        _ visits: inout Int
    ) {
        let path = Self.join(folder, name)
        if rest.isEmpty {
            visits += 1
            if let kind = fileSystem.status(path)?.kind, kind != .directory { found.insert(path) }
        } else {
            walk(path, rest, depth: depth + 1, &found, &visits)
        }
    }

    /// A path below a folder; the empty folder is the working directory.
    static func join(_ folder: String, _ name: String) -> String {
        if name.hasPrefix("/") || folder.isEmpty { return name }
        return folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// The folder of a file; empty for a bare name.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Whether a name matches a pattern of `*` and `?`, in time linear in their product.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        if name.hasPrefix("."), !pattern.hasPrefix(".") { return false }
        let name = Array(name.unicodeScalars)
        let pattern = Array(pattern.unicodeScalars)
        var nameIndex = 0
        var patternIndex = 0
        var star: (pattern: Int, name: Int)?
        while nameIndex < name.count {
            let wanted = patternIndex < pattern.count ? pattern[patternIndex] : nil
            if wanted == "*" {
                star = (patternIndex, nameIndex)
                patternIndex += 1
            } else if wanted == "?" || wanted == name[nameIndex] {
                nameIndex += 1
                patternIndex += 1
            } else if let last = star {
                // The last star takes one more character.
                star = (last.pattern, last.name + 1)
                patternIndex = last.pattern + 1
                nameIndex = last.name + 1
            } else {
                return false
            }
        }
        return pattern[patternIndex...].allSatisfy { $0 == "*" }
    }
}

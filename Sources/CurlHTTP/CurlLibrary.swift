internal import CCurl

/// What libcurl is told once per process, and knows about itself.
enum CurlLibrary {
    /// The result of the library's own set-up; thread-safe, as Swift makes a static value once.
    private static let setUp: CURLcode = curl_global_init(Int(CURL_GLOBAL_SSL))

    /// Makes sure that the library is set up.
    static func require() throws(CurlSetupError) {
        guard setUp == CURLE_OK else { throw CurlSetupError("curl_global_init: \(text(setUp))") }
    }

    /// True when the library has a file of trusted certificates built in, so that it needs no folder of them as well.
    static let hasTrustFile = unsafe belfry_builtin_trust_file() != nil

    /// The library's words for one of its codes.
    static func text(_ code: CURLcode) -> String {
        // SAFETY: a constant of the library for any number.
        unsafe String(cString: curl_easy_strerror(code))
    }
}

extension Duration {
    /// This duration in milliseconds, rounded up, from 0 to what C takes.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        guard self > .zero else { return 0 }
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow
            ? Int(Int32.max) : min(Int(Int32.max), Int(product) + Int((attoseconds - 1) / 1_000_000_000_000_000) + 1)
    }

    /// This duration in seconds, rounded up, at least 1.
    var wholeSeconds: Int {
        max(1, (wholeMilliseconds + 999) / 1000)
    }
}

private import CCurl

// What each request is told, in the order: whom to talk to, how, and what to say.
extension EasyHandle {
    /// Sets all that does not depend on the request.
    borrowing func configure(_ configuration: CurlConfiguration) throws(CurlSetupError) {
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_HTTP09_ALLOWED, 0)
        try set(CURLOPT_PROTOCOLS_STR, configuration.allowsPlainHTTP ? "https,http" : "https")
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        try set(CURLOPT_CONNECTTIMEOUT_MS, max(1, configuration.connectTimeout.wholeMilliseconds))
        try set(CURLOPT_MAXAGE_CONN, configuration.idleAgeMax.wholeSeconds)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_KEEPIDLE, configuration.keepAliveInterval.wholeSeconds)
        try set(CURLOPT_TCP_KEEPINTVL, configuration.keepAliveInterval.wholeSeconds)
        // Without this, taking away a request whose name lookup hangs would wait for the lookup, and every other request with it.
        try set(CURLOPT_QUICK_EXIT, 1)
        try configureTLS(configuration)
        try configureProxy(configuration.proxy)
    }

    private borrowing func configureTLS(_ configuration: CurlConfiguration) throws(CurlSetupError) {
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        try set(CURLOPT_PROXY_SSL_VERIFYPEER, 1)
        try set(CURLOPT_PROXY_SSL_VERIFYHOST, 2)
        if let file = configuration.caFile {
            try set(CURLOPT_CAINFO, file)
            try set(CURLOPT_PROXY_CAINFO, file)
        }
        // libcurl trusts a built-in folder besides the file: one's own file would add to the system's store instead of replacing it.
        // Nor does libcurl keep parsed certificates between connections when there is a folder.
        if configuration.caFile != nil || CurlLibrary.hasTrustFile {
            try set(CURLOPT_CAPATH, nil)
            try set(CURLOPT_PROXY_CAPATH, nil)
        }
        if let certificate = configuration.clientCertificate {
            try set(CURLOPT_SSLCERT, certificate.certificateFile)
            try set(CURLOPT_SSLKEY, certificate.keyFile)
        }
    }

    private borrowing func configureProxy(_ proxy: CurlConfiguration.Proxy?) throws(CurlSetupError) {
        // An empty text is not the same as none: it keeps libcurl from asking the environment.
        try set(CURLOPT_PROXY, proxy?.url ?? "")
        try set(CURLOPT_NOPROXY, "")
        guard let proxy else { return }
        try set(CURLOPT_HTTPPROXYTUNNEL, 1)
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        if let credentials = proxy.credentials {
            try set(CURLOPT_PROXYAUTH, belfry_auth_basic)
            try set(CURLOPT_PROXYUSERNAME, credentials.user)
            try set(CURLOPT_PROXYPASSWORD, credentials.password)
        }
    }

    /// Sets what is asked of the server.
    mutating func prepare(_ request: HTTPRequest) throws(CurlSetupError) {
        try set(CURLOPT_URL, request.url)
        switch request.method {
        case .get: try set(CURLOPT_HTTPGET, 1)
        case .delete where request.body.isEmpty:
            try set(CURLOPT_HTTPGET, 1)
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case .post, .put, .delete:
            try set(CURLOPT_POST, 1)
            try set(body: request.body)
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        try set(fieldLines: Self.lines(request.fields))
    }

    /// The fields in libcurl's form, and what keeps libcurl from adding its own.
    private static func lines(_ fields: [HTTPField]) -> [String] {
        // "Name;" is an empty field, "Name:" one that libcurl would add and must not (CURLOPT_HTTPHEADER(3)).
        var lines = fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        for name in ["Expect", "Accept", "Content-Type"]
        where !fields.contains(where: { $0.name.lowercased() == name.lowercased() }) {
            lines.append("\(name):")
        }
        return lines
    }
}

/// A certificate for com.example.shop, valid from 2026-01-01 to 2027-01-31, and keys. None is in use anywhere.
enum CertificateSample {
    /// 2026-01-01T00:00:00Z.
    static let notBeforeMs: Int64 = 1_767_225_600_000
    /// 2027-01-31T00:00:00Z.
    static let notAfterMs: Int64 = 1_801_353_600_000

    static let app = """
        -----BEGIN CERTIFICATE-----
        MIICTjCCAfWgAwIBAgIBATAKBggqhkjOPQQDAjAfMR0wGwYDVQQDDBRFeGFtcGxl
        IGludGVybWVkaWF0ZTAeFw0yNjAxMDEwMDAwMDBaFw0yNzAxMzEwMDAwMDBaMGQx
        IDAeBgoJkiaJk/IsZAEBDBBjb20uZXhhbXBsZS5zaG9wMS4wLAYDVQQDDCVBcHBs
        ZSBQdXNoIFNlcnZpY2VzOiBjb20uZXhhbXBsZS5zaG9wMRAwDgYDVQQKDAdFeGFt
        cGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+w+Zs/tn2nZEh5Z2sryXCMsO
        bnjqDCpG6tIhCvaHf5hWAChtjUICpztEAwr8iPLk+ARTSK4Z16GhCUnje9UcwaOB
        3DCB2TAJBgNVHRMEAjAAMBMGA1UdJQQMMAoGCCsGAQUFBwMCMHcGCiqGSIb3Y2QG
        AwYEaTBnDBBjb20uZXhhbXBsZS5zaG9wMAUMA2FwcAwVY29tLmV4YW1wbGUuc2hv
        cC52b2lwMAYMBHZvaXAMHWNvbS5leGFtcGxlLnNob3AuY29tcGxpY2F0aW9uMA4M
        DGNvbXBsaWNhdGlvbjAdBgNVHQ4EFgQUwuOXZoi9GE8msyje9D9peRPjy7QwHwYD
        VR0jBBgwFoAUPWFeakDyHXjdjJNhlayXfq5kEzMwCgYIKoZIzj0EAwIDRwAwRAIg
        OmVzGE5s3HGZr+DtdA0k+av8FmS2rlZbGnWnKPA8MOgCICPOjJlBKH/Ho8MZOYnm
        VO398UlcYPPYbfGOFPt0CApB
        -----END CERTIFICATE-----

        """

    /// Of the certificate.
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgB5CfA2ioPrBJbpch
        3bZdNeVDQyup8lH1RLXhnSrh2DKhRANCAAT7D5mz+2fadkSHlnayvJcIyw5ueOoM
        Kkbq0iEK9od/mFYAKG2NQgKnO0QDCvyI8uT4BFNIrhnXoaEJSeN71RzB
        -----END PRIVATE KEY-----

        """

    /// Of another one.
    static let otherKey = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIOC9BPHjy09Z8mnwvzb3c0V2ETikLhe52xdS2vIEk2V4oAoGCCqGSM49
        AwEHoUQDQgAE6hcrT79pywwQggrvroYMs2RUsPgJ9YDnoxnXSxexmLyFBihKTY3f
        pdnXMHsAbsF7gJnzM5sU6pt2eAMfuRreUg==
        -----END EC PRIVATE KEY-----

        """
}

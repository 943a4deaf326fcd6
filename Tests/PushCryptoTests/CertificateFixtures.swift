/// Certificates for tests: valid from 2026-01-01 to 2027-01-31 unless said otherwise, made with `openssl ca`.
///
/// No key is in use anywhere.
enum CertificateFixtures {
    /// 2026-01-01T00:00:00Z.
    static let notBeforeMs: Int64 = 1_767_225_600_000
    /// 2027-01-31T00:00:00Z.
    static let notAfterMs: Int64 = 1_801_353_600_000

    /// For com.example.shop, with the topics of the app, its VoIP calls and its complications.
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

    /// For com.example.shop, without the extension.
    static let withoutTopics = """
        -----BEGIN CERTIFICATE-----
        MIIBvzCCAWWgAwIBAgIBAjAKBggqhkjOPQQDAjAfMR0wGwYDVQQDDBRFeGFtcGxl
        IGludGVybWVkaWF0ZTAeFw0yNjAxMDEwMDAwMDBaFw0yNzAxMzEwMDAwMDBaMGQx
        IDAeBgoJkiaJk/IsZAEBDBBjb20uZXhhbXBsZS5zaG9wMS4wLAYDVQQDDCVBcHBs
        ZSBQdXNoIFNlcnZpY2VzOiBjb20uZXhhbXBsZS5zaG9wMRAwDgYDVQQKDAdFeGFt
        cGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+w+Zs/tn2nZEh5Z2sryXCMsO
        bnjqDCpG6tIhCvaHf5hWAChtjUICpztEAwr8iPLk+ARTSK4Z16GhCUnje9UcwaNN
        MEswCQYDVR0TBAIwADAdBgNVHQ4EFgQUwuOXZoi9GE8msyje9D9peRPjy7QwHwYD
        VR0jBBgwFoAUPWFeakDyHXjdjJNhlayXfq5kEzMwCgYIKoZIzj0EAwIDSAAwRQIg
        Ux2id9H00qe6iUFxULPjxKH7gHm1Z7K1N1KdXmnzlJ0CIQD/EJaTrf0oI9WkS1D0
        yLpQq36oiBL+1FRdLKbw5AR3SA==
        -----END CERTIFICATE-----

        """

    /// For com.example.shop, with a number in the place of topics.
    static let unknownTopics = """
        -----BEGIN CERTIFICATE-----
        MIIBxjCCAW2gAwIBAgIBAzAKBggqhkjOPQQDAjAfMR0wGwYDVQQDDBRFeGFtcGxl
        IGludGVybWVkaWF0ZTAeFw0yNjAxMDEwMDAwMDBaFw0yNzAxMzEwMDAwMDBaMGQx
        IDAeBgoJkiaJk/IsZAEBDBBjb20uZXhhbXBsZS5zaG9wMS4wLAYDVQQDDCVBcHBs
        ZSBQdXNoIFNlcnZpY2VzOiBjb20uZXhhbXBsZS5zaG9wMRAwDgYDVQQKDAdFeGFt
        cGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+w+Zs/tn2nZEh5Z2sryXCMsO
        bnjqDCpG6tIhCvaHf5hWAChtjUICpztEAwr8iPLk+ARTSK4Z16GhCUnje9UcwaNV
        MFMwEQYKKoZIhvdjZAYDBgQDAgEFMB0GA1UdDgQWBBTC45dmiL0YTyazKN70P2l5
        E+PLtDAfBgNVHSMEGDAWgBQ9YV5qQPIdeN2Mk2GVrJd+rmQTMzAKBggqhkjOPQQD
        AgNHADBEAiBP9HLN2ktSu6cr0CMol2z9KkMJmFUASGI27NdwmKXBmQIgPm54bCDU
        sxlZqe6GDY7t7xsFDPO5HXfLpMaLEraHL5M=
        -----END CERTIFICATE-----

        """

    /// Without UID and extension.
    static let nameless = """
        -----BEGIN CERTIFICATE-----
        MIIBbDCCARKgAwIBAgIBBDAKBggqhkjOPQQDAjAfMR0wGwYDVQQDDBRFeGFtcGxl
        IGludGVybWVkaWF0ZTAeFw0yNjAxMDEwMDAwMDBaFw0yNzAxMzEwMDAwMDBaMBEx
        DzANBgNVBAMMBm5vYm9keTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPsPmbP7
        Z9p2RIeWdrK8lwjLDm546gwqRurSIQr2h3+YVgAobY1CAqc7RAMK/Ijy5PgEU0iu
        GdehoQlJ43vVHMGjTTBLMAkGA1UdEwQCMAAwHQYDVR0OBBYEFMLjl2aIvRhPJrMo
        3vQ/aXkT48u0MB8GA1UdIwQYMBaAFD1hXmpA8h143YyTYZWsl36uZBMzMAoGCCqG
        SM49BAMCA0gAMEUCIQCV2uFZ5GmdawHwEuYg+cZ9nl16XPDquuH3gRP3bhEGkgIg
        DOqbfxcbYDhoS0EoYds47syf5ZXCF/EVyRsI+Ks7Fpg=
        -----END CERTIFICATE-----

        """

    /// Of who signed the others.
    static let intermediate = """
        -----BEGIN CERTIFICATE-----
        MIIBlTCCATugAwIBAgIUAtmPuFvKNt2azkww4vGodWoWD28wCgYIKoZIzj0EAwIw
        HzEdMBsGA1UEAwwURXhhbXBsZSBpbnRlcm1lZGlhdGUwIBcNMjYxMTI0MDE0NjAz
        WhgPMjEyNjEwMzEwMTQ2MDNaMB8xHTAbBgNVBAMMFEV4YW1wbGUgaW50ZXJtZWRp
        YXRlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEReAuvUYSJ+ds8Ib13rBmGw0k
        4B8FP2dPkpTBEgp3gGWs+LD1AovWp3olVlWQXUb68ditV+m2X7UKL72jzzBIuKNT
        MFEwHQYDVR0OBBYEFD1hXmpA8h143YyTYZWsl36uZBMzMB8GA1UdIwQYMBaAFD1h
        XmpA8h143YyTYZWsl36uZBMzMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
        SAAwRQIgWrkARwRwthYCOxGSu4VC1XCxtOGyC1M9hoD9AGPBxoICIQDC2rZaQrKa
        672MYfv6JUvtAnKnuXc/fdS3pUFEa7JRSw==
        -----END CERTIFICATE-----

        """

    /// Of all of them, in PKCS #8.
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgB5CfA2ioPrBJbpch
        3bZdNeVDQyup8lH1RLXhnSrh2DKhRANCAAT7D5mz+2fadkSHlnayvJcIyw5ueOoM
        Kkbq0iEK9od/mFYAKG2NQgKnO0QDCvyI8uT4BFNIrhnXoaEJSeN71RzB
        -----END PRIVATE KEY-----

        """

    /// Of none of them.
    static let otherKey = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIOC9BPHjy09Z8mnwvzb3c0V2ETikLhe52xdS2vIEk2V4oAoGCCqGSM49
        AwEHoUQDQgAE6hcrT79pywwQggrvroYMs2RUsPgJ9YDnoxnXSxexmLyFBihKTY3f
        pdnXMHsAbsF7gJnzM5sU6pt2eAMfuRreUg==
        -----END EC PRIVATE KEY-----

        """

    /// The key with a pass phrase.
    static let encryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgxWZ+pkbFnzQICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEONlDIAXy9fh6jTfB5dYNBoEgZBu
        /Ez1+Oz3O/gN2d25qOHE7Z/gleBqX4vzTfeaLGeos0dN221E0C9rk+UOEsV/D0Hm
        /H590YAXcq/UoDgvNr4cNViwBUxYQ9tsCAFJd6ndGzGIdlwStXfP+/ajY7cxWO3v
        3sOT5DKKdYg7A/dTZHPCxOzmfmu1WwhHG8o2lW55jp29P69r6PYp6h+lT5IKSDw=
        -----END ENCRYPTED PRIVATE KEY-----

        """

    /// As `app`, with an RSA key, as Apple makes them.
    static let rsaApp = """
        -----BEGIN CERTIFICATE-----
        MIIDGjCCAsCgAwIBAgIBBTAKBggqhkjOPQQDAjAfMR0wGwYDVQQDDBRFeGFtcGxl
        IGludGVybWVkaWF0ZTAeFw0yNjAxMDEwMDAwMDBaFw0yNzAxMzEwMDAwMDBaMGQx
        IDAeBgoJkiaJk/IsZAEBDBBjb20uZXhhbXBsZS5zaG9wMS4wLAYDVQQDDCVBcHBs
        ZSBQdXNoIFNlcnZpY2VzOiBjb20uZXhhbXBsZS5zaG9wMRAwDgYDVQQKDAdFeGFt
        cGxlMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAy4W9B7mMgakxQ/mX
        oBPL9FXgRs1jGUMLJkktXEhJEwBKHt4Q5HSS/qUeNKx/1xyou0Us0WXm33OBRpgM
        SAZHHHvhbP3Gypzspq3PO4f8TpImWhQA1JUFeYdqBlpq+Wor3Vz81VO1FVab2mWe
        Y/uGfRYJ27iQfQqw5pSVI5PkPQulcKOhgYZtrTzZZdXtOvFq2yKztRS6L37M7W9/
        evBfVdmEOcAD92Cxmp88WMcTfTZLjp7Zn6jcn5WJ4IiJfVUZy4eswk7+UD8kX3+u
        9ZamFS0NK+EbImF+SFUzG94Sc/tWvgxARe0BK2emISQPG49WrtsA1ohwm7zSfl0M
        NKPLnQIDAQABo4HcMIHZMAkGA1UdEwQCMAAwEwYDVR0lBAwwCgYIKwYBBQUHAwIw
        dwYKKoZIhvdjZAYDBgRpMGcMEGNvbS5leGFtcGxlLnNob3AwBQwDYXBwDBVjb20u
        ZXhhbXBsZS5zaG9wLnZvaXAwBgwEdm9pcAwdY29tLmV4YW1wbGUuc2hvcC5jb21w
        bGljYXRpb24wDgwMY29tcGxpY2F0aW9uMB0GA1UdDgQWBBQTF7KXRo6abtcaEOMd
        qePPLIjilTAfBgNVHSMEGDAWgBQ9YV5qQPIdeN2Mk2GVrJd+rmQTMzAKBggqhkjO
        PQQDAgNIADBFAiAii3+TxE9m8sugpGAyK6Fih5FryTyu6q3UGsPYEGZz1gIhAKRa
        MQTWWj5xS7PSSC9gQoU7jt7/EZRsZgUz44zNqFbT
        -----END CERTIFICATE-----

        """

    /// The RSA key in PKCS #8.
    static let rsaKey = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDLhb0HuYyBqTFD
        +ZegE8v0VeBGzWMZQwsmSS1cSEkTAEoe3hDkdJL+pR40rH/XHKi7RSzRZebfc4FG
        mAxIBkcce+Fs/cbKnOymrc87h/xOkiZaFADUlQV5h2oGWmr5aivdXPzVU7UVVpva
        ZZ5j+4Z9FgnbuJB9CrDmlJUjk+Q9C6Vwo6GBhm2tPNll1e068WrbIrO1FLovfszt
        b3968F9V2YQ5wAP3YLGanzxYxxN9NkuOntmfqNyflYngiIl9VRnLh6zCTv5QPyRf
        f671lqYVLQ0r4RsiYX5IVTMb3hJz+1a+DEBF7QErZ6YhJA8bj1au2wDWiHCbvNJ+
        XQw0o8udAgMBAAECggEAIhR/yiCbwuWQUpvjtEJEY6KStwBzEPqdThiwYBTZqbUh
        dEhGx16u87W2GGdvU9fgeFV10w2viqjmk6nn2pK0izRCVBQt2uVKqoGN41/a09Rc
        2DYjynU20Looeq5e3euVs1B8JQPKnateV0SvcHogs+cCGRkvlsS4yS/FxoqgDEmP
        Xw5B8I82D+UMO98rbkXOJfLN0PO1F72F/2r/rDF+1AwBvjZH0FGqlpoaFIfA/7p2
        7ljjhkmUnO0aPJMsa2JyreuMtEApsKqoY3b7s14WaNSFDrkjMR8GpGFPXWlNLo6l
        TKAuMMBu6fhRXLvd79BJH4V+DNJMeXumJE9kI2Gh0QKBgQD80A1Xzt1xDt9BqfDV
        Y/RWtuCVbqiD0xEq0/5iDsRw6vtwU8ce5K2/czZ0sh8FfvGOIf2sA5S30HNILaYv
        uuj2PT4/JO/+KBrMjL+Rpa6s1JiqTLQcRspX2fjdyIC7EmaYKdJnJaBBaMiT3P4E
        VpXApfI8zYljEhIF5Lw/ywZp8QKBgQDOFppV1RZ1igoCA+Ki/plGRx9BVf+9PC5s
        F5Zg1AbdGgxGzh0ZJiSO2tmyiuIgm95sKv8b0Yfj+Ht5XAbmG2Vd3Bb92LITkzBW
        faBMSQMUUdlukhMKP0TVXuzIOCHEWLEGv1jWQ6q/n15NFDwYFcsLLu+ZWDmsY+0v
        lzIKoEOwbQKBgQDiwETHdh590iYCgkclTiKQSDTFMtxoaD5kmIH4N2CQGuLsy+ez
        2M3SAqdcIYrbZhGINwqMZyXTfF555Z/B/bYHbcTP4/RxlEz9HFySaPVzxLctP+Dn
        38KK61Fgsv5rS8TDQ/eYVlIXeME2hic7guGMSgsr5/oK5uFNcew6l4GoMQKBgFbQ
        MK1NeQuEXZjhuBu/MiPnm+Py7Sry6f9ApGkfh9Clw1wkQR+x8J541FGgrYbdAgIA
        zrwSNLM0nhbOTF2sVrQGHW1LViBm1WrpupfH/dMWc4hfYkPjyQQ023uwIZFLZy8X
        db20fX4BDUFc77+ZlpGccPPgtVLIOUbd4weU4U61AoGAeljmWbrIkV522CsFqZtb
        BfHSe22dJG3HpdBCFmeqkzVD63AZi4bLUf3XRrJxG05lcGN38jnEerqfZT5akL6w
        xNV1TgYKTL/e5XDUeuiodt7xij+/hRRe9B9D8/5tukrJQkN1VB1Xi7FSHH4yNUzk
        aybi0d9qDHvKajNqgq7uCAk=
        -----END PRIVATE KEY-----

        """

    /// The RSA key in PKCS #1.
    static let rsaKeyPKCS1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEAy4W9B7mMgakxQ/mXoBPL9FXgRs1jGUMLJkktXEhJEwBKHt4Q
        5HSS/qUeNKx/1xyou0Us0WXm33OBRpgMSAZHHHvhbP3Gypzspq3PO4f8TpImWhQA
        1JUFeYdqBlpq+Wor3Vz81VO1FVab2mWeY/uGfRYJ27iQfQqw5pSVI5PkPQulcKOh
        gYZtrTzZZdXtOvFq2yKztRS6L37M7W9/evBfVdmEOcAD92Cxmp88WMcTfTZLjp7Z
        n6jcn5WJ4IiJfVUZy4eswk7+UD8kX3+u9ZamFS0NK+EbImF+SFUzG94Sc/tWvgxA
        Re0BK2emISQPG49WrtsA1ohwm7zSfl0MNKPLnQIDAQABAoIBACIUf8ogm8LlkFKb
        47RCRGOikrcAcxD6nU4YsGAU2am1IXRIRsdervO1thhnb1PX4HhVddMNr4qo5pOp
        59qStIs0QlQULdrlSqqBjeNf2tPUXNg2I8p1NtC6KHquXt3rlbNQfCUDyp2rXldE
        r3B6ILPnAhkZL5bEuMkvxcaKoAxJj18OQfCPNg/lDDvfK25FziXyzdDztRe9hf9q
        /6wxftQMAb42R9BRqpaaGhSHwP+6du5Y44ZJlJztGjyTLGticq3rjLRAKbCqqGN2
        +7NeFmjUhQ65IzEfBqRhT11pTS6OpUygLjDAbun4UVy73e/QSR+FfgzSTHl7piRP
        ZCNhodECgYEA/NANV87dcQ7fQanw1WP0VrbglW6og9MRKtP+Yg7EcOr7cFPHHuSt
        v3M2dLIfBX7xjiH9rAOUt9BzSC2mL7ro9j0+PyTv/igazIy/kaWurNSYqky0HEbK
        V9n43ciAuxJmmCnSZyWgQWjIk9z+BFaVwKXyPM2JYxISBeS8P8sGafECgYEAzhaa
        VdUWdYoKAgPiov6ZRkcfQVX/vTwubBeWYNQG3RoMRs4dGSYkjtrZsoriIJvebCr/
        G9GH4/h7eVwG5htlXdwW/diyE5MwVn2gTEkDFFHZbpITCj9E1V7syDghxFixBr9Y
        1kOqv59eTRQ8GBXLCy7vmVg5rGPtL5cyCqBDsG0CgYEA4sBEx3YefdImAoJHJU4i
        kEg0xTLcaGg+ZJiB+DdgkBri7Mvns9jN0gKnXCGK22YRiDcKjGcl03xeeeWfwf22
        B23Ez+P0cZRM/Rxckmj1c8S3LT/g59/CiutRYLL+a0vEw0P3mFZSF3jBNoYnO4Lh
        jEoLK+f6CubhTXHsOpeBqDECgYBW0DCtTXkLhF2Y4bgbvzIj55vj8u0q8un/QKRp
        H4fQpcNcJEEfsfCeeNRRoK2G3QICAM68EjSzNJ4WzkxdrFa0Bh1tS1YgZtVq6bqX
        x/3TFnOIX2JD48kENNt7sCGRS2cvF3W9tH1+AQ1BXO+/mZaRnHDz4LVSyDlG3eMH
        lOFOtQKBgHpY5lm6yJFedtgrBambWwXx0nttnSRtx6XQQhZnqpM1Q+twGYuGy1H9
        10aycRtOZXBjd/I5xHq6n2U+WpC+sMTVdU4GCky/3uVw1HroqHbe8Yo/v4UUXvQf
        Q/P+bbpKyUJDdVQdV4uxUhx+MjVM5Gsm4tHfagx7ymozaoKu7ggJ
        -----END RSA PRIVATE KEY-----

        """

    /// A request for a certificate.
    static let request = """
        -----BEGIN CERTIFICATE REQUEST-----
        MIIBIDCBxgIBADBkMSAwHgYKCZImiZPyLGQBAQwQY29tLmV4YW1wbGUuc2hvcDEu
        MCwGA1UEAwwlQXBwbGUgUHVzaCBTZXJ2aWNlczogY29tLmV4YW1wbGUuc2hvcDEQ
        MA4GA1UECgwHRXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPsPmbP7
        Z9p2RIeWdrK8lwjLDm546gwqRurSIQr2h3+YVgAobY1CAqc7RAMK/Ijy5PgEU0iu
        GdehoQlJ43vVHMGgADAKBggqhkjOPQQDAgNJADBGAiEAszgen1hv9CfxZhnXr1Mm
        o04eIJlgSApdpeKo8VCr0joCIQDm8Gs9kEjFz5xh+4VANUP2uNhCksQbC392TNf1
        iciBrQ==
        -----END CERTIFICATE REQUEST-----

        """
}

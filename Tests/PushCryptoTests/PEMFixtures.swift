/// Keys for tests, in all the forms that people have them in.
///
/// None is in use anywhere.
enum PEMFixtures {
    /// The key of RFC 7515 A.3 in PKCS #8, as Apple's `.p8` files are.
    static let pkcs8 = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff
        H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp
        7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt
        -----END PRIVATE KEY-----

        """

    /// The same key in SEC 1.
    static let sec1 = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49
        AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b
        focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
        -----END EC PRIVATE KEY-----

        """

    /// The same key as `openssl ecparam -genkey` writes it.
    static let sec1WithParameters = """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49
        AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b
        focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
        -----END EC PRIVATE KEY-----

        """

    /// The same key with its public part compressed.
    static let compressed = """
        -----BEGIN EC PRIVATE KEY-----
        MFcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49
        AwEHoSQDIgADf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=
        -----END EC PRIVATE KEY-----

        """

    /// The same key without its public part.
    static let withoutPublic = """
        -----BEGIN EC PRIVATE KEY-----
        MDECAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49
        AwEH
        -----END EC PRIVATE KEY-----

        """

    /// The same key, encrypted.
    static let encryptedPKCS8 = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhU6HeftZp5ZQICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEF1iXts8aGeNqZ76aW1MVXQEgZCU
        EpVlv3RJ4SpQ5BluQ86ysj7zvns6GGCAfVDcfTxdCGBYjiglLB/Zp/qtiBwFXGlL
        1YGnBtfag3AeIlUWvrCTi3IttpoKngAItEaXyb8tS1Nz+XQwG/fkLDGfmfnsUo8x
        PekvoK6um5uIo3F1Rio0KlW5mgxQn1fHz9NDpmO2x+x2SUoBXmWQvcCddF/kRuM=
        -----END ENCRYPTED PRIVATE KEY-----

        """

    /// The same key, encrypted in the older way.
    static let encryptedSEC1 = """
        -----BEGIN EC PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,A37F21B54DA52FDAA41EFE4ED14372C9

        epCgxQIxkj2h/UmrQmUe2m6uLA5ztdRvfgF8NByMQAX6XvIHyzj5D6QcTz76Pasf
        wipwnJGd/CIMPbv6an/0+TP2BAmPo/PM4hZRJQaRouw3mQYPzvSmwOtYkIV1aeXY
        ZlZ5PFONdxRAUCY1bbe5dqkZ3ucvLHUBq5T/PriJjgs=
        -----END EC PRIVATE KEY-----

        """

    /// The public part of the same key.
    static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7
        6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
        -----END PUBLIC KEY-----

        """

    /// The same key with the public part of another.
    static let foreignPublic = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff
        H1136cspYG6+0iY7X1fCE9+E9LKhRANCAASOUztvoL97RiW7MGZ8Aftgfvn4uKgP
        71swBihwMYeyo3PrHb3gMxg2bQafg6b1kABTxzYzywQbIcVeGobB9AC0
        -----END PRIVATE KEY-----

        """

    /// A private number that is the order of the curve.
    static let scalarTooLarge = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/////wAAAAD/////
        /////7zm+q2nF56E87nKwvxjJVGhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp
        7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt
        -----END PRIVATE KEY-----

        """

    /// A key on another curve, P-384.
    static let p384 = """
        -----BEGIN PRIVATE KEY-----
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBo3qZQe+TVjMmepdgp
        9nJKVFERPE+0cX9oykBPKtz3l7Bl4Q2dhc7Qe5V5FzQhET6hZANiAATPYR69EMvB
        aE7DC+FQLVpRbN6tg6eRPWvJA2NLA3EzxpbzefwxfrseWuHYNTLYr3Cm6d8taVmy
        F+pmCD1D2SG5gLnX+4uklnC/SsBKrgbP3gJ2tkhtk1kFiE0rcHjQMmM=
        -----END PRIVATE KEY-----

        """

    /// A key on another curve of the same size.
    static let secp256k1 = """
        -----BEGIN PRIVATE KEY-----
        MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgpoM+IPOD61o8xd3fNheJ
        vWM/NxcCOk8zW+KLcx9wsuKhRANCAAQC3nqKmzP8bOR9/MffKDRkUhAETkgn6YPb
        5fc26yVtpuOVNznZS68bKuPmuqrjtK5Qw5C3B6pGqtkuSxllrz2P
        -----END PRIVATE KEY-----

        """

    /// A key of another algorithm.
    static let ed25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEICVyzGMu690ataMdshyackrSqAsTMykydpfeDl1geM7u
        -----END PRIVATE KEY-----

        """

    /// An RSA key (512 bits: a shape, not a key) in PKCS #8.
    static let rsaPKCS8 = """
        -----BEGIN PRIVATE KEY-----
        MIIBUwIBADANBgkqhkiG9w0BAQEFAASCAT0wggE5AgEAAkEAp7T8pJV9WAVfo937
        R7YRuzga0XoJYD76+SK5EJRVWcYYvAOIA/33r9V6SoXA0E/LDacCEAQNQUEJRowC
        U/uUEQIDAQABAkARqCiBW4va3JX5NsHiBvVO9NU+AM9D5t2dpV4+tJ9X2CvE7LO0
        sxPODxHt7rHyV95QUMKl3DLJyOwjQ5KOu1ABAiEA2/7ZmP6xIfC7ui1ifsj2aR7M
        sQmywRHCpNuBG5zdHNECIQDDJ2elp/9/LwpREa/ze8fFp6cBrcMZzWiBWbCaWWfT
        QQIgGd/Tf+cUtkU2DyOfXgIM2ThCIuBdIdAQ8IrQmIrOhsECIG/njJuFNhDsHHJY
        PhjUhb1lYXKo/RMyohZqI8aeNdcBAiBrPArvtRfyPe8wDGNswb4/xBnxf2q7DWIJ
        7hQIeMsyqQ==
        -----END PRIVATE KEY-----

        """

    /// The same in the older form.
    static let rsaPKCS1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIBOQIBAAJBALISMJRpYsC6LJgGG1PfgpUmK8qsjIWZIPQIbCZswj4C4TGZhASW
        GdENJqifwWQJKEZaxWIyha/m/1lFYXszYUMCAwEAAQJARTlHA1rYlf2J+mtdUkSw
        WdTl7zsWwZTet59Sk7lx5XLIS6Y4G9JDvVrO91xbIOQWN1Kjqkts1QysLapZDrlC
        UQIhAOwKx+Fv6Kt9+MNDCBbRBiBSJVI5+GglTbWIkRH9RR7LAiEAwSCal9GTinvP
        Ur7B9GBbNrRX587qwLh+hwk4enKVQGkCIGhphG1mkWd6u9W0Cxn8sFcPv06WMhnv
        lmZc2L86Z57tAiB0dBKEBU2wLaQAQyJ1Fz0pKWnwT6biet1g08CIpVs2MQIgN/ee
        qYogEqhMCi2owA6syRsI8fPouw5JJ9+B/msP3tI=
        -----END RSA PRIVATE KEY-----

        """
}

/// RSA keys for tests, in all the forms that people have them in.
///
/// None is in use anywhere.
enum RSAFixtures {
    /// The key of RFC 7515 A.2 in PKCS #8, as service account files hold it.
    static let pkcs8 = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh+BYK4uPJtGXO
        jS1lYmM2K5J9vinh8CR3/BYlzJChNuOL2TSXxbbqY913EeZ8dCn5VrD7io8ImtxL
        aYk8wTM/U+3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8TA5a8bpvfbr3SvaNn
        juygxmj3AbONv/s4yDQs4v5tJ/reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5
        ROjtZMEQxrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKjlnAqH2QbgtPr8jkiGUkf
        toaHLFcW9Qr4NY2ai50Xw0Byj3+H2JoY2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHg
        VFbK5emhAgMBAAECggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyW
        PEAeP88vLNO97IjlA7/GQ5sLKMgvfTeXZx9SE+7YwVol2NXOoAJe46sui395IW/G
        O+pWJ1O0BkTGoVEn2bKVRUCgu+GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzj
        kn439X0M/V51gfpRLI9JYanrC4D4qAdGcopV/0ZHHzQlBjudU2QvXt4ehNYTCBr6
        XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl/x/jTj3ccPDVZFD9pIuhLhBOneufuBiB
        4cS98l2SR/RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0K
        pLttoLhyt3SmqdEf/kgHePDdtzEafpAu+cS191R2JiuoF2yzWXnwFDcqGigp5BNr
        0AHQfD8/Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDnEd3BbVWG8qf6deqE
        lMGAg+C2V0L4oNXnP7LZcPAZRwKBgQC5A8R+CZW2MvRTLLHzwZkUXV866cff7tx6
        kqa0finGG0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7vMVgePsLq6XtON4tB5kP9jAP
        rq3rbAOal78eUH5OcED6eNuCV8ixEu1eWcPNCS/l1OW1EnXUEoEHKl54Xrrz2uNw
        kgMTP1FZ1wKBgAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7/Ls5bkUp
        5u9SN0Ai3Ya6hNnvWJMb7sXQX6U/zyO2M/hTip7tUeh7CXgwo59dkpN75gJLVds2
        9+DAncu3KXU4f2Fa+7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf/
        evpitUf+4JYbLpvNXWcY052Mpz22aR84mY3nh3F2LF2mjMJDpTg7FmuyPcVw6EcG
        yoAe9fa65iNqCq+jdw6PVNGo2hxfjSiZ8IIzHdsPXI89//pMjZcQK9r+CCoRjaZj
        OYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2
        tOgrjbcrfvtQJipd+DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd/QJQ3
        ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp/gh6A56
        03k2+ZQwVK0JKSHuLFkuQ3U=
        -----END PRIVATE KEY-----

        """

    /// The same key in PKCS #1.
    static let pkcs1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd/wWJcyQoTbji9k0
        l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pC
        gNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb/7OMg0LOL+bSf63kpaSHSX
        ndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD
        Zlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxXFvUK+DWNmoudF8NAco9/h9iaGNj8
        q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQIDAQABAoIBABKucaRpzQorw35S
        bEUAVx8dYXUdZOlJcHtiWQ+dC6V8ljxAHj/PLyzTveyI5QO/xkObCyjIL303l2cf
        UhPu2MFaJdjVzqACXuOrLot/eSFvxjvqVidTtAZExqFRJ9mylUVAoLvhowVWmC1O
        n95fZCXxTUtxNEG1Xcc7m0rtzJKs45J+N/V9DP1edYH6USyPSWGp6wuA+KgHRnKK
        Vf9GRx80JQY7nVNkL17eHoTWEwga+lwi0FEoW9Y7lDtWXYmKBWhUE+U8PGxlJf8f
        40493HDw1WRQ/aSLoS4QTp3rn7gYgeHEvfJdkkf0UMhlknlo53M09EFPdadQ4TlU
        bjqKc50CgYEA4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH/5IB3jw3bcxGn6QLvnE
        tfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw/Py5PJdTJNPY8cQn7ouZ2KKDcmnPG
        BY5t7yLc1QlQ5xHdwW1VhvKn+nXqhJTBgIPgtldC+KDV5z+y2XDwGUcCgYEAuQPE
        fgmVtjL0Uyyx88GZFF1fOunH3+7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYs
        p1ZSe7zFYHj7C6ul7TjeLQeZD/YwD66t62wDmpe/HlB+TnBA+njbglfIsRLtXlnD
        zQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdcCgYAHAp9XcCSrn8wVkMVkKdb7
        DOX4IKjzdahm+ctDAJN4O/y7OW5FKebvUjdAIt2GuoTZ71iTG+7F0F+lP88jtjP4
        U4qe7VHoewl4MKOfXZKTe+YCS1XbNvfgwJ3Ltyl1OH9hWvu2yza7q+d5PCsDzqtm
        27kxuvULVeya+TEdAB1ijQKBgQCH/3r6YrVH/uCWGy6bzV1nGNOdjKc9tmkfOJmN
        54dxdixdpozCQ6U4OxZrsj3FcOhHBsqAHvX2uuYjagqvo3cOj1TRqNocX40omfCC
        Mx3bD1yPPf/6TI2XECva/ggqEY2mYzmIiA5LVVmc5nrybr+lssFKneeyxN2Wq93S
        0iJMdQKBgCGHewxzoa1r8ZMD0LETNrToK423K377UCYqXfg5XMclbrjPbEC3YI1Z
        NqMtuhdBJqUnBi6tjKMF+34Xf0CUN8ncuXGO2CAYvO8PdyCixHX52ybaDjy1FtCE
        6yUXjoKNXKvUm7MWGsAYH6f4IegOetN5NvmUMFStCSkh7ixZLkN1
        -----END RSA PRIVATE KEY-----

        """

    /// The same key with the private exponent of another.
    static let foreignExponent = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd/wWJcyQoTbji9k0
        l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pC
        gNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb/7OMg0LOL+bSf63kpaSHSX
        ndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD
        Zlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxXFvUK+DWNmoudF8NAco9/h9iaGNj8
        q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQIDAQABAoIBABKucaRpzQorw35S
        bEUAVx8dYXUdZOlJcHtiWQ+dC6V8ljxAHj/PLyzTveyI5QO/xkObCyjIL303l2cf
        UhPu2MFaJdjVzqACXuOrLot/eSFvxjvqVidTtAZExqFRJ9mylUVAoLvhowVWmC1O
        n95fZCXxTUtxNEG1Xcc7m0rtzJKs45J+N/V9DP1edYH6USyPSWGp6wuA+KgHRnKK
        Vf9GRx80JQY7nVNkL17eHoTWEwga+lwi0FEoW9Y7lDtWXYmKBWhUE+U8PGxlJf8f
        40493HDw1WRQ/aSLoS4QTp3rn7gYgeHEvfJdkkf0UMhlknlo53M09EFPdadQ4TlU
        bjqKc58CgYEA4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH/5IB3jw3bcxGn6QLvnE
        tfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw/Py5PJdTJNPY8cQn7ouZ2KKDcmnPG
        BY5t7yLc1QlQ5xHdwW1VhvKn+nXqhJTBgIPgtldC+KDV5z+y2XDwGUcCgYEAuQPE
        fgmVtjL0Uyyx88GZFF1fOunH3+7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYs
        p1ZSe7zFYHj7C6ul7TjeLQeZD/YwD66t62wDmpe/HlB+TnBA+njbglfIsRLtXlnD
        zQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdcCgYAHAp9XcCSrn8wVkMVkKdb7
        DOX4IKjzdahm+ctDAJN4O/y7OW5FKebvUjdAIt2GuoTZ71iTG+7F0F+lP88jtjP4
        U4qe7VHoewl4MKOfXZKTe+YCS1XbNvfgwJ3Ltyl1OH9hWvu2yza7q+d5PCsDzqtm
        27kxuvULVeya+TEdAB1ijQKBgQCH/3r6YrVH/uCWGy6bzV1nGNOdjKc9tmkfOJmN
        54dxdixdpozCQ6U4OxZrsj3FcOhHBsqAHvX2uuYjagqvo3cOj1TRqNocX40omfCC
        Mx3bD1yPPf/6TI2XECva/ggqEY2mYzmIiA5LVVmc5nrybr+lssFKneeyxN2Wq93S
        0iJMdQKBgCGHewxzoa1r8ZMD0LETNrToK423K377UCYqXfg5XMclbrjPbEC3YI1Z
        NqMtuhdBJqUnBi6tjKMF+34Xf0CUN8ncuXGO2CAYvO8PdyCixHX52ybaDjy1FtCE
        6yUXjoKNXKvUm7MWGsAYH6f4IegOetN5NvmUMFStCSkh7ixZLkN1
        -----END RSA PRIVATE KEY-----

        """

    /// The same key, encrypted.
    static let encryptedPKCS8 = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIIFNTBfBgkqhkiG9w0BBQ0wUjAxBgkqhkiG9w0BBQwwJAQQA31dntA9hcAf6y7r
        1uMXSgICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEKuIHss/lK3xzRiB
        qwUr1iEEggTQrVujQrfdb5uM/k4DrEtdJXmIarXieFqsvd/DIysSxxVHgOZA1+3I
        JnU49kRQt456AzPnmvDh0hq0FhB26jTHkEakPrjUM/zowyCRTD/aksSHPNRzt27Y
        wTNZOE3wDlPX/Vk/v61tpZsl5uiCdNnTe2DiCWLXi7oRBvlaooN506bCRSSGGpHy
        624TVyEmCcjjzTdLmenKQnIaP/uXdI2hTvA0IifRyUsaonAP4+cQjBM34YgaMf5M
        Jp2knItGMFVx6yJi6iYU2WAzIgLLth6Q5gCcdJbRO82I5HItyqf2jOFSmqLRQOth
        Pt3PkQbmRpCJozTkXXglA9QDcLWQfaOizLLODAd1d6ZLsVhD3dgoRhAbQAKULqIc
        hxszP/LYX3aTTegM4OAuCfgw6zDV+cxHKM9RDT4OwweNbbXxYvfXQdDKBbc6+KUV
        K69ovsZYKbCXDl+XRiQEIUYJY9wSG1VuBIgsd1NIyhA1HYwMlG50UBjsGdgaYkkw
        T29c5fS7oLa83zIolZ+b+gQSFvIa6u0okB9BileOun0cY7FCRPo8P1gjv5jYtpv/
        SZt27u9R2Xu8IueZc8EY5NcqrAnmZVkzwrb85JrA6S95vz6zp7p2iwHGqMYcWqzf
        kKXbCk0JLzOFBF5wQmn6z92vlskbd62rAXQ4WngdqsPVkX4O30MMxQpOdVOrnBP+
        Q+bzi5bc46ad9WFWZKP8pVNs7AIkNJTuoZT0+nbtCUQsUtdKnMd+qM+jArnpe7FG
        YHTudltNq+JguibCHUFB/3DZ5pS4cIOpFqvTrSq9t74kqGTCRCyFjyeHe5DWp1Ri
        4zaeewTuRBKSvbet1ZAsY5KqWihHa63v17Mg8WEGuXEo9xeTAtHg6hXm27Zgglzy
        ZGHw2kkmpjl5VLj9OMP1YRkWLJrLqE+Bt+9ztcnQoe40sr70AcyJjUAt23cQCBBw
        8dBIimyWf1XT7CRI91Ab3kanlx+upD5wiEH6bjgJqDcqJdrqwmHY+RVd+AZ9izmj
        5Zzx98iHil1mKzeWK7puXdukianNSxbOlE4hV8a+Kj7L+zn7ZYyzSiXuykf+I7au
        3ERdCFfUCM9dGJXWRxMluKuA/rdGrKH3U7onziZLQqO3N0kQ0oZwidWyupXoWaSz
        XuCaqW8/zFTsnkPeQ3jM9+vFewuveBJpwdjgh7xZ3D6QcPISF0EH2vZ5Zqe33AAe
        Os4wcj5lKUJsouktCTUEYsyaLmDxGuIV4ebX3w5GhkHWQhlWihZgr9yfIG+YfYIs
        xMnF30vHoYbF6qYQHW2XZs27iHny+RrcPof37m2EjGMu85+AvtLeWyW+lWsd1OEN
        lcPPeIHyMydpfnq4MJyFXF43Q8y4lC0Bl55C4jcAYYK6K8SvitxtC9TDDbHsJAkG
        m/4G0SgC6VicTsNwsWXQFEjz1zcdYspLarZzKiGzZfYDsFG/nEx/IXMyCUi3xBuj
        anVHwkUGnw/ixHJqdI2qJ8bpivK8gnxlhsPKVk3K+8vIzZRVZarvE/3Y9I4/uWaZ
        Q6C+W3KRHDvJ9qzZ9PzGaHvsKrfiCb25KQ3dHAyTJv3IDa2m4hijRVDPX0Rdp0HG
        eGRXTK/Duax5Jio6vfZDjDlnd5tmIp1abyII+r4pdC8Ddkv9LXfoNaI=
        -----END ENCRYPTED PRIVATE KEY-----

        """

    /// The same key, encrypted in the older way (RFC 1421).
    static let encryptedPKCS1 = """
        -----BEGIN RSA PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-256-CBC,3C56474B6B30D47DA918C9F21B42F99A

        ZTK5PqBXoYPDvaSf2HsyHBwG+wQabyK+SmWGWE6DKF7U0SLpz++rokKi3mrmL6u3
        aWZLrLPJZ8j4vTLAvElXHeY5gUvl7ILzCo0kL8n7JXhl9uBhfWWEdzvCDlQgmRix
        Z9MqHJzuYKbDhz0o++drupNU2WZk7+21Y5P8Hz3kIU16ASgV1+ymUDaCkQKGUMJy
        av8d0FYJPZKxIyOrZTZDXxNiNweroZlsnALC7IJg98Y6vEBNwLASHrXiBWQqKEyG
        Y8yNUpjWqpC336PbvzUNNDWM11c3qj+fPcchMnXG7ts91AFjexfvKT5b1xw8iaOc
        1+0G8DkTzeAksSes9RvxAMOxmDRRLkT1thkfN+3u5jU5HxRN6MCC3EsNjpZCGfmm
        x7k31ax7gvfmyfwl/M7AE+DBw530MqEZCvMA1El6DydyrY1bN1wXP5krZN2ZbTx6
        UOcYQPKM1FznNijhoPT6qEpFojlIXOJtlJKozOzoJBF9Mb09G12M9krchu6VKIdv
        32ip8cIcDCxy5CSqHQDxBC2UwODUygAfDp2LOBeTc6sgrPUfY84nwFTyygeY1YGp
        LfA6I7MIkMeS02EbCsD0GRxzZ1vjlPPn6od1uQFYV3e5Ewdr+SlNk5XVQDSJU8fI
        TNby43nIN36HUAAnvwc08XcwG9WLYWkwXIUC4MC7WKYCgY2jf/2hue0vv3SgoXDy
        x/lOkCzLdy//Hlk5uwx62t9dZdQ/LDG+uZz7iIM4T7hxbJZYOPNmqJTS06piWCQ4
        Jfkk03aE/uBtwypnXnreMmmMVeQ6heTAUzQ01UQ1pTSmkBMiivochRgsMfGx12cf
        FR+/jXK6n8p4I2ABMbtoH2Ddm3i4APBc6ZXDsvs6N2MEuLzwNA6DYk+3ApFbT2b4
        bP6K2skFGuEQtR2jjNr3XTwkEqSyInPsa9shzzvEi6CFMWNASbAX+yDixu1iWGUl
        BmcvI9eS4aYbZEFDP5FyhcMPDBFJu+Z0znIKWHQ9GUvgV9cc5g2zfGFCoj5jrLqJ
        cDa+eT5CsCgBiHw8FgmiN8eyP6p7raiK6LNqv6vRJUlQik61eyMjl37qpQdDlu95
        qOC4NBGjNKcYFEMr4o7tEGtIPU24Xfx80+/SwTKlgTdFL3WcbqrBTYkSMomohOYv
        OwIwbCZFW5mTs8Xpz2kVU6QNIvL84nSniHr8iGWpxnlvcxamqNKNyShFoyODHnzM
        j6hymMuLmTvCf/7h1Slv6RYfVHkjuhJC1hwPwfQyppEStwKtHidfvDqP3Ic41q4e
        FGjXhZeh+MlOutDxVAVw7+EzBZVusyHPgIZ0AUgYYA1Tg/HK4svhLPkuS+Zdqp5D
        a5iVmEV7oxuP+Ox9v52sbqczhbcPlYU2IN3ZqspKy9BqRhv0cK9ec7tBj4fuFpAJ
        E6ijdpXysGcILHS4H88oGgvSlOgyED6MSRQBDssRY6tA79k922LjABtQkkJnlMJb
        +YulABuj2Iprcwxpw9Vq8AbyGqtstsJGA4MWVXKoJZKH2Jo6EES+rS/uWRtQPNrM
        u7hcToYTYqZ0gCckD2eZYTFQPBU6zd88TuaVQZVakgi5L58Gd9iD22CWlbJdRWvb
        -----END RSA PRIVATE KEY-----

        """

    /// A larger key.
    static let bits3072 = """
        -----BEGIN PRIVATE KEY-----
        MIIG/AIBADANBgkqhkiG9w0BAQEFAASCBuYwggbiAgEAAoIBgQDVLnCk0ERrtnRt
        58rq+7cn+7I3/yHq66cawaxHLZ1E8+2jaugTaSxTl4Ib2CRRliwLxJ5QUd+v2ZLb
        92LMYe26Y6OP2EjXl1st1f6eT9ngi3fB9GY4eoPDa9XJfLPlmqMMb8RBSBjzgF7L
        6gKuU00WQE38caQt8YCrho31X8gD+25p8vsWbIalYuFKTYqUiqNuii+aoqI3wEFj
        2KF8d1N9R8O9pU1kM3mVz5g839l+I7JHZg+EhqUeNAcRlYKYeBIi8gno9p2fzwGW
        W8VHpJUisP0WneRwJWKMfR2CLvi3zehNU2LCdmDfUuu3Ss7NyLHKD2TUoabYh+2E
        6yL/PaJER+CoQFr61p7rg6km0MpVbXnExN6yFM/7JayPqds0pvesIts4iYPVNe8z
        rY3sCwH3iSyu+lQlQ4VCHJQ019pZW23oFUSHNQ0pBvszE5IQRqBiWVybdpr7+8j4
        Nq12WnGJqyVusMcJBmBPuI0YN+iepgKaqIgpW7C+CpNhD76XYTcCAwEAAQKCAYBc
        +qxWth+heyq85OQ0KSVxYu4QTk7Uz4NKwD4LrXFyqZF0PSSLksuqieJNkrAEhaMg
        XtlN3ufZIuRS3EtTKUMukFa+Xm8m2PUDwNoU4m786NeK2LXc3FKr4VSVVLaB5jhH
        LFhEwNVhHxQ5jA8vSVXN5q4c9NPO1g5wwXcZFnV+hyNZQokQ9rSjXcU1SyyuLOmr
        RMoOf/CQsGHU0p9cUg8wDSTqijZ/BZR6KtkTc+7AfYE8ct9BxhguXDLZEIStS3CR
        hmHsxEU70zCPQTH7sVMXoFxmf9CLo95K5/WQAk6OKJRpNd6lb/3LI2KjWaiNZNQ/
        xskboCfC6FfRWkL9q7n/ry0jfqBbWFYWi0IPJYDhp8mxuOPCzTUiKsCvMgoISrxp
        NGb8ibH43ydOtn5ppRwV2JusRsMMap8AA7w2t2HI6INURHadenl7/CMVdVY3t8ef
        7+9JN1IVtTwQ1TZSopRQku2BPEByp9YfDXelMGoPefeQSZWZq71K8ZZnk1WSoQEC
        gcEA9sjWCemJHU+y9yyijBNv1atKUHxvjriqlGkoD0yhejyB1EaykwWlHVxGZJVn
        qp7462Jvyk7sHKMmhn8DtOSG9tpT8wTeTn38mgPQ1cftIDUwrcr3sb3d4UAd7Kmp
        ONsoG/dQdoC7IS1caPIQGtYhqGI5u1h0eaVuspXXEUJluCLwzeyJnjaugwj3UKnL
        xsifEEa/jHSXlX967dIQODOWHb4ySYKlgrl1XMylYRhD8LSheyu9PutorYATx5dM
        jR7xAoHBAN0kXwwP//IfL+8zIwwR+wUOZ0REEkLmEubl4nZTDoNcgC26AdW/qT6M
        spbhJShYWcBE/MG7YKT3GEy3K8IDM/2Z21qijf6XrAA8638uHv0c9Rqtwzc2tFiE
        vAteQjoWbSeOV/Nk3ZoD1876tg9dqh3Q4rcjopjwKquWiQdSdbOvdXbyG7CYtbcQ
        3ffVEjBu5Knq7V3DE4xAGq+aW6+QMJVYXjjwf4mFqAoIJXPYXBm83qGE6GfiEY1K
        gRf8co9SpwKBwAvfc7S8YJVhbTnJEvTsRnggKo4evns+VS6YtI2v4SDxYkmlMRgz
        sFLuSpCyQ2+JAG7KqJgyHdfu3X6hA7ujNv8PV/ScKlnaY9nBDz4JxVXEWVgzKKGL
        ge5BWG83ZmXO3WojBuL8pIQfG5AM/UtdO/dO6noh8lCb7ex3mwZAjIZEYBN4KtLK
        zLCPMN7XnG8u3cA5tyN5xIUzweVJMvCRQsqhiOfSekYEyCmzys0WDsa42gAEBbHO
        P5YBUHJMzCkJ8QKBwAOL4MZVv1oHrAIfBNHdu/PRzlAm81AFVopDZ4VUQahTpG6X
        TA48e59YLEkFJU5nVFEkChWlRqB+ofIhAd+jo4LOo9jpQHOzxPtf/rrUZ4TRoRCj
        drz88Jl2z3kzMsaxs2BuBPUPSgp9Q0m7dY37h43g2rHrLWFcgKKt0FbAuMh/6NdW
        fKExYcCk0Zp23UrPjHU5IkNdrIOUR5lHVW8UVeMfPquVF8aB0TcP+GHKN3fmMn/O
        nNeFpZhpeHaFAuVPgwKBwHdBmCcoEmjr3Jyyd6k2mkVG+7YfS9AHkWB8RVsvOJuc
        cFeh/e05woOlzEoEG00VhcIvYGHj1t9GWnKWKK9c24rFH3lWo8r4oR+Y7k4OU5m/
        /FwVN2R2OLGoKgrueKsnxtQAdCL49FWLAbK7HDVLdAXw9GXWeQrvcSEt+AQ/E8zT
        18p2GucCO0/IQyKKihuBDdDgFMTGP7xbXXVOAC8P5j5/RuVa0uxq14UXQawG7HEU
        Zqx7ndzb7vWMM1BXy9pyUg==
        -----END PRIVATE KEY-----

        """

    /// A key that is too small.
    static let bits1024 = """
        -----BEGIN PRIVATE KEY-----
        MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAOFSviE2EtnGwJYU
        3FBxw8PhSTutejQZENyhk4cZVuiZuYSHbcJQ7XDAGTdbgcR7Fy5O+WEhZZLUbPor
        5GynYnTWey6fBmBsMNbSXpn+gFkVjnd4Hzp98pkr2AeFhgoqGI4gvkROOWoCw6HL
        dx2J225Sh/rscLcs+iBG0FnDyGALAgMBAAECgYAE/Dmsrm+YVedo6qk9NmcobFGc
        emgbwvo2h3SmJo9fshcCsaRiCjxWpElqiiHC4R5QLfsihQSkTQLkPhhdtw5ckMmH
        pz6kgM2S/DLRyWrmdobBAgxOvsTtOLNd//Ql9Dv6wmHdk94k58dwbS1UMi4f5Fyt
        YPSILqdWWLonmK51MQJBAPFu3hshW4OswTKJEIRhDREBPtYBowuq9PYrQHimM7GX
        32VZX6n6n8bABnaG5u2jC9igo1/wn+0jTYBhowFDx08CQQDu6wuF9gM9malDAJ5E
        rq2TV/wcaQQDHDYbcPq5KacWWgTTS3oNKobOI1mLtmpAAO9HTzM+evJROd5qiX4d
        m+yFAkAg2mtS2ckwM9PeYpRizyoOBFNen75mGg9XaC9Pu54RLo9xpSXFZZtUWlEG
        0/icobE8+y8AIShCBqnHLIIX6/c1AkEAnpl3R9E863qC6xCQ/8T5QrOIj4+C81GZ
        9XN1bM9itKrDQ0R6XB0b6eF7gwxv0dcNAEhqGxLgot0Ica6eAqfMRQJBAIY7+sDR
        b4pgOXLr//ZXmWK9mLKgASUMe+ACX2pfOFaTTTdMWYLK9afhBe/Gvr8L4vJtV8t2
        i/mPsAK7Yj2Y6k0=
        -----END PRIVATE KEY-----

        """

    /// A key that is bound to PSS padding, with which RS256 cannot be made.
    static let pss = """
        -----BEGIN PRIVATE KEY-----
        MIIEuwIBADALBgkqhkiG9w0BAQoEggSnMIIEowIBAAKCAQEAoZ5pkz+J4wqLFcnm
        Lcl5G3BoyvMc3aYsPB+BzD3fjWyTzAufoeWf9D52bXI60iSMWMcvsznh6gAssuMY
        6R/0zRvW3mNA8un0k+liRLftbwy9TJYJkKHKFEgI3oCugEOdvRXbADOSY8QSi61w
        6appLlPzdQ2xZJPwNoSnWmOWDFHjocUHWulzbO43lG+2gcgmSRvgddLsQYqMpaCv
        cz62R/tc0Vgtvz3y1TRodxAjQ76nSUqTl+vVwcCaWG+CjTwr1U3ZbvBJs6/Ifncx
        pPKftpGkj04nLaR4D8ZUREtGprdpSf+zcLZCqaoXSHoqYv5S/yemfJZbXUHYkgfN
        xbkUUQIDAQABAoIBADb3qz2W6x0qfVJsSBqDfuqbqTB5TfR+q2XJa3pdAtbVOlE4
        FNNZxzSpN9sScjn9jzQ0jp8czR6qb4lp3pOPOFG4KbSaOkFD29iglDj9+0V9JjbR
        grBLrnCGbWnLh039cT0ZnVHsuFmxGoOh+himyj4k9FT30sD75cONC2QdIa/PcT4g
        ke9lA5pTwyWqYJ/ipe24yqZEK82lX41h4GUm/Tg0lCuY2xvEF+rSKkPub2XbCvQt
        PfhqQXP616MfnsE8FjYQNBY01hdTf3uyoHZ1FQFezInJ0rjR3RkyevnuHuysVzir
        eg3wEnLvgR4KM/wDEkbmdcr2U4L1cg4N/irJqFcCgYEA3jtOYTiALHNkEtZ0fkti
        JG+omOOxb4KOQxSJ5vE+smdm02SdRgpsDex7jfnIXhyIspFjJ1kOxO1oBuRML/+a
        HJ4ys1NU0WNQ5TdcWRpsZ8GIa/Pwo80lxUotYf0PJnRzdg7nbdKAFj0VXXwTmL6J
        dRHs4lY6ofeICCDNhCaRAicCgYEAui1MQxMhd0Qnq2Jf9vTGRF4boDOgbU5mRspG
        VyMEv5/CiV2DCeEU5xM0er9V2OSXZJ9HBLi9/+0fOpk88RF8O8PFucqr+gDXFTmK
        H9ifkplhYf4vj4hLxhVlWk6G4Qkjt9FQRu8eK7NTI4Zzsj2iZZLDcC6mNkLxfRx4
        zgyFWMcCgYAClXnx03BaE/Vj6q5sEYBQoCO7s1oKy9/Pk9uOndt2w5EEgDT77X8Y
        IlnFatQTlA1a1inq+TQcwg3llp30KOqnzocUYrGnxZnZMG2Yc6AzDKMDblCr9uSr
        iJNCgmi8r7nv83hpZHssxwUKkzi/G+gJPm4cq5f+7hvczFTXZoNlHQKBgHj7FJKF
        rPqOnGSfUZLt7qTgrn0E71v4VTftG5ZmGCDZlRWkYZGa5PVfonudOBDwQnzNj92+
        myDimqd+in5wiVVg22znCag0wY92S450OwWNjB2cipVv0SWQI8NyQe2b/czmRI9D
        tUxahE0Sgr4xlQUCQOP2PGYITFqrlMj4k/JjAoGBAKV4b0SrvUHgVgTFcQGguXZF
        +jg80ZTSQPmZDjt5GO8UtDZle/0d/81mWKvBkSWiL0QxxJq6PmmhwIQ+dEq0M1e8
        DIsUTtAqssCYOrNU7ZEgYY0RphFGFwtT+AkSuhIhVB4SuCXr74J0F4bzoUlvDoLz
        /qKgmvqADAU0RA9dwCf1
        -----END PRIVATE KEY-----

        """
}

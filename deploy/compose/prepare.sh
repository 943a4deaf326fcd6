#!/usr/bin/env bash
# Runs once, as root, before the other services: owners of the volumes, and a key to sign provider tokens with.
set -euo pipefail
umask 077

if [[ ! -s /tls/apns.p8 ]]; then
    # PKCS#8 PEM on P-256: the form in which Apple hands out its keys. The simulator accepts every *.p8 of its TLS
    # directory, Belfry signs with this one.
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out /tls/apns.p8
fi
chown -R belfry:belfry /tls /record

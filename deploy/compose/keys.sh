#!/usr/bin/env bash
# Keys of the suite (deploy/secrets), and what a cluster does beside: an issuer of workload tokens, and a token for each service and
# each whom it may call, in the shape of Kubernetes' projected ones. New tokens come long before the old ones end.
#
# keys.sh [once]
set -euo pipefail
keys=${KEYS:-/keys}
life=3600

"$(dirname "$0")/secrets" "$keys"

base64url() {
    openssl base64 -A | tr '+/' '-_' | tr -d '='
}

if [[ ! -e $keys/workload.jwks.json ]]; then
    openssl genpkey -algorithm ed25519 -out "$keys/workload.key"
    x=$(openssl pkey -in "$keys/workload.key" -pubout -outform DER | tail -c 32 | base64url)
    printf '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"%s","kid":"workload","use":"sig","alg":"EdDSA"}]}\n' "$x" >"$keys/workload.jwks.json"
fi

# token WORKLOAD AUDIENCE
token() {
    local now head claims signed
    now=$(date +%s)
    head=$(printf '{"alg":"EdDSA","kid":"workload"}' | base64url)
    claims=$(printf '{"iss":"https://compose.muster.test","aud":["%s"],"sub":"system:serviceaccount:muster:%s","iat":%d,"nbf":%d,"exp":%d}' \
        "$2" "$1" "$now" "$now" $((now + life)) | base64url)
    printf '%s.%s' "$head" "$claims" >"$keys/signing"
    signed=$(openssl pkeyutl -sign -rawin -inkey "$keys/workload.key" -in "$keys/signing" | base64url)
    mkdir -p "$keys/tokens/$1"
    printf '%s.%s.%s' "$head" "$claims" "$signed" >"$keys/tokens/$1/$2.new"
    mv "$keys/tokens/$1/$2.new" "$keys/tokens/$1/$2"
}

services=(organization employment invitation notification records)

# An authority, and for each service a certificate by its name: new ones at each start, which services take over while they run.
tls=$keys/tls
mkdir -p "$tls"
if [[ ! -e $tls/ca.key ]]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -subj '/CN=muster compose' \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout "$tls/ca.key" -out "$tls/ca.crt" 2>"$tls/said" || { cat "$tls/said" >&2; exit 1; }
fi
for service in "${services[@]}"; do
    mkdir -p "$tls/$service"
    openssl req -x509 -CA "$tls/ca.crt" -CAkey "$tls/ca.key" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 365 \
        -subj "/CN=$service" -addext "subjectAltName=DNS:$service" -addext basicConstraints=critical,CA:FALSE \
        -addext extendedKeyUsage=serverAuth -keyout "$tls/$service/tls.key" -out "$tls/$service/tls.crt" 2>"$tls/said" ||
        { cat "$tls/said" >&2; exit 1; }
done
rm -f "$tls/said"

while true; do
    for workload in gateway "${services[@]}"; do
        for audience in "${services[@]}"; do
            token "$workload" "$audience"
        done
    done
    # The services' user reads them.
    ((UID != 0)) || chown -R 65532:65532 "$keys"
    [[ ${1:-} != once ]] || exit 0
    sleep 600
done

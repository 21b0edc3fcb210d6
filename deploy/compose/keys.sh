#!/usr/bin/env bash
# What a cluster gives each service, in a folder of its own that nobody else is shown: keys (deploy/secrets), a certificate, what others
# are believed by, tokens for whom it calls, and its users of database and broker. Whoever signs all of that stays in here.
#
# keys.sh [once]: in the folder KEYS, by default /keys. Tokens live ten minutes and are made anew each minute.
set -euo pipefail
umask 077
here=$(dirname "$0")
keys=${KEYS:-/keys}
life=600
every=60
services=(organization employment invitation notification records)

# quietly COMMAND…: what it says is shown if it fails.
quietly() {
    "$@" >"$keys/said" 2>&1 || { cat "$keys/said" >&2; exit 1; }
}

# put FILE COMMAND…: what the command prints, as one step.
put() {
    local file=$keys/$1
    shift
    mkdir -p "$(dirname "$file")"
    "$@" >"$file.new"
    shown "$file.new"
    mv "$file.new" "$file"
}

# new FILE COMMAND…: the same, if the file is not there.
new() {
    [[ -e $keys/$1 ]] || put "$@"
}

# To the users that containers run as. Those of the engines are told by their images: each is alone with its folder.
shown() {
    case ${1#"$keys/"} in
        gateway* | organization* | employment* | invitation* | notification* | records*) ((UID != 0)) || chown -R 65532:65532 "$1" ;;
        postgres* | rabbitmq*) chmod -R a+rX "$1" ;;
    esac
}

base64url() {
    openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# As it may stand in a URL, without a line feed.
password() {
    openssl rand -hex 24 | tr -d '\n'
}

workload_keys() {
    local x
    x=$(openssl pkey -in "$keys/workload.key" -pubout -outform DER | tail -c 32 | base64url)
    printf '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"%s","kid":"workload","use":"sig","alg":"EdDSA"}]}\n' "$x"
}

# The services that a workload calls, as the rules of the contract have it.
callees() {
    sed -n "s/^ *\"$1\": \[\(.*\)\],*$/\1/p" "$here/calls.json" | tr -d '",'
}

# token WORKLOAD AUDIENCE: in the shape of Kubernetes' projected ones.
token() {
    local now head claims signed
    now=$(date +%s)
    head=$(printf '{"alg":"EdDSA","kid":"workload"}' | base64url)
    claims=$(printf '{"iss":"https://compose.muster.test","aud":["%s"],"sub":"system:serviceaccount:muster:%s","iat":%d,"nbf":%d,"exp":%d}' \
        "$2" "$1" "$now" "$now" $((now + life)) | base64url)
    printf '%s.%s' "$head" "$claims" >"$keys/signing"
    signed=$(openssl pkeyutl -sign -rawin -inkey "$keys/workload.key" -in "$keys/signing" | base64url)
    printf '%s.%s.%s' "$head" "$claims" "$signed"
}

authority() {
    mkdir -p "$keys/authority"
    [[ -e $keys/authority/ca.key ]] || quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 \
        -subj '/CN=muster compose' -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout "$keys/authority/ca.key" -out "$keys/authority/ca.crt"
}

# A new one at each start, which the service takes over while it runs.
certificate() {
    quietly openssl req -x509 -CA "$keys/authority/ca.crt" -CAkey "$keys/authority/ca.key" -newkey ec \
        -pkeyopt ec_paramgen_curve:P-256 -noenc -days 365 -subj "/CN=$1" -addext "subjectAltName=DNS:$1" \
        -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth \
        -keyout "$keys/authority/$1.key" -out "$keys/authority/$1.crt"
    put "$1/tls.crt" cat "$keys/authority/$1.crt"
    put "$1/tls.key" cat "$keys/authority/$1.key"
}

# Where a service finds its database, as who serves and as who migrates, and the broker.
urls() {
    new "postgres/$1" password
    new "postgres/$1_owner" password
    new "broker/$1" password
    put "$1/database-url" printf 'postgres://%s:%s@postgres/%s' "$1" "$(<"$keys/postgres/$1")" "$1"
    put "$1-migrate/database-url" printf 'postgres://%s_owner:%s@postgres/%s' "$1" "$(<"$keys/postgres/$1_owner")" "$1"
    put "$1/amqp-url" printf 'amqp://%s:%s@rabbitmq/muster' "$1" "$(<"$keys/broker/$1")"
}

# user NAME PASSWORD TAGS: as the broker keeps it, with a salted digest.
user() {
    local digest
    openssl rand 4 >"$keys/salt"
    digest=$({ cat "$keys/salt"; { cat "$keys/salt"; printf '%s' "$2"; } | openssl dgst -sha256 -binary; } | openssl base64 -A)
    printf '{"name": "%s", "password_hash": "%s", "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": [%s]}' "$1" "$digest" "$3"
}

# What the broker loads when it starts: what an operator would, with a user for each service. muster/muster sees queues, and may do
# nothing with them.
definitions() {
    local service looks='{"user": "muster", "vhost": "muster", "configure": "^$", "write": "^$", "read": "^$"}'
    printf '{\n  "users": [\n    %s' "$(user muster muster '"monitoring"')"
    for service in "${services[@]}"; do printf ',\n    %s' "$(user "$service" "$(<"$keys/broker/$service")" '')"; done
    printf '\n  ],\n'
    sed "1d; s/^  \"permissions\": \[\$/&\n    $looks,/" "$here/broker.json"
}

# What others are believed by, and tokens.
hand_out() {
    local workload callee
    for workload in gateway "${services[@]}"; do
        put "$workload/ca.crt" cat "$keys/authority/ca.crt"
        put "$workload/workload.jwks.json" cat "$keys/workload.jwks.json"
        [[ $workload == gateway ]] || put "$workload/caller.jwks.json" cat "$keys/caller.jwks.json"
        for callee in $(callees "$workload"); do
            put "$workload/tokens/$callee" token "$workload" "$callee"
        done
        shown "$keys/$workload"
    done
    touch "$keys/handed-out"
}

mkdir -p "$keys"
quietly "$here/secrets" "$keys"
new workload.key openssl genpkey -algorithm ed25519
put workload.jwks.json workload_keys
authority
new postgres/superuser password
for service in "${services[@]}"; do
    certificate "$service"
    urls "$service"
    shown "$keys/$service-migrate"
done
put rabbitmq/definitions.json definitions
shown "$keys/postgres"
shown "$keys/rabbitmq"

trap exit TERM INT
while true; do
    hand_out
    [[ ${1:-} != once ]] || exit 0
    sleep "$every" &
    wait $!
done

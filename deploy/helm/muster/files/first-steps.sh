#!/bin/sh
# The first steps of an organization as a client of the edge takes them, with curl: `helm test` runs this in the cluster, and a test of
# the suite against one that is up. It ends with 1 at the first answer that is not as it should be, and says which.
#
#   EDGE        where the edge answers: https://muster.example.org
#   ADMIN       where the gateway answers its operators; empty: that is not asked
#   TOKEN_FILE  an access token of somebody who may own a profile, and is no registry staff; empty: only what needs none is asked
#
# What it makes it closes again: a start-up that is never handed in. It stays in the database, CLOSED.
set -eu

token=

# The token goes through a pipe: arguments are there for everybody to read. A certificate is for the name that people type, and this
# may be another one, so it is not checked.
call() {
    printf '%s\n' "${token:+header = \"authorization: Bearer $token\"}" |
        curl --config - --silent --show-error --insecure --max-time 10 --header 'content-type: application/json' "$@"
}

fail() {
    echo "FAILED: $1"
    exit 1
}

# ask STEP CODE PATH [OPTIONS OF CURL]…: the answer, which has to have this code.
ask() {
    step=$1 expected=$2 path=$3
    shift 3
    answer=$(call --write-out '\n%{http_code}' "$@" "$EDGE$path")
    code=${answer##*
}
    answer=${answer%
*}
    echo "$step: $code"
    [ "$code" = "$expected" ] || fail "not $expected, but: $answer"
}

# holds TEXT: the answer has it.
holds() {
    case $answer in
        *"$1"*) ;;
        *) fail "$1 is not in: $answer" ;;
    esac
}

# named COLLECTION: the name of what the answer is about, which is in this collection.
named() {
    printf '%s' "$answer" | grep -o "\"name\": *\"$1/[^\"]*\"" | head -n 1 | cut -d '"' -f 4 | grep .
}

# Whatever came of the steps: a person has few profiles at a time.
close() {
    came=$?
    trap - EXIT
    ask 'it is closed again' 200 "/v1/$organization:close" --data '{"reason": "the first steps were taken"}'
    holds ORGANIZATION_STATE_CLOSED
    exit $came
}

if [ -n "${ADMIN:-}" ]; then
    ready=$(call --fail "$ADMIN/readyz")
    echo "$ready"
    case $ready in
        *away:*) fail 'the gateway does not reach these services' ;;
    esac
fi
ask 'the description' 200 /openapi.json --output /dev/null
# That the edge decides is seen by its refusal.
absent=/v1/organizations/00000000-0000-7000-8000-000000000000
ask 'an organization, without a token' 401 $absent
holds TOKEN_MISSING
if [ -z "${TOKEN_FILE:-}" ]; then
    echo 'There is no token, so nothing was made.'
    exit
fi

token=$(cat "$TOKEN_FILE")
called="First steps of $(date -u '+%Y-%m-%d %H:%M:%S')"
ask 'a profile is begun' 200 /v1/organizations --data \
    '{"displayName": "'"$called"'", "type": "ORGANIZATION_TYPE_START_UP", "licensingAuthority": "first-steps"}'
organization=$(named organizations) || fail "no name is in: $answer"
echo "$organization"
trap close EXIT

ask 'it is read' 200 "/v1/$organization"
holds "$called"
ask 'it gets a group' 200 "/v1/$organization/groups" --data '{"displayName": "Teachers"}'
group=$(named "$organization/groups") || fail "no name is in: $answer"
ask 'the group is read' 200 "/v1/$group"
holds Teachers
ask 'its invitations, a page of them' 200 "/v1/$organization/invitations?pageSize=10"
holds '"invitations"'
ask 'an organization of others' 403 $absent
holds PERMISSION_DENIED

#!/bin/bash
# A gateway to try things on: deploy/run.sh [BUILD]
# Starts a private broker, a gateway with demo devices, and a subscriber that shows each publication as
# it reaches the broker; with STORE=redis a private Redis too, which has the devices. Ends on Ctrl-C or
# when any of these ends, and leaves neither processes nor files behind.
# From the environment: PORT (5683) of CoAP, COAPS_PORT (the next one) where it is built with DTLS,
# ADMIN_PORT (9683, or a free one), LOG_LEVEL (info), STORE (memory, or redis).
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build}")
simgate=$build/gateway/simgate
simgatectl=$build/storage/simgatectl
port=${PORT:-5683}
coaps_port=${COAPS_PORT:-}
store=${STORE:-memory}

fail() {
    echo "simgate demo: $*" >&2
    exit 1
}

# Prints the first port of those given that is free on 127.0.0.1 (0: any); nothing when none is.
free_port() { # udp|tcp PORT…
    python3 - "$@" <<'PYTHON'
import socket, sys
for port in sys.argv[2:]:
    with socket.socket(type=socket.SOCK_DGRAM if sys.argv[1] == 'udp' else socket.SOCK_STREAM) as s:
        try:
            s.bind(('127.0.0.1', int(port)))
        except OSError:
            continue
        print(s.getsockname()[1])
        break
PYTHON
}

[ -x "$simgate" ] || fail "$simgate is not there: make build"
[[ $store = memory || $store = redis ]] || fail "STORE=$store is no store: memory and redis are"
check_port() { # VARIABLE PORT
    [[ $2 =~ ^[1-9][0-9]*$ && $2 -le 65535 ]] || fail "$1=$2 is no port"
    [ -n "$(free_port udp "$2")" ] || fail "port $2 is taken on 127.0.0.1 (by another gateway?).
    Choose another:  make run $1=$(($2 < 65525 ? $2 + 10 : 5683))"
}
check_port PORT "$port"

# Without DTLS the only legal list for CoAPS is an empty one, which is then the default too.
has_dtls() { "$simgate" --check-config --set store.url=memory: --set coaps.listen=127.0.0.1:5684; }
if has_dtls >/dev/null 2>&1; then
    coaps_port=${coaps_port:-$((port < 65535 ? port + 1 : 5684))}
    check_port COAPS_PORT "$coaps_port"
else
    coaps_port=
fi
admin_port=$(free_port tcp "${ADMIN_PORT:-9683}" 0)
broker_port=$(free_port tcp 0)

# On one port, or on none.
addresses() { # PORT
    [ -n "$1" ] || return 0
    printf '127.0.0.1:%s' "$1"
    ! grep -qs '^0\{31\}1 ' /proc/net/if_inet6 || printf ',[::1]:%s' "$1"
}

mkdir -p .run
directory=$(mktemp -d .run/demo.XXXXXX)
pids=() # in the order in which they are stopped

tidy_up() {
    local patience=20 # a gateway takes its time to finish what is in flight, but not for ever
    trap '' INT TERM
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
        timeout "$patience" tail -s 0.1 --pid="$pid" -f /dev/null || kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        patience=2
    done
    rm -rf "$directory"
    rmdir .run 2>/dev/null || true
}
trap tidy_up EXIT
trap 'exit 0' INT TERM HUP

# Should this script be killed outright, its children end too. They are in sessions of their own, so that
# Ctrl-C reaches this script alone, which then stops them in order.
start() {
    setsid setpriv --pdeathsig TERM "$@" </dev/null &
    pids=("$!" "${pids[@]}")
}

wait_until() { # WHAT PID COMMAND…
    local what=$1 pid=$2
    shift 2
    for _ in {1..100}; do
        ! "$@" 2>/dev/null || return 0
        kill -0 "$pid" 2>/dev/null || fail "$what did not start; what it said is above"
        sleep 0.1
    done
    fail "$what was not ready after 10 s"
}
accepts() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }

# "user": as root it would become another user, who is not told when this script dies
cat >"$directory/mosquitto.conf" <<END
listener $broker_port 127.0.0.1
allow_anonymous true
persistence false
max_inflight_messages 0
user $(id -un)
log_type error
END

# Every loopback address is a device of its own, and so is ::1 (a bearer's identity is its /64). Redis
# keeps each by itself, so it gets 256 of them.
cat >"$directory/devices.csv" <<END
iccid,address,status
8988280666000000000,127.0.0.0/$([ "$store" = redis ] && echo 24 || echo 8),active
8988280666900000001,::/64,active
END
store_url=memory:$directory/devices.csv

start_redis() {
    local socket=$PWD/$directory/redis.sock
    [[ ${#socket} -le 107 && $socket != *[[:space:]?]* ]] || fail "Redis has its socket below this directory, whose path is
    too long for that, or has a space or a question mark in it: $PWD"
    cat >"$directory/redis.conf" <<END
port 0
unixsocket "$socket"
unixsocketperm 700
dir "$PWD/$directory"
save ""
END
    start redis-server "$directory/redis.conf" > >(grep -E 'Fail|Fatal|rror' >&2) # of much that it says
    wait_until 'Redis' "${pids[0]}" "$simgatectl" device list --store "redis+unix://$socket" >/dev/null
    store_url=redis+unix://$socket
    "$simgatectl" import "$directory/devices.csv" --store "$store_url" >/dev/null
}

PATH=$PATH:/usr/sbin
[ "$store" = memory ] || start_redis
start mosquitto -c "$directory/mosquitto.conf" 2> >(grep -v 'should not be run as root' >&2)
wait_until 'the broker' "${pids[0]}" accepts "$broker_port"

format='%t  %p'
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    format=$'\e[36m%t\e[0m  %p'
fi
start mosquitto_sub -h 127.0.0.1 -p "$broker_port" -q 1 -t '#' -F "$format"

start "$simgate" --set "coap.listen=$(addresses "$port")" --set "coaps.listen=$(addresses "$coaps_port")" \
    --set coaps.public_url= --set "store.url=$store_url" --set "mqtt.url=mqtt://127.0.0.1:$broker_port" --set "admin.listen=127.0.0.1:$admin_port" \
    --set "gateway.log_level=${LOG_LEVEL:-info}"
wait_until 'the gateway' "${pids[0]}" curl -sf -o /dev/null "http://127.0.0.1:$admin_port/readyz"

client=coap-client
command -v coap-client >/dev/null || client=coap-client-notls
uri_port=
[ "$port" = 5683 ] || uri_port=:$port
cat <<END

simgate is ready on port $port. Be a device, in another terminal:

    $client -m post -e 21.5 'coap://127.0.0.1$uri_port/data?t=room/temp'

END
if [ -n "$coaps_port" ]; then
    for secure_client in coap-client-openssl coap-client-gnutls coap-client; do
        ! command -v $secure_client >/dev/null || break
    done
    uri_coaps_port=
    [ "$coaps_port" = 5684 ] || uri_coaps_port=:$coaps_port
    cat <<END
CoAPS is on port $coaps_port. The first line prints ICCID,KEY,URL; put that KEY into the second:

    $secure_client -m get 'coap://127.0.0.1$uri_port/bootstrap'
    $secure_client -u 8988280666000000001 -k KEY -m post -e 21.5 'coaps://127.0.0.1$uri_coaps_port/data?t=room/temp'

END
fi
cat <<END
Each publication appears below: its MQTT topic, then its payload. The payload's "value" is base64.

    curl http://127.0.0.1:$admin_port/metrics            what the gateway counted
    mosquitto_sub -p $broker_port -t '#'                the broker it publishes to
END
[ "$store" = memory ] || cat <<END

The devices are in Redis. Refuse that one from its next message on, and let it send again:

    $simgatectl device deactivate 8988280666000000001 --store $store_url
    $simgatectl device activate 8988280666000000001 --store $store_url

    redis-cli -s ${store_url#redis+unix://} hgetall 'simgate:dev:{8988280666000000001}'    # the device
    redis-cli -s ${store_url#redis+unix://} monitor    # what is asked of it
END
echo $'\nCtrl-C ends everything.\n'

all_run() {
    for pid in "${pids[@]}"; do
        kill -0 "$pid" 2>/dev/null || return 1
    done
}
while all_run; do # wait -n would miss one that has ended just before
    sleep 0.5 &
    wait $! # which a signal ends at once
done
fail 'one of them ended; what it said is above. Stopping the others.'

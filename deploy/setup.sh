#!/bin/bash
# Installs the Debian packages that are missing: deploy/setup.sh [build] [run] [test] [lint] [fuzz]
# Without a group: build. What is there already costs one look at dpkg's database and nothing else.
# For building it also fetches wolfSSL's sources (wolfssl.sh), which no package has as CoAPS needs them.
#
# Package scripts would start a broker as a system service. That is not what anybody asked for, so
# services stay off while this installs; what ran before goes on running.
set -euo pipefail

declare -A packages=(
    [build]='build-essential meson ninja-build pkg-config libuv1-dev libmosquitto-dev libmicrohttpd-dev libinih-dev libjansson-dev libhiredis-dev'
    [run]='mosquitto mosquitto-clients redis-server libcoap3-bin curl python3'
    [test]='libcriterion-dev mosquitto mosquitto-clients redis-server libcoap3-bin openssl gnutls-bin python3'
    [lint]='clang-format clang-tidy groff-base python3'
    [fuzz]='clang libclang-rt-14-dev llvm'
)
services=(mosquitto redis-server) # what the packages above enable

fail() {
    echo "simgate set-up: $*" >&2
    exit 1
}

wanted=()
for group in "${@:-build}"; do
    [ -n "${packages[$group]:-}" ] || fail "no such group: $group (${!packages[*]})"
    read -ra names <<<"${packages[$group]}"
    wanted+=("${names[@]}")
done

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || fail "this is no Debian.
Install what corresponds to: ${wanted[*]}
and then say:  make SETUP=no …"

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
    case $'\n'"$installed"$'\n' in
    *$'\n'"installed $package"$'\n'*) ;;
    *) [[ " ${missing[*]} " == *" $package "* ]] || missing+=("$package") ;;
    esac
done

# Should it fail, Meson is the one to complain: it knows whether CoAPS is wanted.
fetch_sources() {
    case " ${*:-build} " in
    *' build '*) "$(dirname "$0")/wolfssl.sh" || true ;;
    esac
}
if [ ${#missing[@]} -eq 0 ]; then
    fetch_sources "$@"
    exit
fi

as_root=()
if [ "$(id -u)" != 0 ]; then
    as_root=(sudo)
    command -v sudo >/dev/null ||
        fail "these packages are missing, and there is no sudo. As root:
    apt-get install --no-install-recommends ${missing[*]}"
fi

log=$(mktemp)
policy=/usr/sbin/policy-rc.d # asked by every package script before it starts a service
policy_is_ours=no
tidy_up() {
    rm -f "$log"
    [ $policy_is_ours = no ] || "${as_root[@]}" rm -f $policy
}
trap tidy_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

was_there=()
for service in "${services[@]}"; do
    [ ! -e "/lib/systemd/system/$service.service" ] || was_there+=("$service")
done
if [ ! -e $policy ]; then
    policy_is_ours=yes
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod 755 $policy
fi

apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
        apt-get -q -y -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$log" 2>&1
}

echo "simgate set-up: installing ${#missing[@]} Debian packages, about half a minute: ${missing[*]}" >&2
apt update || echo "simgate set-up: apt-get update failed; trying with the lists that are here" >&2
apt install --no-install-recommends "${missing[@]}" || {
    tail -n 30 "$log" >&2
    fail "apt-get could not install the packages; its last words are above"
}

disable() { # also where systemd may come later
    if command -v systemctl >/dev/null; then
        "${as_root[@]}" systemctl -q disable "$1"
    else
        "${as_root[@]}" rm -f "/etc/systemd/system/multi-user.target.wants/$1.service"
    fi 2>/dev/null || true
}
for service in "${services[@]}"; do
    [[ " ${was_there[*]} " == *" $service "* || ! -e "/lib/systemd/system/$service.service" ]] || disable "$service"
done
fetch_sources "$@"

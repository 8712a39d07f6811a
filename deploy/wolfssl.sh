#!/bin/bash
# Puts wolfSSL's sources into subprojects/wolfssl, with our build definition and settings over them:
# deploy/wolfssl.sh. What is there already costs nothing. Set-up calls this, and so does Meson.
#
# No packaged wolfSSL has the PSK suites of CoAP, so it is compiled here. The tarball comes from the
# Debian archive that apt uses, is verified, and is kept outside of the checkout, so that the second
# time needs no network. On systems other than Debian, put the tarball of the release there by hand. A
# user without a home keeps it in the checkout: what others may write to is compiled unseen otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."

version=5.9.2
sha256=2f4ef3d4fd387a9b3191d36a6316d69116c46ff69bb9583b6c82b36d7b8ca114
cache=${XDG_CACHE_HOME:-${HOME:-$PWD/subprojects/packagecache}/.cache}/simgate
overlay=subprojects/packagefiles/wolfssl
target=subprojects/wolfssl

say() {
    echo "wolfssl: $*" >&2
}

fail() {
    say "$@"
    exit 1
}

scratch=() # directories to be gone at the end
trap '[ ${#scratch[@]} -eq 0 ] || rm -rf "${scratch[@]}"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The Debian archive of this machine; nothing before apt's first update, or where there is no apt.
archive() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
        'Label: Debian' 'Component: main' 2>/dev/null | sort -u | head -1
}

update_lists() {
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get -q update >/dev/null 2>&1 </dev/null
}

# The tarball by name and hash: no index, and apt enforces the hash.
fetch_exact() { # ARCHIVE DIRECTORY
    say "fetching wolfSSL $version, 28 MB"
    /usr/lib/apt/apt-helper -o APT::Sandbox::User= download-file \
        "${1%/}/pool/main/w/wolfssl/wolfssl_$version.orig.tar.gz" "$2/wolfssl_$version.orig.tar.gz" \
        "SHA256:$sha256" >&2
}

# When that version has left the archive: the one of Debian unstable, which apt verifies, by lists of
# our own that leave the machine's alone.
fetch_newer() { # ARCHIVE DIRECTORY
    local work=$2
    local options=(-o "Dir::State::Lists=$work/lists" -o "Dir::Etc::sourcelist=$work/sid.list"
        -o "Dir::Etc::sourceparts=$work/parts" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
        -o Acquire::Languages=none -o APT::Sandbox::User=)
    say "$version is not to be had there; looking for a newer one"
    mkdir -p "$work/lists/partial" "$work/parts"
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $1 sid main" >"$work/sid.list"
    apt-get "${options[@]}" update >&2 </dev/null || return
    (cd "$work" && apt-get "${options[@]}" source --download-only --tar-only wolfssl >&2)
}

fetch() {
    local uri work
    command -v apt-get >/dev/null || return
    uri=$(archive)
    if [ -z "$uri" ]; then
        update_lists || return
        uri=$(archive)
    fi
    [ -n "$uri" ] || return
    work=$(mktemp -d "$cache/fetch.XXXXXX")
    scratch+=("$work")
    fetch_exact "$uri" "$work" || fetch_newer "$uri" "$work" || return
    rm -f "$work"/*.FAILED
    mv "$work"/wolfssl_*.orig.tar.* "$cache/"
}

version_of() {
    local name=${1##*/wolfssl_}
    echo "${name%.orig.tar.*}"
}

# The tarball that is kept: the version that was tried, or else the newest, unless it is older.
kept() {
    local exact=$cache/wolfssl_$version.orig.tar.gz newest
    if [ -f "$exact" ]; then
        echo "$exact"
        return
    fi
    newest=$(find "$cache" -maxdepth 1 -name 'wolfssl_*.orig.tar.*' | sort -V | tail -n 1)
    [ "$(printf '%s\n' "$version" "$(version_of "$newest")" | sort -V | tail -n 1)" = "$version" ] ||
        echo "$newest"
}

hash_of() {
    sha256sum "$1" | cut -d ' ' -f 1
}

# Another hash is accepted from apt, for a newer version: it was verified, though not tried here.
verify() {
    [ "$(hash_of "$1")" != "$sha256" ] || return 0
    [ "$(version_of "$1")" != "$version" ] || fail "$1 is not what it should be (SHA-256); delete it"
    say "warning: using wolfSSL $(version_of "$1"); simgate was tried with $version"
}

# What is needed of it, in one step, so that a run that is interrupted leaves nothing half done.
unpack() {
    local fresh
    mkdir -p subprojects
    fresh=$(mktemp -d subprojects/wolfssl.XXXXXX)
    scratch+=("$fresh")
    tar -x -f "$1" -C "$fresh" --strip-components=1 --anchored --wildcards --no-wildcards-match-slash \
        '*/src' '*/wolfcrypt/src' '*/wolfssl' '*/COPYING' '*/LICENSING'
    hash_of "$1" >"$fresh/.unpacked"
    chmod 755 "$fresh"
    rm -rf "$target"
    mv "$fresh" "$target"
}

# By links, so that a change of ours is seen by the next build.
lay_over() {
    local up=../packagefiles/wolfssl
    mkdir -p "$target/wolfssl"
    ln -sfn "$up/meson.build" "$target/meson.build"
    ln -sfn "$up/user_settings.h" "$target/user_settings.h"
    ln -sfn "../$up/wolfssl/options.h" "$target/wolfssl/options.h"
}

mkdir -p "$cache"
exec 9>"$cache/lock" # one at a time, also for several checkouts
flock 9
tarball=$(kept)
if [ -z "$tarball" ]; then
    if [ -f "$target/.unpacked" ]; then
        lay_over
        exit 0
    fi
    fetch || fail "the tarball is not here and could not be fetched. Either put the release's
    wolfssl_$version.orig.tar.gz into $cache
    (SHA-256 $sha256),
    or build without CoAPS: meson setup -Ddtls=disabled"
    tarball=$(kept)
fi
if [ ! -f "$target/.unpacked" ] || [ "$tarball" -nt "$target/.unpacked" ]; then
    verify "$tarball"
    unpack "$tarball"
fi
lay_over

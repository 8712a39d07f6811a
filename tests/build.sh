#!/bin/bash
# Builds what the tests run: tests/build.sh BUILD [argument of meson setup]…
# The name of the build directory says what kind it is: …-asan (AddressSanitizer and UBSan),
# …-tsan (ThreadSanitizer) and …-release (as make release builds) with no more than the tests of suite
# "threads" need, or a plain one.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?usage: tests/build.sh BUILD [argument of meson setup]…}
shift

# Sanitizers find the same at this level, which takes the compiler less than half the time; their
# reports need lines and no variables.
quick=(-Doptimization=1 -Dc_args=-g1 -Db_lundef=false)
targets=()
case $build in
*-asan) set -- -Db_sanitize=address,undefined "${quick[@]}" "$@" ;;
*-tsan) # Criterion aborts under it
    set -- -Db_sanitize=thread -Dtests=disabled "${quick[@]}" "$@"
    targets=(threads-programs)
    ;;
*-release)
    set -- --buildtype=release -Db_lto=true -Dtests=disabled "$@"
    targets=(threads-programs)
    ;;
esac

[ -f "$build/build.ninja" ] || meson setup "$build" "$@"
ninja -C "$build" "${targets[@]}"

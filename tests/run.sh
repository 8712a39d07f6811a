#!/bin/bash
# Builds and runs the tests, and sums up: tests/run.sh BUILD [argument of meson setup]…
# The name of the build directory says what kind it is: …-asan (AddressSanitizer and UBSan, all
# tests), …-tsan (ThreadSanitizer, the tests of suite "tsan"), or a plain one.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?usage: tests/run.sh BUILD [argument of meson setup]…}
shift

suites=()
patience=1
case $build in
*-asan)
    set -- -Db_sanitize=address,undefined -Db_lundef=false "$@"
    patience=3
    ;;
*-tsan) # Criterion aborts under it
    set -- -Db_sanitize=thread -Db_lundef=false -Dtests=disabled "$@"
    suites=(--suite tsan)
    export TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp ${TSAN_OPTIONS:-}"
    patience=5
    ;;
esac

[ -f "$build/build.ninja" ] || meson setup "$build" "$@"
ninja -C "$build"
rm -f "$build"/meson-logs/testlog*
export PYTHONDONTWRITEBYTECODE=1
# Twice as many at a time as there are processors: most of them wait most of the time.
meson test -C "$build" --no-rebuild --num-processes $((2 * $(nproc))) --timeout-multiplier "$patience" \
    "${suites[@]}" </dev/null || true # the summary knows better
tests/summary.py "$build"

#!/bin/bash
# Builds and runs the tests, and sums up: tests/run.sh BUILD [argument of meson setup]…
# The name of the build directory says what kind it is (build.sh): …-asan and a plain one run all
# tests, …-tsan and …-release those of suite "threads".
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?usage: tests/run.sh BUILD [argument of meson setup]…}

suites=()
patience=2
at_a_time=$((3 * $(nproc))) # most of them wait most of the time
case $build in
*-asan) patience=4 ;;
*-tsan)
    suites=(--suite threads)
    export TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp ${TSAN_OPTIONS:-}"
    patience=6
    at_a_time=$((2 * $(nproc))) # it makes all of them slow
    ;;
*-release) suites=(--suite threads) ;;
esac

tests/build.sh "$@"
rm -f "$build"/meson-logs/testlog*
export PYTHONDONTWRITEBYTECODE=1
meson test -C "$build" --no-rebuild --num-processes "$at_a_time" --timeout-multiplier "$patience" \
    "${suites[@]}" </dev/null || true # the summary knows better
tests/summary.py "$build"

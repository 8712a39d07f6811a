#!/bin/bash
# Runs each fuzz target for some seconds: tests/fuzz/run.sh [SECONDS [BUILD]]
# A target is a program BUILD/tests/fuzz/fuzz_NAME; it starts from tests/fuzz/corpus/NAME/, which it
# does not change. What it finds beyond is kept in BUILD/corpus/NAME/, an input that fails in
# BUILD/crashes/.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-30}
build=${2:-build-fuzz}

[ -f "$build/build.ninja" ] || CC=clang meson setup "$build" -Dfuzzers=true -Dtests=disabled -Db_lundef=false
ninja -C "$build"
mkdir -p "$build/crashes"
failed=0
for target in "$build"/tests/fuzz/fuzz_*; do
    [ -f "$target" ] && [ -x "$target" ] || continue
    name=${target##*/fuzz_}
    found=$build/corpus/$name
    seeds=()
    [ ! -d "tests/fuzz/corpus/$name" ] || seeds=("tests/fuzz/corpus/$name")
    mkdir -p "$found"
    if "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$build/crashes/$name-" "$found" "${seeds[@]}" >"$build/$name.log" 2>&1 </dev/null; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log")
        echo "ok    fuzz_$name: ${runs:-?} inputs in $seconds s"
    else
        echo "FAIL  fuzz_$name: (the input is in $build/crashes/)"
        tail -n 40 "$build/$name.log" | sed 's/^/      /'
        failed=1
    fi
done
exit $failed

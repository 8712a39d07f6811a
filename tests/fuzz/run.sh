#!/bin/bash
# Runs each fuzz target for some seconds: tests/fuzz/run.sh [SECONDS [BUILD]] (0: only builds them)
# A target is a program BUILD/tests/fuzz/fuzz_NAME; it starts from tests/fuzz/corpus/NAME/, which it
# does not change. What it finds beyond is kept in BUILD/corpus/NAME/, an input that fails in
# BUILD/crashes/.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-30}
build=${2:-build-fuzz}

[ -f "$build/build.ninja" ] ||
    CC=clang meson setup "$build" -Dfuzzers=true -Dtests=disabled -Db_lundef=false -Doptimization=1 -Dc_args=-g1
ninja -C "$build" fuzz-programs
[ "$seconds" -gt 0 ] || exit 0
mkdir -p "$build/crashes"

fuzz() { # TARGET
    local name=${1##*/fuzz_} runs seeds=()
    [ ! -d "tests/fuzz/corpus/$name" ] || seeds=("tests/fuzz/corpus/$name")
    mkdir -p "$build/corpus/$name"
    if "$1" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$build/crashes/$name-" "$build/corpus/$name" "${seeds[@]}" >"$build/$name.log" 2>&1 </dev/null; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log")
        echo "ok    fuzz_$name: ${runs:-?} inputs in $seconds s"
    else
        printf '%s\n' "FAIL  fuzz_$name: (the input is in $build/crashes/)" \
            "$(tail -n 40 "$build/$name.log" | sed 's/^/      /')"
        return 1
    fi
}

# As many at a time as there are processors.
running=()
failed=0
for target in "$build"/tests/fuzz/fuzz_*; do
    [ -f "$target" ] && [ -x "$target" ] || continue
    if [ ${#running[@]} -ge "$(nproc)" ]; then
        wait "${running[0]}" || failed=1
        running=("${running[@]:1}")
    fi
    fuzz "$target" &
    running+=($!)
done
for pid in "${running[@]}"; do
    wait "$pid" || failed=1
done
exit $failed

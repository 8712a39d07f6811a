#!/bin/sh
# Everything that judges the code without running it: tests/lint/run.sh BUILD (a plain build).
# Goes through all checks before it fails, so that one run shows all there is to do.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:?usage: tests/lint/run.sh BUILD}
folders='base gateway workers storage publisher loadtest tests'
failed=0

check() {
    name=$1
    shift
    if output=$("$@" 2>&1); then
        echo "ok    $name"
    else
        echo "FAIL  $name"
        echo "$output" | sed 's/^/      /'
        failed=1
    fi
}

# Only what it objects to: the tool names every file that it looks at.
tidy() {
    run-clang-tidy -quiet -p "$build" -j"$(nproc)" '^(?!.*/(tests|subprojects)/).*\.c$' >"$build/clang-tidy.log" 2>&1
    status=$?
    grep -vE '^clang-tidy|warnings? generated|^Suppressed|^Use -' "$build/clang-tidy.log"
    return $status
}

check layering python3 tests/lint/layering.py
check conventions python3 tests/lint/conventions.py --objects "$build"
check 'man page' python3 tests/lint/man_page.py "$build/storage/simgatectl"
check clang-format sh -c "find $folders -name '*.[ch]' | xargs clang-format --dry-run -Werror"
check clang-tidy tidy
check 'python compiles' python3 -B -c '
import ast, pathlib
for path in pathlib.Path(".").glob("tests/**/*.py"):
    ast.parse(path.read_text(), str(path))'
check 'shell parses' sh -c 'for f in deploy/*.sh tests/*/*.sh tests/*.sh .ci/run; do [ ! -f "$f" ] || bash -n "$f" || exit 1; done'
exit $failed

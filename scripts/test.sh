#!/bin/bash
# test.sh: every test, and at the end in a few lines how it went. Goes on after a failure to show all there is.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p var

started=$SECONDS
swift test --explicit-target-dependency-import-check error 2>&1 | tee var/swift-test.log
unit=${PIPESTATUS[0]}
unit_seconds=$((SECONDS - started))

started=$SECONDS
scripts/end-to-end.sh ${PYTEST:-}
whole=$?
whole_seconds=$((SECONDS - started))

# The short form of the benchmark measures, and so wants a machine of its own: BENCH=no leaves it out.
benched=0
if [ "${BENCH:-}" != no ]; then
    started=$SECONDS
    var/venv/bin/python Tests/Benchmarks/test_benchmarks.py 2>&1 | tee var/benchmarks.log
    benched=${PIPESTATUS[0]}
    bench_seconds=$((SECONDS - started))
fi

verdict() { if [ "$1" = 0 ]; then echo passed; else echo FAILED; fi; }
counted() { # LOG WORD: the number before a word in the closing lines of pytest
    grep -aE '^=+ .* in [0-9.]+s' "$1" | grep -oE "[0-9]+ $2" | awk '{ sum += $1 } END { print sum + 0 }'
}
units=$(grep -aoE 'Test run with [0-9]+ tests' var/swift-test.log | tail -n 1 | grep -oE '[0-9]+' || echo 0)
failed_units=$(grep -acE '^✘ Test [^ ]+\(.*failed after' var/swift-test.log || true)
passed=$(counted var/end-to-end.log passed)
failed=$(($(counted var/end-to-end.log failed) + $(counted var/end-to-end.log errors?)))
echo
echo "Unit tests        $(verdict "$unit") in ${unit_seconds} s: $units tests, $failed_units failed"
echo "End-to-end tests  $(verdict "$whole") in ${whole_seconds} s: $((passed + failed)) tests, $failed failed"
measured=0 missed=0
if [ "${BENCH:-}" != no ]; then
    measured=$(grep -acE '^test_.* \.\.\. ' var/benchmarks.log || true)
    missed=$(grep -acE '^(FAIL|ERROR): ' var/benchmarks.log || true)
    echo "Benchmarks        $(verdict "$benched") in ${bench_seconds} s: $measured tests, $missed failed"
fi
echo "Tests: $((units - failed_units + passed + measured - missed)) passed, $((failed_units + failed + missed)) failed"
[ "$unit" = 0 ] && [ "$whole" = 0 ] && [ "$benched" = 0 ]

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
var/venv/bin/python -m pytest Tests/EndToEnd ${PYTEST:-} 2>&1 | tee var/end-to-end.log
whole=${PIPESTATUS[0]}
whole_seconds=$((SECONDS - started))

verdict() { if [ "$1" = 0 ]; then echo passed; else echo FAILED; fi; }
echo
echo "Unit tests        $(verdict "$unit") in ${unit_seconds} s: $(grep -aE 'Test run with' var/swift-test.log | tail -n 1 |
    sed 's/^[^T]*//')"
echo "End-to-end tests  $(verdict "$whole") in ${whole_seconds} s: $(tail -n 1 var/end-to-end.log | sed 's/=//g; s/^ *//; s/ *$//')"
[ "$unit" = 0 ] && [ "$whole" = 0 ]

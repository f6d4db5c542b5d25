#!/bin/bash
# bench.sh [--short] [--only PART[:LOAD],…] [--report]: Confab beside Janus AudioBridge on one core; writes docs/performance.md.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/venv.sh
ulimit -n "$(ulimit -Hn)"
ulimit -c 0
exec var/venv/bin/python scripts/bench/bench.py "$@"

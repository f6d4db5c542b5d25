#!/bin/bash
# port-free.sh PROTOCOL PORT WHAT...
# Fails, with a sentence naming the port and who holds it, when something listens on it already.
set -euo pipefail
protocol=$1 port=$2
shift 2
what=$*

case $protocol in
tcp) listeners=$(ss -Hlntp "sport = :$port") ;;
udp) listeners=$(ss -Hlnup "sport = :$port") ;;
*) exit 2 ;;
esac
[ -n "$listeners" ] || exit 0

holder=$(sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (process \2)/p' <<<"$listeners" | head -n 1)
pid=$(sed -n 's/.*process \([0-9]*\)).*/\1/p' <<<"$holder")
if [ -n "$pid" ]; then
    holder="$holder, started as: $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null || true)"
else
    holder="a program of another user (sudo ss -lntup 'sport = :$port' shows which)"
fi
echo "Port $port ($protocol), needed by $what, is in use by $holder" >&2
if command -v systemctl >/dev/null && systemctl is-active --quiet prosody.service 2>/dev/null \
    && [[ $what == *XMPP* ]]; then
    echo "The system's own Prosody runs; to make room for the demo: sudo systemctl stop prosody" >&2
fi
exit 1

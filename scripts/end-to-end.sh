#!/bin/bash
# end-to-end.sh [PYTEST OPTION ...]: the end-to-end tests. Without options, and where a network namespace may be made, in two halves
# at once: they wait more than they work, and their ports are fixed.
# What is printed is in var/end-to-end.log, and that of the second half in var/end-to-end-apart.log too.
set -uo pipefail
cd "$(dirname "$0")/.."

apart="accounts chat chat_extensions ejabberd federation focus gateway_text in_call jingle_calls limits muc names networks
    networks_ejabberd peers people presence registrations restart state text tools transport watchers"
pytest="var/venv/bin/python -m pytest"
# Loopback, and an address that is not.
namespace='ip link set lo up; ip link add outside type veth peer name inside; ip link set inside up
    ip address add 10.9.9.9/24 dev outside; ip link set outside up; ip route add default dev outside'

rm -f var/end-to-end-apart.log
if [ $# != 0 ] || ! unshare -n bash -euc "$namespace" 2>/dev/null; then
    $pytest Tests/EndToEnd "$@" 2>&1 | tee var/end-to-end.log
    exit "${PIPESTATUS[0]}"
fi

files=() others=()
for name in $apart; do
    files+=("Tests/EndToEnd/test_$name.py")
    others+=("--ignore=Tests/EndToEnd/test_$name.py")
done
unshare -n bash -euc "$namespace; exec \"\$@\"" bash $pytest "${files[@]}" >var/end-to-end-apart.log 2>&1 &
second=$!
trap 'kill $second 2>/dev/null' EXIT
$pytest Tests/EndToEnd "${others[@]}" 2>&1 | tee var/end-to-end.log
first=${PIPESTATUS[0]}
wait $second
second_status=$?
tee -a var/end-to-end.log <var/end-to-end-apart.log
[ "$first" = 0 ] && [ $second_status = 0 ]

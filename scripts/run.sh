#!/bin/bash
# run.sh: the demo. Starts Prosody (unless XMPP=no) and Confab, says what to dial and to click, and ends both on
# Ctrl-C, on SIGTERM, and when one of them ends by itself.
# LISTEN names the addresses for signalling, separated by blanks; loopback when empty.
set -uo pipefail
cd "$(dirname "$0")/.."

xmpp=${XMPP:-yes}
read -r -a addresses <<<"${LISTEN:-}"
directory=var/demo
binary=.build/release/confab
mkdir -p $directory

prosody= confab=
running() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null; }

finish() {
    trap '' INT TERM HUP
    for pid in $confab $prosody; do
        running "$pid" && kill -TERM "$pid" 2>/dev/null
    done
    for ((i = 0; i < 100; i++)); do
        running "$confab" || running "$prosody" || break
        sleep 0.1
    done
    for pid in $confab $prosody; do
        running "$pid" && kill -KILL "$pid" 2>/dev/null
    done
    wait
}
stop() {
    finish
    echo "Confab has stopped."
    exit 0
}
fail() {
    echo "$*" >&2
    finish
    exit 1
}
trap stop INT TERM HUP

listens() { # tcp PORT
    ss -Hlnt "sport = :$1" | grep -q .
}
await() { # PID PORT
    for ((i = 0; i < 300; i++)); do
        listens "$2" && return 0
        running "$1" || return 1
        sleep 0.1
    done
    return 1
}

# Whatever ends this script, --pdeathsig ends its children.
if [ "$xmpp" != no ]; then
    setpriv --pdeathsig TERM scripts/prosody.sh $directory "${addresses[@]}" >$directory/prosody.out \
        2> >(tee -a $directory/prosody.out >&2) &
    prosody=$!
    { await $prosody 5347 && await $prosody 5222; } ||
        fail "Prosody did not start; $directory/prosody.log and $directory/prosody.out say why."
fi

arguments=(run --config config/demo.yaml)
for address in "${addresses[@]}"; do arguments+=(--listen "$address"); done
[ "$xmpp" != no ] || arguments+=(--no-xmpp)
port=${CONFAB_SIP_PORT:-5060}
for protocol in udp tcp; do
    reason=$(scripts/port-free.sh $protocol "$port" "Confab for SIP" 2>&1) || fail "$reason"
done
setpriv --pdeathsig TERM $binary "${arguments[@]}" &
confab=$!
await $confab "$port" || fail "Confab did not start; the line above says why."

cat <<TEXT

Confab is running.

  With a SIP phone (no account or registration needed), on this machine:
      dial            sip:demo@127.0.0.1              the room "demo"
      or any other    sip:any-name@127.0.0.1          makes a room of that name
TEXT
if [ "$xmpp" != no ]; then
    cat <<TEXT
      dial            sip:alice@localhost             rings the XMPP user alice (through 127.0.0.1:$port)

  With an XMPP client that can call (Conversations, Dino, Movim, Monal):
      log in as       alice@localhost                 or bob@localhost, carol@localhost; password: demo
      server          127.0.0.1, port 5222            accept the certificate ($directory/localhost.crt)
      add contact     demo@talk.localhost             then press the call button; write to it to write to the room
      join the chat   demo@rooms.localhost            the same room as a group chat
      call            100@sip.localhost               rings a SIP phone that listens on 127.0.0.1:5080
TEXT
fi
if [ ${#addresses[@]} -gt 0 ]; then
    cat <<TEXT

  From other machines, put this machine's address in place of 127.0.0.1.
TEXT
fi
cat <<TEXT

  Ctrl-C ends everything.

TEXT

wait -n $confab $prosody
# Ctrl-C tells all at once, and may have ended one before it is noticed here.
sleep 0.3
if running "$confab"; then
    fail "Prosody has ended; $directory/prosody.log says why. Stopping Confab too."
fi
wait "$confab"
fail "Confab has ended by itself (status $?). Stopping."

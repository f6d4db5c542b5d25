#!/bin/bash
# prosody.sh DIRECTORY [ADDRESS ...]
# Writes a Prosody configuration, a certificate and the users alice, bob and carol (password demo) under DIRECTORY,
# then becomes that Prosody. It listens on the given addresses, loopback when none is given, and runs as whoever
# calls it. The certificate is made once and kept. Ports: C2S_PORT, HTTP_PORT, COMPONENT_PORT. More modules:
# PROSODY_MODULES ("s2s" among them: with federation); more of the global configuration: the file PROSODY_INCLUDE;
# of the host's: DIRECTORY/localhost.cfg.lua.
set -euo pipefail

directory=$1
shift
addresses=("$@")
[ ${#addresses[@]} -gt 0 ] || addresses=(127.0.0.1 ::1)
c2s=${C2S_PORT:-5222} http=${HTTP_PORT:-5280} component=${COMPONENT_PORT:-5347}

mkdir -p "$directory/prosody/localhost/accounts"
directory=$(cd "$directory" && pwd)
data=$directory/prosody

here=$(dirname "$0")
"$here/port-free.sh" tcp "$c2s" "the XMPP server for its clients"
"$here/port-free.sh" tcp "$http" "the XMPP server for WebSocket and BOSH"
"$here/port-free.sh" tcp "$component" "the XMPP server for its components"

if [ ! -s "$directory/localhost.crt" ] || [ ! -s "$directory/localhost.key" ]; then
    (
        umask 077
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=localhost \
            -addext 'subjectAltName=DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1' \
            -addext 'extendedKeyUsage=serverAuth' \
            -keyout "$directory/localhost.key" -out "$directory/localhost.crt" 2>/dev/null
    )
    chmod 644 "$directory/localhost.crt"
fi

for user in alice bob carol; do
    account=$data/localhost/accounts/$user.dat
    [ -e "$account" ] || printf 'return {\n\t["password"] = "demo";\n};\n' >"$account"
done

listen=$(printf '"%s"; ' "${addresses[@]}")
cat >"$directory/prosody.cfg.lua" <<CFG
-- Written anew at every start.
run_as_root = true
pidfile = "$directory/prosody.pid"
data_path = "$data"
admin_socket = "$directory/prosody.sock"

interfaces = { $listen}
c2s_ports = { $c2s }
http_interfaces = { $listen}
http_ports = { $http }
https_ports = {}
component_interfaces = { "127.0.0.1"; "::1" }
component_ports = { $component }

modules_enabled = {
    "roster"; "saslauth"; "tls"; "disco"; "carbons"; "pep"; "private"; "blocklist"; "bookmarks"; "vcard4";
    "vcard_legacy"; "version"; "time"; "ping"; "mam"; "csi_simple"; "smacks"; "bosh"; "websocket"; "posix";
    $(printf '"%s"; ' ${PROSODY_MODULES:-})
}
$([[ " ${PROSODY_MODULES:-} " == *" s2s "* ]] || echo 'modules_disabled = { "s2s" }')

authentication = "internal_plain"
storage = "internal"
allow_registration = false
c2s_require_encryption = true
consider_bosh_secure = true
consider_websocket_secure = true
http_default_host = "localhost"
ssl = { certificate = "$directory/localhost.crt"; key = "$directory/localhost.key" }
log = { info = "$directory/prosody.log" }
$(cat "${PROSODY_INCLUDE:-/dev/null}")

VirtualHost "localhost"
$([ ! -s "$directory/localhost.cfg.lua" ] || cat "$directory/localhost.cfg.lua")

Component "talk.localhost"
    component_secret = "demo"
Component "rooms.localhost"
    component_secret = "demo"
Component "sip.localhost"
    component_secret = "demo"
CFG

exec prosody -F --config "$directory/prosody.cfg.lua"

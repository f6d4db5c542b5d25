#!/bin/bash
# install.sh build|run|test|bench|clients ...
# Installs the Debian packages these purposes need, when one is missing: with sudo where we are not root.
# With nothing missing it neither asks for a password nor touches the network.
set -euo pipefail

# What the Swift toolchain itself leans on stands first, for a system on which it was only unpacked.
build="gcc libc6-dev libstdc++-12-dev binutils libncurses6 libcurl4 libxml2 zlib1g-dev tzdata
    make iproute2 procps pkg-config ca-certificates git openssl libosip2-dev libsrtp2-dev libopus-dev libssl-dev
    libsqlite3-dev libexpat1-dev libspandsp-dev libspeexdsp-dev libc-ares-dev libogg-dev"
run="prosody lua-sec openssl espeak-ng"
tests="espeak-ng baresip-core sip-tester opus-tools libxml2-utils python3 python3-venv coturn iptables iproute2
    ejabberd lua-unbound kamailio"
bench="janus espeak-ng util-linux python3 python3-venv"

clients="dino-im gstreamer1.0-pulseaudio xvfb xdotool pulseaudio pulseaudio-utils dbus imagemagick util-linux"

wanted=""
for purpose in "$@"; do
    case $purpose in
    build) wanted="$wanted $build" ;;
    run) wanted="$wanted $run" ;;
    test) wanted="$wanted $tests" ;;
    bench) wanted="$wanted $bench" ;;
    clients) wanted="$wanted $clients" ;;
    *)
        echo "usage: $0 build|run|test|bench|clients ..." >&2
        exit 2
        ;;
    esac
done

if [[ " $* " == *" build "* ]] && ! command -v swift >/dev/null; then
    echo "No Swift toolchain on PATH: install Swift 6.3 from https://www.swift.org/install/linux/ and try again." >&2
    exit 1
fi

missing=()
for package in $wanted; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Missing packages: ${missing[*]}. There is no sudo; as root: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

# Debian starts a service as soon as its package is there. The demo brings up a Prosody of its own and the benchmark a
# Janus, so one that is installed only for them shall neither start now nor at the next boot. A policy that already stands is left alone.
policy=/usr/sbin/policy-rc.d
policy_is_ours=no
restore_policy() {
    if [ $policy_is_ours = yes ]; then "${as_root[@]}" rm -f $policy; fi
}
trap restore_policy EXIT
services=()
for service in prosody ejabberd janus coturn kamailio; do
    if [[ " ${missing[*]} " == *" $service "* ]]; then services+=("$service"); fi
done
if [ ${#services[@]} -gt 0 ] && [ ! -e $policy ]; then
    policy_is_ours=yes
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod 755 $policy
fi

echo "Installing: ${missing[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"

if [ -d /run/systemd/system ]; then
    for service in "${services[@]}"; do
        "${as_root[@]}" systemctl disable --quiet "$service.service" || true
    done
fi

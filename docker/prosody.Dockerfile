# The demo's Prosody, from Debian's package, with the configuration that scripts/prosody.sh writes.
FROM debian:12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends prosody lua-sec openssl iproute2 procps \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o prosody -g prosody /var/lib/demo
COPY scripts/prosody.sh scripts/port-free.sh /usr/local/lib/confab/
USER prosody
VOLUME /var/lib/demo
ENTRYPOINT ["/usr/local/lib/confab/prosody.sh", "/var/lib/demo"]

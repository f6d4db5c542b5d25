# make run [XMPP=no] [LISTEN=0.0.0.0]   the demo: Prosody and Confab on this machine; Ctrl-C ends both
# make build                            the release binaries, .build/release/confab and confab-load
# make test [BENCH=no]                  every test: unit tests, end-to-end tests on the release binaries, and what the short
#                                       form of the benchmark must show, which wants the machine to itself
# make bench [SHORT=yes]                 Confab beside Janus AudioBridge on one core: docs/performance.md
# make clients                          a real Dino under Xvfb calls the room (as root)
# make check                            format, warnings as errors, the import graph, unit tests
# make clean                            removes what building and running made

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: build run test bench clients check clean

graph := --explicit-target-dependency-import-check error

build:
	@scripts/install.sh build
	@swift build -c release --product confab $(graph)
	@swift build -c release --product confab-load $(graph)

run:
	@if [ "$(XMPP)" = no ]; then scripts/install.sh build; else scripts/install.sh build run; fi
	@swift build -c release --product confab $(graph)
	@XMPP="$(XMPP)" LISTEN="$(LISTEN)" exec scripts/run.sh

test:
	@scripts/install.sh build run test $(if $(filter no,$(BENCH)),,bench)
	@scripts/venv.sh
	@swift build -c release --product confab $(graph)
	@swift build -c release --product confab-load $(graph)
	@BENCH="$(BENCH)" scripts/test.sh

bench:
	@scripts/install.sh build bench
	@swift build -c release --product confab $(graph)
	@swift build -c release --product confab-load $(graph)
	@scripts/bench.sh $(if $(filter yes,$(SHORT)),--short) $(if $(ONLY),--only $(ONLY))

clients:
	@scripts/install.sh build run test clients
	@scripts/venv.sh
	@swift build -c release --product confab $(graph)
	@var/venv/bin/python Tests/Clients/dino.py

check:
	@scripts/install.sh build
	@swift format lint --strict --recursive Sources Tests Package.swift
	@swift build --build-tests $(graph)
	@swift test --skip-build

clean:
	@swift package clean
	@rm -rf var

#!/bin/bash
# venv.sh: the Python environment of the end-to-end tests, under var/venv; made anew only when what it holds changed.
set -euo pipefail
cd "$(dirname "$0")/.."
requirements=Tests/EndToEnd/requirements.txt
environment=var/venv

if ! cmp -s $requirements $environment/requirements.txt; then
    rm -rf $environment
    mkdir -p var
    /usr/bin/python3 -m venv $environment
    $environment/bin/pip install --quiet --disable-pip-version-check -r $requirements
    cp $requirements $environment/requirements.txt
fi

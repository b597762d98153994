#!/usr/bin/env bash
# Prints a Python that has numpy: python3, or one in a virtual environment in .venv that is made for it.
set -euo pipefail
cd "$(dirname "$0")/.."

python=python3
if ! "$python" -c 'import numpy' 2>/dev/null; then
    python=.venv/bin/python
    [ -x "$python" ] || python3 -m venv .venv >&2
    "$python" -c 'import numpy' 2>/dev/null || "$python" -m pip install --quiet numpy >&2
fi
echo "$python"

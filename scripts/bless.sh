#!/usr/bin/env bash
# Writes testdata/golden, testdata/photo.vqz and the list of test vectors in SPEC.md anew: after a new built-in model, or together
# with a new format version (then with a line in CHANGELOG.md).
set -euo pipefail
cd "$(dirname "$0")/.."
# The test compares with SPEC.md last: it may fail here, before the list is written.
VQZ_BLESS=1 cargo test --release --test golden || true
python3 - <<'PYTHON'
spec = open("SPEC.md", encoding="utf-8").read()
table = "".join(f"    {line}\n" for line in open("testdata/golden/hashes.txt").read().splitlines())
begin, end = "<!-- vectors: begin -->\n", "<!-- vectors: end -->"
head, rest = spec.split(begin)
tail = rest.split(end)[1]
open("SPEC.md", "w", encoding="utf-8").write(f"{head}{begin}\n{table}\n{end}{tail}")
PYTHON
cargo test --release --test golden

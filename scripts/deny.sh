#!/usr/bin/env bash
# What deny.toml says of dependencies: licences, origins, bans. Installs cargo-deny if it is missing (some minutes).
#   scripts/deny.sh [--advisories]   with published vulnerabilities: fetches the RustSec database from GitHub
set -euo pipefail
cd "$(dirname "$0")/.."

checks=(licenses bans sources)
[ "${1:-}" != --advisories ] || checks+=(advisories)
cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny
cargo deny --workspace --all-features check --hide-inclusion-graph "${checks[@]}"
# A workspace of its own, with licences of its own.
cargo deny --manifest-path bindings/glycin/Cargo.toml check --hide-inclusion-graph "${checks[@]}"

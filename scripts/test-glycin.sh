#!/usr/bin/env bash
# The loader for glycin (bindings/glycin): installs it below a temporary folder, opens every file of the conformance suite by glycin's own client, in its
# sandbox (bubblewrap) where the machine lets it make one and without, cut and damaged files too, and takes all away again. Some minutes.
#   scripts/test-glycin.sh
# Installs what it needs with apt-get, where that is at hand.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/need-debian.sh bubblewrap gcc libfontconfig-dev libglib2.0-dev libseccomp-dev pkg-config

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
manifest=bindings/glycin/Cargo.toml
cargo=(--manifest-path "$manifest" --target-dir "$(realpath -m "${CARGO_TARGET_DIR:-target}")" --locked)
cargo fmt --manifest-path "$manifest" --check
cargo clippy "${cargo[@]}" --all-targets -- -D warnings
scripts/install-glycin.sh --prefix "$prefix" --profile dev
export GLYCIN_DATA_DIR=$prefix/share
sandboxes=(NotSandboxed)
if bwrap --unshare-all --ro-bind / / true; then
    sandboxes+=(Bwrap)
else
    echo "note: this machine lets bubblewrap make no sandbox, so that none is tested" >&2
fi
for sandbox in "${sandboxes[@]}"; do
    VQZ_TEST_SANDBOX=$sandbox cargo test "${cargo[@]}"
done

scripts/install-glycin.sh --prefix "$prefix" --uninstall
left=$(find "$work" -type f)
[ -z "$left" ] || { printf 'left behind: %s\n' "$left" >&2 && exit 1; }
echo "glycin: all well"

#!/usr/bin/env bash
# Writes anew what depends on the encoder or the built-in model: models/*.sha256, testdata/encoder-hashes.txt, and if the model has changed the files of
# the conformance suite that are coded with it; then the suite's manifest.
#   scripts/bless.sh            after a new built-in model or a change of the encoder
#   scripts/bless.sh --format   together with a change of the format (SPEC.md, Appendix D): everything (with a line in CHANGELOG.md)
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
--format) kind=format ;;
"") kind=1 ;;
*) echo "usage: $0 [--format]" >&2 && exit 2 ;;
esac
(cd models && sha256sum default.vqzm >default.sha256 && sha256sum perceptual.vqzr >perceptual.sha256)
VQZ_BLESS=$kind cargo test --locked --test golden
python=$(scripts/python-with-numpy.sh)
OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 "$python" testdata/conformance/generator/generate.py

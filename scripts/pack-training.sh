#!/usr/bin/env bash
# Packs a training run for a bare x86-64 Linux machine that has a GPU, Python with PyTorch 2.11 and nothing else: no Rust, no network.
#
#   scripts/pack-training.sh [--cpu] [--mib N] PACK TRAIN VALID [RECIPE.json]
#
# PACK receives the trainer (stripped, compressed), the photos (recompressed as WebP, so that all of it stays below N MiB, 40 by
# default), the recipe (default: scripts/gpu.recipe.json) and train.sh, which docs/training.md tells how to use there.
# --cpu links the CPU-only libtorch instead: to try the pack where there is no GPU.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=--cuda
mib=40
while [[ "${1:-}" == --* ]]; do
    case "$1" in
    --cpu) kind=--cpu && shift ;;
    --mib) mib=$2 && shift 2 ;;
    *) echo "$0: unknown option $1" >&2 && exit 2 ;;
    esac
done
[ $# -ge 3 ] || { sed -n '2,8p' "$0" >&2 && exit 2; }
pack=$1 train=$2 valid=$3 recipe=${4:-scripts/gpu.recipe.json}

environment=$(scripts/setup-libtorch.sh "$kind" ".venv-torch${kind#-}")
eval "$environment"
cargo build --release --locked -p vqz-cli --features train
mkdir -p "$pack"
strip -o "$pack/vqz" "${CARGO_TARGET_DIR:-target}/release/vqz"
xz -T0 -f "$pack/vqz"
cp "$recipe" "$pack/recipe.json"
cp scripts/remote-training.sh "$pack/train.sh"

# The trainer halves photos at random before it crops them: that hides what a second compression adds.
[ -x .venv-pack/bin/python ] || { python3 -m venv .venv-pack && .venv-pack/bin/pip install --quiet pillow; }
.venv-pack/bin/python - "$pack" "$train" "$valid" "$mib" <<'PYTHON'
import io, pathlib, sys, tarfile
from concurrent.futures import ThreadPoolExecutor
from PIL import Image

pack, train, valid, mib = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
budget = mib * 2**20 - sum(f.stat().st_size for f in pack.iterdir() if f.name != "photos.tar")
photos = {kind: sorted(p for p in pathlib.Path(folder).iterdir() if p.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"))
          for kind, folder in (("train", train), ("valid", valid))}
photos["valid"] = photos["valid"][:16]

def shrink(path, quality):
    data = io.BytesIO()
    Image.open(path).convert("RGB").save(data, "WEBP", quality=quality, method=4)
    return data.getvalue()

for quality in (95, 90, 85, 80, 70, 60):
    with ThreadPoolExecutor() as pool:
        # Validation photos stay as good as they are.
        files = [("train/" + p.stem, b) for p, b in zip(photos["train"], pool.map(lambda p: shrink(p, quality), photos["train"]))]
        files += [("valid/" + p.stem, b) for p, b in zip(photos["valid"], pool.map(lambda p: shrink(p, 98), photos["valid"]))]
    if sum(len(b) + 1536 for _, b in files) <= budget:
        break
else:
    sys.exit(f"the photos do not fit {mib} MiB even at WebP quality {quality}; give fewer")
with tarfile.open(pack / "photos.tar", "w") as tar:
    for name, data in files:
        entry = tarfile.TarInfo(f"{name}.webp")
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
print(f"{len(photos['train'])} + {len(photos['valid'])} photos, training photos at WebP quality {quality}")
PYTHON
du -sh "$pack"

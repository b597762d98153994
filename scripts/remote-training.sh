#!/usr/bin/env bash
# Part of a pack made by scripts/pack-training.sh, for the machine with the GPU:
#
#   train.sh STATE MINUTES OUT
#
# Trains for MINUTES (from STATE's checkpoint if there is one), then writes to OUT: model.vqzm, log.jsonl, recipe.json, and the
# checkpoint in parts of 15 MiB (join them with cat). Call it again to go on; STATE must survive on that machine's disk.
set -euo pipefail
pack=$(cd "$(dirname "$0")" && pwd)
state=$1 minutes=$2 out=$3
mkdir -p "$state" "$out"

[ -x "$state/vqz" ] || { xz -dkc "$pack/vqz.xz" >"$state/vqz" && chmod +x "$state/vqz"; }
[ -d "$state/train" ] || tar -xf "$pack/photos.tar" -C "$state"
libraries=$(python3 -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])')/lib
# The pip wheels keep CUDA's own libraries beside torch.
for folder in "$libraries"/../../nvidia/*/lib; do [ -d "$folder" ] && libraries+=":$folder"; done
export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

start=()
[ -e "$pack/start.vqzm" ] && start=(--start "$pack/start.vqzm")
[ -e "$pack/start.recipe.json" ] && start+=(--start-recipe "$pack/start.recipe.json")
code=0
# Stopped from outside it loses what it did since the last checkpoint.
timeout "${minutes}m" "$state/vqz" --quiet train --data "$state/train" --valid "$state/valid" --out "$state/run" \
    --recipe "$pack/recipe.json" --checkpoint-every 30 --validate-every 1000 ${start[@]+"${start[@]}"} || code=$?
[ "$code" = 0 ] || [ "$code" = 124 ] || exit "$code"
tail -n 3 "$state/run/log.jsonl"

"$state/vqz" export "$state/run/checkpoint.safetensors" "$out/model.vqzm" --data "$state/train" --calibration "$state/valid" --calibration-photos 16
cp "$state/run/log.jsonl" "$pack/recipe.json" "$out"
split -b 15M -d "$state/run/checkpoint.safetensors" "$out/checkpoint.part-"

#!/usr/bin/env python3
"""Variants of the recipe at equal compute: each is trained from nothing for the same CPU time, then validated.

    scripts/ablation.py VQZ TRAIN VALID OUT [--seconds N] [--jobs N] [VARIANT...]

VQZ is the command with the feature `train`. Each variant's steps are what N CPU-seconds (default 600) of one thread allow, measured beforehand,
and its learning rate falls over just those. The loss is lambda*MSE + bpp on eight validation photos at qualities 0, 25, ... 100, without the encoder's
search. Prints a table; OUT keeps each variant's recipe and log, and a variant that is done there is not run again. Standard library only.
"""
import argparse
import concurrent.futures
import copy
import json
import os
import pathlib
import re
import subprocess
import tempfile

# What a variant changes: of the architecture, or of the recipe.
VARIANTS = {
    "default": {},
    "default, seed 2": {"seed": 2},
    "Muon every step": {"muon_every": 1},
    "Muon every fourth step": {"muon_every": 4},
    "Muon twice as fast": {"muon_rate": 6.0},
    "Adam, learning rate 1e-3": {"muon": False, "learning_rate": 1e-3},
    "Adam, learning rate 2e-3": {"muon": False, "learning_rate": 2e-3},
    "256 latents (last slice 96)": {"latents": 256, "slices": [[16, "Checkerboard"], [48, "Checkerboard"], [96, "Once"], [96, "Once"]]},
    "320 latents (no last slice)": {"latents": 320, "slices": [[16, "Checkerboard"], [48, "Checkerboard"], [96, "Once"], [160, "Once"]]},
    "synthesis 144 and 48 wide": {"synthesis_widths": [144, 48]},
    "body alone (renderer without blocks, 5 blocks of 192)": {"synthesis_blocks": [5, 0]},
    "renderer alone (80 wide, body without blocks)": {"synthesis_widths": [192, 80], "synthesis_blocks": [0, 3]},
    "three slices once": {"slices": [[64, "Once"], [96, "Once"], [240, "Once"]]},
    "context width 96": {"context_width": 96},
    "patches of 192, batches of 4": {"patch": 192, "batch": 4},
    "no adaptation of steps": {"adaptation": 0.0},
    "no drawn patches": {"drawn": 0.0},
}
BASE = {"batch": 8, "patch": 128, "warm_up": 50, "decay": 10**9, "average": 0.99, "bf16": False, "ms_ssim": 0.0, "ssimulacra2": 0.0, "linear": 0.0, "block_edges": 0.0, "recoloured": 0.0, "hard_from": 10**9}


def recipe_of(defaults, changes):
    recipe = copy.deepcopy(defaults) | BASE
    for key, value in changes.items():
        (recipe["architecture"] if key in recipe["architecture"] else recipe)[key] = value
    return recipe


def train(options, recipe, out, data, valid=()):
    """CPU-seconds of a run."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "recipe.json").write_text(json.dumps(recipe) + "\n")
    command = [options.vqz, "-s", "train", "--data", data, *valid, "--out", out, "--recipe", out / "recipe.json"]
    command += ["--validate-every", "1000000", "--validate-photos", "8", "--checkpoint-every", "1000000"]
    threads = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")}
    child = subprocess.Popen(command, env=os.environ | threads)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"{out}: vqz train failed")
    return usage.ru_utime + usage.ru_stime


def losses(out):
    """Steps, and the losses of the last validation; None if the run is not done."""
    log = out / "log.jsonl"
    for line in reversed(log.read_text().splitlines() if log.exists() else []):
        entry = json.loads(line)
        if "valid" in entry:
            return entry["step"], [point["loss"] for point in entry["valid"]]
    return None


def run(options, defaults, name):
    out = pathlib.Path(options.out) / re.sub(r"\W+", "-", name).strip("-")
    if losses(out) is None:
        recipe = recipe_of(defaults, VARIANTS[name])
        with tempfile.TemporaryDirectory() as folder:
            few, more = (train(options, recipe | {"steps": steps}, pathlib.Path(folder) / str(steps), options.valid) for steps in (2, 22))
        steps = max(20, round(options.seconds * 20 / (more - few)))
        train(options, recipe | {"steps": steps, "decay": steps - recipe["warm_up"]}, out, options.train, ["--valid", options.valid])
    return losses(out)


def main():
    parser = argparse.ArgumentParser()
    for name in ("vqz", "train", "valid", "out"):
        parser.add_argument(name)
    parser.add_argument("variants", nargs="*", metavar="VARIANT")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_intermixed_args()
    defaults = json.loads(subprocess.run([options.vqz, "train", "--print-recipe"], check=True, capture_output=True, text=True).stdout)
    names = options.variants or list(VARIANTS)
    if unknown := set(names) - set(VARIANTS):
        parser.error(f"no such variant: {', '.join(unknown)}; there are: {', '.join(VARIANTS)}")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = dict(zip(names, pool.map(lambda name: run(options, defaults, name), names)))
    base = results.get("default", results[names[0]])[1]
    print("| variant | steps | loss at quality 0 | 25 | 50 | 75 | 100 | mean |\n|---|---|---|---|---|---|---|---|")
    for name, (steps, found) in results.items():
        changes = [100 * (a / b - 1) for a, b in zip(found, base)]
        cells = [f"{c:+.1f} %".replace("-", "−") for c in (*changes, sum(changes) / len(changes))]
        print(f"| {name} | {steps:,} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How a small model's error, bits and use of its codebook go with the number of codewords: results/codewords.json, and the table in docs/lab.md.

    scripts/lab-codewords.py VQZ PICTURES OUT   trains one model per K with `vqz train --preset small`, then writes both; a model that is done in OUT is not trained again
    scripts/lab-codewords.py                    writes the table anew from results/codewords.json
    scripts/lab-codewords.py --check            writes nothing; fails if the table is not what it would write

VQZ is the command with the feature `train`. One thread each, one after the other. Standard library only.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS, PAGE = ROOT / "results/codewords.json", ROOT / "docs/lab.md"
BEGIN, END = "<!-- codewords: begin -->", "<!-- codewords: end -->"
CODEWORDS = (64, 128, 256, 512, 1024)
HEADER = ["K", "mean squared error", "PSNR, dB", "bits, all words alike", "bits at the words' entropy", "share of PNG's bits", "perplexity", "dead", "unused", "seconds"]


def train(vqz, pictures, out, codewords):
    """The figures of one model, as its report has them, and how it was made."""
    options = ["train", "--preset", "small", "--codewords", str(codewords)]
    command = [vqz, "-s", *options, "--data", pictures, "--out", str(out)]
    threads = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")}
    subprocess.run(command, check=True, env=os.environ | threads)
    report = json.loads((out / "report.json").read_text())
    last = json.loads((out / "log.jsonl").read_text().splitlines()[-1])
    shown = " ".join(["vqz", *options, "--data", pathlib.Path(pictures).name, "--out", out.name])
    return {"command": shown, "dead": last["dead"]} | report


def table(models):
    """Markdown, numbers to the right."""
    lines = [HEADER, ["--:"] * len(HEADER)]
    for model in models:
        found = model["held_out"]
        lines.append([
            f"{model['recipe']['codewords']:,}", f"{found['mse']:.0f}", f"{found['psnr']:.2f}", f"{found['index_bits']:.0f}", f"{found['entropy_bits']:.0f}",
            f"{100 * found['entropy_bits'] / found['png_bits']:.1f} %", f"{found['perplexity'][0]:.1f}", str(model["dead"]), str(found["unused"][0]),
            f"{model['seconds']:.0f}",
        ])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("made", nargs="*", metavar="VQZ PICTURES OUT")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if the table is stale")
    args = parser.parse_args()
    if len(args.made) not in (0, 3) or (args.made and args.check):
        parser.error("VQZ, PICTURES and OUT, or none of them, or --check")
    if args.made:
        vqz, pictures, out = args.made
        models = [train(vqz, pictures, pathlib.Path(out) / f"K{k}", k) for k in CODEWORDS]
        RESULTS.write_text(json.dumps({"models": models}, indent=1) + "\n", encoding="utf-8")
    old = PAGE.read_text(encoding="utf-8")
    if old.count(BEGIN) != 1 or old.count(END) != 1 or old.index(BEGIN) > old.index(END):
        sys.exit(f"docs/lab.md needs one `{BEGIN}` and one `{END}` behind it")
    models = json.loads(RESULTS.read_text(encoding="utf-8"))["models"]
    new = f"{old.split(BEGIN)[0]}{BEGIN}\n{table(models)}\n{END}{old.split(END)[1]}"
    if args.check and new != old:
        sys.exit("docs/lab.md has a stale table; run scripts/lab-codewords.py")
    if new != old:
        PAGE.write_text(new, encoding="utf-8", newline="\n")


main()

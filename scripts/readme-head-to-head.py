#!/usr/bin/env python3
"""The table on README.md's first screen, from results/head-to-head.json.

    scripts/head-to-head.py VQZ results/head-to-head.json KODAK --title Kodak --limit 12
    scripts/readme-head-to-head.py           writes README.md (between the `head-to-head` marks)
    scripts/readme-head-to-head.py --check   writes nothing; fails if README.md is not what it would write

Standard library only.
"""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS, README = ROOT / "results/head-to-head.json", ROOT / "README.md"
BEGIN, END = "<!-- head-to-head: begin -->", "<!-- head-to-head: end -->"
NAMES = {"avif": "AVIF", "jxl": "JPEG XL"}
SCORES = {"psnr": "PSNR", "ssimulacra2": "SSIMULACRA2"}


def percent(row):
    return f"{row['percent']:+.1f} %".replace("-", "−") if row else "–"


def block(report):
    """The README's text."""
    sets = list(report)
    columns = [(title, score) for title in sets for score in SCORES]
    lines = [["bits of vqz, against"] + [f"{title}, {SCORES[score]}" for title, score in columns]]
    lines.append(["---"] + ["--:"] * len(columns))
    for other, name in NAMES.items():
        lines.append([name] + [percent(report[title]["bd-rate"][other][score]) for title, score in columns])
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    versions = report[sets[0]]["versions"]
    counts = ", ".join(f"{title}: {len(report[title]['photos'])} photos" for title in sets)
    return (f"How many bits it needs at equal quality (negative: fewer), mean curves over PSNR 28–40 dB and SSIMULACRA2 50–85, as far as both reach:\n\n{table}\n\n"
            f"{counts}. vqz: model `{versions['vqz']}`. AVIF: {versions['avif']}. JPEG XL: {versions['jxl']}. "
            "Made by `scripts/head-to-head.py`; curves and single photos: [results/head-to-head.json](results/head-to-head.json).")


def main():
    old = README.read_text(encoding="utf-8")
    before, after = old.split(BEGIN)[0], old.split(END)[1]
    wanted = f"{before}{BEGIN}\n{block(json.loads(RESULTS.read_text(encoding='utf-8')))}\n{END}{after}"
    if sys.argv[1:] == ["--check"]:
        if wanted != old:
            sys.exit("stale: README.md; run scripts/readme-head-to-head.py")
    else:
        README.write_text(wanted, encoding="utf-8", newline="\n")
    print("README.md is up to date")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The comparison with other codecs in docs/results.md, from a report of `vqz compare`.

    vqz compare KODAK --title Kodak --out REPORT
    scripts/readme-compare.py REPORT    keeps what is shown in results/compare.json and docs/compare-*.svg, and writes docs/results.md
                                        (between the `compare` marks)
    scripts/readme-compare.py --check   writes nothing; fails if docs/results.md is not what results/compare.json makes

Without results/compare.json there is nothing to show. Standard library only.
"""
import argparse
import json
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS, PAGE = ROOT / "results/compare.json", ROOT / "docs/results.md"
BEGIN, END = "<!-- compare: begin -->", "<!-- compare: end -->"
PLOTS = ["psnr-rgb", "ssimulacra2"]


def mean(values):
    values = [value for value in values if value is not None]
    return sum(values) / len(values) if values else None


def digest(report):
    """What is shown, and what it takes to judge it: small enough to be kept."""
    costs = {}
    for codec in report["codecs"]:
        points = [point for point in report["points"] if point["codec"] == codec["id"]]
        keys = ["encode_seconds", "decode_seconds", "encode_memory", "decode_memory"]
        costs[codec["id"]] = {key: mean(point[key] for point in points) for key in keys}
    rates = []
    for row in report["bd_rate"]:
        photos = [photo["percent"] for photo in row["photos"]]
        rates.append({**{k: v for k, v in row.items() if k != "photos"}, "photos": len(photos), "mean_of_photos": mean(photos)})
    kept = ["title", "command", "version", "notes", "codecs", "metrics", "means"]
    return {**{key: report[key] for key in kept}, "photos": len(report["photos"]), "bd_rate": rates, "costs": costs}


def block(report):
    """The page's text."""
    anchor = report["bd_rate"][0]["anchor"]
    names = {codec["id"]: codec["name"] for codec in report["codecs"]}
    rates = {(row["codec"], row["metric"]): row for row in report["bd_rate"]}
    metrics = [m for m in report["metrics"] if any(metric == m["id"] for _, metric in rates)]
    percent = lambda row: f"{row['percent']:+.1f} %".replace("-", "−") if row else "–"
    cost = lambda value, form, scale=1: f"{value / scale:{form}}" if value is not None else "–"
    lines = [["codec"] + [m["name"] for m in metrics] + ["encode, s", "decode, s", "encode, MB", "decode, MB"]]
    lines.append(["---"] + ["--:"] * (len(lines[0]) - 1))
    for codec, name in names.items():
        own = report["costs"][codec]
        row = [name] + ["0" if codec == anchor else percent(rates.get((codec, m["id"]))) for m in metrics]
        row += [cost(own[f"{key}_seconds"], ".4f") for key in ("encode", "decode")]
        row += [cost(own[f"{key}_memory"], ".1f", 1e6) for key in ("encode", "decode")]
        lines.append(row)
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    plots = "\n".join(f"![{plot} over bits per pixel](compare-{plot}.svg)" for plot in PLOTS)
    settings = "; ".join(f"{c['name']}: {c['version']}" for c in report["codecs"])
    return (f"{report['title']}, {report['photos']} photos: bits needed against {names[anchor]} for the same score (negative: fewer; mean "
            f"curves), and what one thread takes for a photo.\n\n{table}\n\n{plots}\n\n"
            f"Made by `{report['command']}` and `scripts/readme-compare.py`. {settings}. "
            "Settings, overlaps and curves: [results/compare.json](../results/compare.json).")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=pathlib.Path, nargs="?", help="the folder that vqz compare wrote")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if docs/results.md is stale")
    args = parser.parse_args()
    if args.check == bool(args.report):
        parser.error("give the report's folder, or --check")

    old = PAGE.read_text(encoding="utf-8")
    if old.count(BEGIN) != 1 or old.count(END) != 1 or old.index(BEGIN) > old.index(END):
        sys.exit(f"docs/results.md needs one `{BEGIN}` and one `{END}` behind it")
    before, after = old.split(BEGIN)[0], old.split(END)[1]
    if args.report:
        report = digest(json.loads((args.report / "report.json").read_text(encoding="utf-8")))
        RESULTS.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
        for plot in PLOTS:
            shutil.copyfile(args.report / f"rd-{plot}.svg", ROOT / f"docs/compare-{plot}.svg")
    shown = f"{block(json.loads(RESULTS.read_text(encoding='utf-8')))}\n" if RESULTS.exists() else ""
    wanted = f"{before}{BEGIN}\n{shown}{END}{after}"
    if args.check and wanted != old:
        sys.exit("stale: docs/results.md; run scripts/readme-compare.py with a report")
    if args.report:
        PAGE.write_text(wanted, encoding="utf-8", newline="\n")
    print("docs/results.md is up to date")


if __name__ == "__main__":
    main()

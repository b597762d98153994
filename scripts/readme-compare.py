#!/usr/bin/env python3
"""The comparisons in README.md and docs/results.md, from reports of `vqz compare`.

    vqz compare KODAK --title Kodak --out REPORT
    scripts/readme-compare.py REPORT --readme     keeps it in results/head-to-head.json under its title; README.md's table shows all titles
    scripts/readme-compare.py REPORT --results    keeps it in results/compare.json, and its plots in docs/compare-*.svg, for docs/results.md
    scripts/readme-compare.py                     writes both pages from what is kept (between the `head-to-head` and `compare` marks)
    scripts/readme-compare.py --check             writes nothing; fails if a page is not what it would write

Standard library only.
"""
import argparse
import json
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD_TO_HEAD, COMPARE = ROOT / "results/head-to-head.json", ROOT / "results/compare.json"
README, RESULTS = ROOT / "README.md", ROOT / "docs/results.md"
PLOTS = ["psnr-rgb", "ssimulacra2"]
# What README.md shows, and how it calls it.
SHOWN = {"psnr-rgb": "PSNR", "ssimulacra2": "SSIMULACRA2"}


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
    names = [photo["name"] for photo in report["photos"]]
    rates = []
    for pair in report["rates"]:
        of = {photo["photo"]: photo["percent"] for photo in pair["photos"]}
        rates.append({**pair, "photos": [round(of[name], 1) if name in of else None for name in names]})
    kept = ["title", "command", "version", "notes", "words", "codecs", "metrics", "means"]
    return {**{key: report[key] for key in kept}, "photos": names, "rates": rates, "costs": costs}


def rate(report, codec, against, metric):
    """Bits of a codec against another in percent, whichever way round they are kept; None if they could not be compared."""
    for pair in report["rates"]:
        if pair["metric"] == metric and (pair["codec"], pair["against"]) == (codec, against):
            return pair["percent"]
        if pair["metric"] == metric and (pair["codec"], pair["against"]) == (against, codec):
            return 100 * (100 / (100 + pair["percent"]) - 1)
    return None


def percent(value):
    return f"{value:+.1f} %".replace("-", "−") if value is not None else "–"


def table(lines):
    """Markdown, numbers to the right."""
    lines.insert(1, ["---"] + ["--:"] * (len(lines[0]) - 1))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def head_to_head(sets):
    """README.md's text: vqz against the others, on each set of photos."""
    columns = [(report, metric) for report in sets.values() for metric in SHOWN]
    lines = [["bits of vqz, against"] + [f"{report['title']}, {SHOWN[metric]}" for report, metric in columns] + ["decoding time of vqz, against"]]
    first, codecs = next(iter(sets.values())), {}
    for report in sets.values():
        codecs.update({codec["id"]: codec for codec in report["codecs"]})
    others = [codec for codec in codecs if not codec.startswith("vqz")]
    for other in others:
        rates = [percent(rate(report, "vqz", other, metric)) for report, metric in columns]
        lines.append([codecs[other]["name"]] + rates + [times(first["costs"], other)])
    counts = " and ".join(f"{len(report['photos'])} of {title}" for title, report in sets.items())
    model = re.search("digest ([0-9a-f]+)", codecs["vqz"]["settings"])[1]
    versions = ", ".join(f"{codecs[other]['name']} by {codecs[other]['version'].split(',')[0]}" for other in others)
    return ("How many bits it needs at equal quality (negative: fewer), directly, over PSNR 28–40 dB and SSIMULACRA2 50–85, as far as both reach:\n\n"
            f"{table(lines)}\n\nMean curves over photos, {counts}; decoding on one thread, {first['title']}. vqz has the model `{model}`; {versions}. "
            f"Settings, commands, curves and single photos: [results/{HEAD_TO_HEAD.name}](results/{HEAD_TO_HEAD.name}).")


def times(costs, other):
    """How many times as long as another codec vqz decodes."""
    ours, theirs = (costs.get(codec, {}).get("decode_seconds") for codec in ("vqz", other))
    return f"{ours / theirs:.1f} ×" if ours and theirs else "–"


def comparison(report):
    """docs/results.md's text: every codec against JPEG, and what it costs."""
    names = {codec["id"]: codec["name"] for codec in report["codecs"]}
    anchor = "jpeg"
    metrics = [m for m in report["metrics"] if any(pair["metric"] == m["id"] for pair in report["rates"])]
    cost = lambda value, form, scale=1: f"{value / scale:{form}}" if value is not None else "–"
    lines = [["codec"] + [m["name"] for m in metrics] + ["encode, s", "decode, s", "encode, MB", "decode, MB"]]
    for codec, name in names.items():
        own = report["costs"][codec]
        row = [name] + ["0" if codec == anchor else percent(rate(report, codec, anchor, m["id"])) for m in metrics]
        row += [cost(own[f"{key}_seconds"], ".4f") for key in ("encode", "decode")]
        row += [cost(own[f"{key}_memory"], ".1f", 1e6) for key in ("encode", "decode")]
        lines.append(row)
    plots = "\n".join(f"![{plot} over bits per pixel](compare-{plot}.svg)" for plot in PLOTS)
    settings = "; ".join(f"{c['name']}: {c['version']}" for c in report["codecs"])
    return (f"{report['title']}, {len(report['photos'])} photos: bits needed against {names[anchor]} for the same score (negative: fewer; mean "
            f"curves), and what one thread takes for a photo.\n\n{table(lines)}\n\n{plots}\n\n"
            f"Made by `{report['command']}` and `scripts/readme-compare.py`. {settings}. "
            "Settings, overlaps and curves: [results/compare.json](../results/compare.json).")


def put(page, mark, text):
    """The page with the text between its marks."""
    old = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    if old.count(begin) != 1 or old.count(end) != 1 or old.index(begin) > old.index(end):
        sys.exit(f"{page.relative_to(ROOT)} needs one `{begin}` and one `{end}` behind it")
    return f"{old.split(begin)[0]}{begin}\n{text}\n{end}{old.split(end)[1]}"


def load(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def keep(path, data):
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=pathlib.Path, nargs="?", help="the folder that vqz compare wrote")
    parser.add_argument("--readme", action="store_true", help="keep the report for README.md")
    parser.add_argument("--results", action="store_true", help="keep the report for docs/results.md")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a page is stale")
    args = parser.parse_args()
    if bool(args.report) != (args.readme or args.results) or (args.check and args.report):
        parser.error("give the report's folder with --readme or --results, or --check, or nothing")

    if args.report:
        report = digest(load(args.report / "report.json"))
        if args.readme:
            keep(HEAD_TO_HEAD, {**load(HEAD_TO_HEAD), report["title"]: report})
        if args.results:
            keep(COMPARE, report)
            for plot in PLOTS:
                shutil.copyfile(args.report / f"rd-{plot}.svg", ROOT / f"docs/compare-{plot}.svg")
    wanted = {README: put(README, "head-to-head", head_to_head(load(HEAD_TO_HEAD))), RESULTS: put(RESULTS, "compare", comparison(load(COMPARE)))}
    stale = [page for page, text in wanted.items() if page.read_text(encoding="utf-8") != text]
    names = ", ".join(str(page.relative_to(ROOT)) for page in stale)
    if args.check and stale:
        sys.exit(f"stale: {names}; run scripts/readme-compare.py")
    for page in stale:
        page.write_text(wanted[page], encoding="utf-8", newline="\n")
    print(f"written: {names}" if stale else "README.md and docs/results.md are up to date")


if __name__ == "__main__":
    main()

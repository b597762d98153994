#!/usr/bin/env python3
"""The comparisons in README.md and docs/results.md, from reports of `vqz compare`.

    vqz compare PHOTOS --title TITLE --codecs vqz,vqz-slow,avif,jxl,webp,mozjpeg --out REPORT
    scripts/readme-compare.py REPORT     keeps it in results/head-to-head.json under its title, and its plots in docs/; then writes both pages
    scripts/readme-compare.py            writes both pages from what is kept (between their `head-to-head` marks)
    scripts/readme-compare.py --check    writes nothing; fails if a page is not what it would write

Standard library only.
"""
import argparse
import json
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT = ROOT / "results/head-to-head.json"
README, RESULTS = ROOT / "README.md", ROOT / "docs/results.md"
# The sets of photos that README.md shows; docs/results.md has all.
README_SETS = ("Kodak", "Validation", "Large", "Huge")
# What both show, and how they call it.
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
    # At effort 2 against the first two alone, AVIF and JPEG XL: the rest is far behind already.
    for own, suffix, rows in (("vqz", "", others), ("vqz-slow", "; vqz with `--effort 2`", others[:2])):
        for other in rows if own in codecs else []:
            rates = [percent(rate(report, own, other, metric)) for report, metric in columns]
            lines.append([codecs[other]["name"] + suffix] + rates + [times(first["costs"], other)])
    called = lambda codec: {"vqz": "vqz", "vqz-slow": "vqz with `--effort 2`"}.get(codec) or codecs[codec]["name"]
    encoding = ", ".join(f"{called(codec)} {first['costs'][codec]['encode_seconds']:.2f} s" for codec in codecs)
    counts = " and ".join(f"{len(report['photos'])} of {title}" for title, report in sets.items())
    models = {title: model(report) for title, report in sets.items()}
    latest = models[first["title"]]
    # Sets that have not been measured again since.
    earlier = "".join(f" ({title}: `{name}`, an earlier one)" for title, name in models.items() if name != latest)
    versions = ", ".join(f"{codecs[other]['name']} by {codecs[other]['version'].split(',')[0]}" for other in others)
    return ("How many bits it needs at equal quality (negative: fewer), directly, over PSNR 28–40 dB and SSIMULACRA2 50–85, as far as both reach:\n\n"
            f"{table(lines)}\n\nMean curves over photos, {counts}; decoding on one thread, {first['title']}. Encoding takes one thread, for a photo there: {encoding}. vqz has the model `{latest}`{earlier}; {versions}. "
            f"Settings, commands, curves and single photos: [results/{KEPT.name}](results/{KEPT.name}).")


def model(report):
    """The digest of vqz's model, its beginning."""
    settings = next(codec["settings"] for codec in report["codecs"] if codec["id"] == "vqz")
    return re.search("digest ([0-9a-f]+)", settings)[1]


def times(costs, other):
    """How many times as long as another codec vqz decodes."""
    ours, theirs = (costs.get(codec, {}).get("decode_seconds") for codec in ("vqz", other))
    return f"{ours / theirs:.1f} ×" if ours and theirs else "–"


def matrix(report):
    """docs/results.md's text: every codec against vqz, and what it costs."""
    names = {codec["id"]: codec["name"] for codec in report["codecs"]}
    cost = lambda value: f"{value:.4f}" if value is not None else "–"
    lines = [["codec"] + list(SHOWN.values()) + ["encode, s", "decode, s"]]
    for codec, name in names.items():
        rates = ["0" if codec == "vqz" else percent(rate(report, codec, "vqz", metric)) for metric in SHOWN]
        lines.append([name] + rates + [cost(report["costs"][codec][f"{key}_seconds"]) for key in ("encode", "decode")])
    plots = "\n".join(f"![{SHOWN[metric]} over bits per pixel, {report['title']}]({plot(report, metric).name})" for metric in SHOWN)
    words = "\n".join(f"* {word['text']}" for word in report["words"] if word["codec"].startswith("vqz"))
    return (f"### {report['title']}, {len(report['photos'])} photos\n\nBits that each codec needs more (negative: fewer) than vqz for the same score, and what one thread takes for a photo:\n\n"
            f"{table(lines)}\n\n{plots}\n\n{words}\n\nMade by `{report['command']}`.")


def plot(report, metric):
    """Where the plot of a metric is kept."""
    return ROOT / f"docs/compare-{report['title'].lower()}-{metric}.svg"


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
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a page is stale")
    args = parser.parse_args()
    if args.check and args.report:
        parser.error("give a report's folder, or --check, or nothing")

    sets = load(KEPT)
    if args.report:
        report = digest(load(args.report / "report.json"))
        sets[report["title"]] = report
        keep(KEPT, sets)
        for metric in SHOWN:
            shutil.copyfile(args.report / f"rd-{metric}.svg", plot(report, metric))
    results = "\n\n".join(matrix(report) for report in sets.values())
    shown = {title: sets[title] for title in README_SETS if title in sets}
    wanted = {README: put(README, "head-to-head", head_to_head(shown)), RESULTS: put(RESULTS, "head-to-head", results)}
    stale = [page for page, text in wanted.items() if page.read_text(encoding="utf-8") != text]
    names = ", ".join(str(page.relative_to(ROOT)) for page in stale)
    if args.check and stale:
        sys.exit(f"stale: {names}; run scripts/readme-compare.py")
    for page in stale:
        page.write_text(wanted[page], encoding="utf-8", newline="\n")
    print(f"written: {names}" if stale else "README.md and docs/results.md are up to date")


if __name__ == "__main__":
    main()

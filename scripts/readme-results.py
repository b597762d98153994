#!/usr/bin/env python3
"""The results in docs/results.md and their plot, from results/kodak.json, results/kodak-psnr.json and results/anchors.json.

    vqz eval KODAK --anchor jpeg=results/anchors.json --anchor webp=… --out results/kodak.json
    vqz eval KODAK --codec vqz-psnr --anchor hyperprior=results/anchors.json … --out results/kodak-psnr.json
    scripts/readme-results.py           writes docs/results.md (between the `results` marks) and docs/rd-kodak.svg
    scripts/readme-results.py --check   writes nothing; fails if they are not what it would write

Without results/kodak.json there are no results to show. Standard library only.
"""
import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS, TUNED, ANCHORS = (ROOT / "results" / name for name in ("kodak.json", "kodak-psnr.json", "anchors.json"))
PAGE, PLOT = ROOT / "docs/results.md", ROOT / "docs/rd-kodak.svg"
DATA = "[results/{0}](../results/{0})"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def table(header, rows):
    """Markdown, numbers to the right."""
    lines = [header, ["---"] + ["--:"] * (len(header) - 1)] + rows
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def bd_rows(report, anchors):
    percent = lambda bd: f"{bd['percent']:+.1f} %".replace("-", "−") if bd else "–"
    rows = []
    for c in report["bd-rate"]:
        if c["psnr-rgb"]:
            interval = f"{c['psnr-rgb']['from']:.1f}–{c['psnr-rgb']['to']:.1f} dB"
            name = anchors.get(c["anchor"], {}).get("name", c["anchor"])
            rows.append([name, percent(c["psnr-rgb"]), interval, percent(c["ms-ssim-db-rgb"])])
    return rows


def bd_table(rows):
    return table(["against", "PSNR", "where both have points", "MS-SSIM"], rows)


def block(report, tuned, anchors):
    """The page's text."""
    results = report["results"]
    similarity = "ms-ssim-rgb" in results
    header = ["quality", "bpp", "PSNR, dB"] + ["MS-SSIM", "MS-SSIM, dB"] * similarity
    rows = []
    for i, quality in enumerate(results["quality"]):
        if quality % 10:  # The JSON and the plot have these, too.
            continue
        row = [f"{quality:g}", f"{results['bpp'][i]:.3f}", f"{results['psnr-rgb'][i]:.2f}"]
        if similarity:
            row += [f"{results['ms-ssim-rgb'][i]:.4f}", f"{results['ms-ssim-db-rgb'][i]:.2f}"]
        rows.append(row)
    what = (f"Kodak, means over {len(report['photos'])} photos, model `{report['model']['digest']}`. Every file was written, read "
            "back and decoded; bpp counts whole files.")
    steps = len(report["photos"]) * (len(results["quality"]) - 1)
    dial = (f"Of the {steps} steps from one measured quality of a photo to the next, {len(report['out-of-order']) or 'none'} took no more bytes or "
            "did not raise the PSNR.")
    parts = [what, "![PSNR over bits per pixel](rd-kodak.svg)", table(header, rows), dial]

    rows = bd_rows(report, anchors)
    if rows:
        parts += ["BD-rate: bits needed against others for the same quality (negative: fewer).", bd_table(rows)]
    if tuned:
        parts += ["The same of files that are made to be measured by PSNR, with `--tune psnr` (" + DATA.format("kodak-psnr.json") + "):",
                  bd_table(bd_rows(tuned, anchors))]
    notes = [f"{a['name']}: {a['description']}" for a in anchors.values()]
    parts.append("The others' numbers are published ones (CompressAI). " + "; ".join(notes) + ".")
    parts.append(f"Made by `vqz eval` {report['version']} and `scripts/readme-results.py`, which tells how; numbers per photo: "
                 f"{DATA.format('kodak.json')}.")
    return "\n\n".join(parts)


# The plot.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 460, 56, 16, 16, 48
COLOURS = ["#d62728", "#7f7f7f", "#9467bd", "#2ca02c", "#1f77b4", "#8c564b", "#e377c2"]
MAX_BPP = 2.0


def nice_range(low, high, step):
    """Multiples of `step` around low..high."""
    first, last = int(low // step), int(-(-high // step))
    return [k * step for k in range(first, last + 1)]


def plot(report, anchors):
    """PSNR over bpp as SVG; the first curve is ours."""
    curves = [("vqz", report["results"])] + [(a["name"], a["results"]) for a in anchors.values()]
    curves = [(name, [p for p in zip(r["bpp"], r["psnr-rgb"]) if p[0] <= MAX_BPP]) for name, r in curves]
    levels = [psnr for _, points in curves for _, psnr in points]
    ys, xs = nice_range(min(levels), max(levels), 2), nice_range(0, MAX_BPP, 0.25)
    x = lambda bpp: LEFT + bpp / xs[-1] * (WIDTH - LEFT - RIGHT)
    y = lambda psnr: HEIGHT - BOTTOM - (psnr - ys[0]) / (ys[-1] - ys[0]) * (HEIGHT - TOP - BOTTOM)

    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
           "<title>Kodak: PSNR (RGB) over bits per pixel</title>",
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>']
    text = lambda at_x, at_y, label, more="": f'<text x="{at_x:.1f}" y="{at_y:.1f}" {more}>{label}</text>'
    grid = 'stroke="#dddddd" stroke-width="1"'
    for bpp in xs:
        svg.append(f'<line x1="{x(bpp):.1f}" y1="{TOP}" x2="{x(bpp):.1f}" y2="{HEIGHT - BOTTOM}" {grid}/>')
        svg.append(text(x(bpp), HEIGHT - BOTTOM + 18, f"{bpp:g}", 'text-anchor="middle"'))
    for psnr in ys:
        svg.append(f'<line x1="{LEFT}" y1="{y(psnr):.1f}" x2="{WIDTH - RIGHT}" y2="{y(psnr):.1f}" {grid}/>')
        svg.append(text(LEFT - 8, y(psnr) + 4, f"{psnr}", 'text-anchor="end"'))
    svg.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, "bits per pixel (Kodak)", 'text-anchor="middle"'))
    svg.append(text(0, 0, "PSNR, dB (RGB)", f'text-anchor="middle" transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)"'))

    for i, (name, points) in reversed(list(enumerate(curves))):
        colour, width = COLOURS[i % len(COLOURS)], 3 if i == 0 else 1.5
        line = " ".join(f"{x(bpp):.1f},{y(psnr):.1f}" for bpp, psnr in points)
        svg.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        svg += [f'<circle cx="{x(bpp):.1f}" cy="{y(psnr):.1f}" r="{width + 0.5}" fill="{colour}"/>' for bpp, psnr in points]
    for i, (name, _) in enumerate(curves):
        colour, at = COLOURS[i % len(COLOURS)], HEIGHT - BOTTOM - 18 * (len(curves) - i) + 4
        left = WIDTH - RIGHT - 190
        svg.append(f'<line x1="{left}" y1="{at}" x2="{left + 24}" y2="{at}" stroke="{colour}" stroke-width="{3 if i == 0 else 1.5}"/>')
        svg.append(text(left + 32, at + 4, name, 'font-weight="bold"' if i == 0 else ""))
    return "\n".join(svg + ["</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if something is stale")
    args = parser.parse_args()

    old = PAGE.read_text(encoding="utf-8")
    if old.count(BEGIN) != 1 or old.count(END) != 1 or old.index(BEGIN) > old.index(END):
        sys.exit(f"docs/results.md needs one `{BEGIN}` and one `{END}` behind it")
    before, after = old.split(BEGIN)[0], old.split(END)[1]
    wanted = {PAGE: f"{before}{BEGIN}\n{END}{after}"}
    if RESULTS.exists():
        report = json.loads(RESULTS.read_text(encoding="utf-8"))
        tuned = json.loads(TUNED.read_text(encoding="utf-8")) if TUNED.exists() else None
        anchors = json.loads(ANCHORS.read_text(encoding="utf-8"))["anchors"]
        wanted[PAGE] = f"{before}{BEGIN}\n{block(report, tuned, anchors)}\n{END}{after}"
        wanted[PLOT] = plot(report, anchors)

    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
    if args.check and stale:
        sys.exit(f"stale: {names}; run scripts/readme-results.py")
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8", newline="\n")
    print(f"written: {names}" if stale else "up to date")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Bits for equal quality, vqz directly against today's AVIF and JPEG XL, through Pillow's encoders.

    scripts/head-to-head.py VQZ OUT.json PHOTO_OR_FOLDER... --title NAME [--limit N] [--model FILE] [--cache FILE] [--jobs N]

Every file is written and decoded by the codec itself (vqz: the command VQZ). PSNR is over all samples of 8-bit RGB, SSIMULACRA2 that of the package
`ssimulacra2`. Curves are means over the photos at each setting; a BD-rate is the mean difference of log rate between two such curves over an
interval of quality (28-40 dB, SSIMULACRA2 50-85), or the part of it that both have. OUT.json receives an entry NAME beside those that it has.
Needs a Python with `pip install pillow pillow-jxl-plugin ssimulacra2` (development only).
"""
import argparse
import hashlib
import importlib.metadata
import json
import math
import pathlib
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy
import pillow_jxl  # noqa: F401  registers JPEG XL
import PIL
from PIL import Image, features
from ssimulacra2 import compute_ssimulacra2

SETTINGS = {
    "vqz": [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
    "avif": [15, 25, 35, 45, 55, 65, 75, 82, 88, 93, 97],
    "jxl": [15, 30, 45, 60, 70, 78, 84, 88, 92, 95, 97],
}
OPTIONS = {"avif": {"format": "AVIF", "speed": 6, "subsampling": "4:4:4"}, "jxl": {"format": "JXL", "effort": 7}}
INTERVALS = {"psnr": (28.0, 40.0), "ssimulacra2": (50.0, 85.0)}


def by_pillow(codec, picture, setting, folder):
    path = folder / f"x.{codec}"
    picture.save(path, quality=setting, **OPTIONS[codec])
    return path.stat().st_size, Image.open(path).convert("RGB")


def by_vqz(options, picture, setting, folder):
    source, coded, back = folder / "in.png", folder / "x.vqz", folder / "back.png"
    picture.save(source, compress_level=1)
    model = ["--model", options.model] if options.model else []
    subprocess.run([options.vqz, "-s", "encode", *model, "-q", str(setting), source, coded], check=True)
    subprocess.run([options.vqz, "-s", "decode", *model, coded, back], check=True)
    return coded.stat().st_size, Image.open(back).convert("RGB")


def measure(options, codec, path, setting):
    picture = Image.open(path).convert("RGB")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        code = by_vqz if codec == "vqz" else by_pillow
        size, back = code(options if codec == "vqz" else codec, picture, setting, folder)
        picture.save(folder / "a.png", compress_level=1)
        back.save(folder / "b.png", compress_level=1)
        similarity = compute_ssimulacra2(str(folder / "a.png"), str(folder / "b.png"))
    error = numpy.mean((numpy.asarray(picture, float) - numpy.asarray(back, float)) ** 2)
    return {"bpp": size * 8 / (picture.width * picture.height), "psnr": 10 * math.log10(255**2 / max(error, 1e-6)), "ssimulacra2": float(similarity)}


def mean_curve(points, score):
    """Of lists of points, one per photo: (score, log rate) rising in both."""
    means = [(numpy.mean([p[score] for p in at]), math.log(numpy.mean([p["bpp"] for p in at]))) for at in zip(*points)]
    return sorted(means)


def area(curve, low, high):
    """Mean of the log rate over the interval, by monotone cubic interpolation (Fritsch and Butland, 1984)."""
    x, y = (numpy.array(v) for v in zip(*curve))
    h, d = numpy.diff(x), numpy.diff(y) / numpy.diff(x)
    slopes = [d[0]]
    for i in range(1, len(d)):
        a = (1 + h[i] / (h[i - 1] + h[i])) / 3
        slopes.append(0.0 if d[i - 1] * d[i] <= 0 else d[i - 1] * d[i] / (a * d[i] + (1 - a) * d[i - 1]))
    slopes.append(d[-1])
    at = numpy.linspace(low, high, 2001)
    k = numpy.clip(numpy.searchsorted(x, at) - 1, 0, len(h) - 1)
    t, m = (at - x[k]) / h[k], numpy.array(slopes)
    values = (2 * t**3 - 3 * t**2 + 1) * y[k] + (t**3 - 2 * t**2 + t) * h[k] * m[k] + (3 * t**2 - 2 * t**3) * y[k + 1] + (t**3 - t**2) * h[k] * m[k + 1]
    return numpy.mean(values)


def bd_rate(ours, theirs, score):
    """None if the curves have no quality of the interval in common."""
    low, high = INTERVALS[score]
    a, b = (mean_curve(points, score) for points in (ours, theirs))
    low, high = max(low, a[0][0], b[0][0]), min(high, a[-1][0], b[-1][0])
    if high <= low:
        return None
    return {"percent": 100 * (math.exp(area(a, low, high) - area(b, low, high)) - 1), "from": low, "to": high}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vqz")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("photos", nargs="+", type=pathlib.Path)
    parser.add_argument("--title", required=True, help="what the photos are")
    parser.add_argument("--limit", type=int, help="at most this many photos, spread over all")
    parser.add_argument("--model", help="a model file instead of the built-in one")
    parser.add_argument("--codecs", default="vqz,avif,jxl")
    parser.add_argument("--cache", type=pathlib.Path, help="keeps every measurement, so that none is made twice")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    paths = []
    for place in options.photos:
        paths += sorted(p for p in place.iterdir() if p.suffix in (".png", ".webp")) if place.is_dir() else [place]
    if options.limit:
        paths = [paths[i * len(paths) // options.limit] for i in range(options.limit)]
    model = ["--model", *([options.model] if options.model else [])]
    info = json.loads(subprocess.run([options.vqz, "info", "--json", *model], check=True, capture_output=True, text=True).stdout)
    versions = {"vqz": info["digest"], "avif": f"libavif {features.version('avif')}, speed 6, 4:4:4, by Pillow {PIL.__version__}",
                "jxl": f"pillow-jxl-plugin {importlib.metadata.version('pillow-jxl-plugin')}, effort 7"}
    points = json.loads(options.cache.read_text()) if options.cache and options.cache.exists() else {}
    codecs = options.codecs.split(",")

    def key(codec, path, setting):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        return f"{codec} ({versions[codec]}) {path.name} {digest} {setting}"

    def run(job):
        name = key(*job)
        if name not in points:
            points[name] = measure(options, *job)

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(run, [(codec, path, setting) for codec in codecs for path in paths for setting in SETTINGS[codec]]))
    if options.cache:
        options.cache.write_text(json.dumps(points))
    of = {codec: [[points[key(codec, path, s)] for s in SETTINGS[codec]] for path in paths] for codec in codecs}
    others = [codec for codec in codecs if codec != "vqz"] if "vqz" in codecs else []
    curve = lambda codec: [{"setting": s, **{k: round(float(numpy.mean([p[i][k] for p in of[codec]])), 4) for k in ("bpp", *INTERVALS)}}
                           for i, s in enumerate(SETTINGS[codec])]
    report = json.loads(options.out.read_text()) if options.out.exists() else {}
    report[options.title] = {
        "command": " ".join(["scripts/head-to-head.py vqz", str(options.out), *(path.name for path in options.photos), "--title", options.title,
                             *(["--limit", str(options.limit)] if options.limit else [])]),
        "photos": [path.name for path in paths],
        "versions": versions,
        "curves": {codec: curve(codec) for codec in codecs},
        "bd-rate": {other: {score: bd_rate(of["vqz"], of[other], score) for score in INTERVALS} for other in others},
        "of each photo": {other: {score: [found and round(found["percent"], 1) for found in
                                          (bd_rate([a], [b], score) for a, b in zip(of["vqz"], of[other]))] for score in INTERVALS} for other in others},
    }
    options.out.write_text(json.dumps(report, indent=1) + "\n")
    for other, scores in report[options.title]["bd-rate"].items():
        print(f"{other:5}", "  ".join(f"{score} {v['percent']:+.1f} % ({v['from']:.1f} to {v['to']:.1f})" for score, v in scores.items() if v))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What a model that was trained with `--degrade noise:S` is worth on noisy photos: results/denoising.json, and the table and picture in docs/lab.md.

    eval "$(scripts/setup-compare.sh)" && "$VQZ_PYTHON" scripts/lab-denoising.py VQZ MODEL PHOTOS [--sigma S] [--first N] [--crop PHOTO,X,Y,SIDE,BYTES]

VQZ is the command, MODEL the denoising model, PHOTOS a folder of PNGs, of which the first N are taken. Each gets normal noise of deviation S, rounded and clipped, from Python's generator seeded
by its name. The noisy files are coded by the built-in model and by MODEL at all qualities, read back and decoded; PSNR is against the photo without noise, means over photos; a
value between two qualities is taken linearly over the logarithm of the bytes. With --crop, docs/lab/denoising.jpg shows a square of PHOTO (a PNG), in files of at most BYTES.
"""
import argparse
import json
import math
import pathlib
import random
import subprocess
import tempfile

from PIL import Image, ImageChops, ImageDraw, ImageFont

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS, PAGE, PICTURE = (ROOT / name for name in ("results/denoising.json", "docs/lab.md", "docs/lab/denoising.jpg"))
BEGIN, END = "<!-- denoising: begin -->", "<!-- denoising: end -->"
QUALITIES = range(0, 101, 10)
RATES = (0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0)
GAP, LABEL = 6, 24


def noisy(photo, name, sigma):
    generator = random.Random(name)
    samples = (round(sample + generator.gauss(0, sigma)) for sample in photo.tobytes())
    return Image.frombytes("RGB", photo.size, bytes(min(max(sample, 0), 255) for sample in samples))


def psnr(a, b):
    """dB over all samples of two RGB pictures."""
    counts = ImageChops.difference(a, b).histogram()
    squares = sum(count * (level % 256) ** 2 for level, count in enumerate(counts))
    return 10 * math.log10(255**2 * sum(counts) / squares)


def shown(crop):
    """The option as it is noted: without the folder of this machine."""
    return f" --crop {pathlib.Path(crop.split(',')[0]).name},{crop.split(',', 1)[1]}" if crop else ""


def mean(values):
    values = list(values)
    return sum(values) / len(values)


class Codec:
    """`vqz` with a model: the built-in one, or that of a file."""

    def __init__(self, vqz, model=None):
        self.vqz, self.file = vqz, model

    def described(self):
        """Digest, name and cost of the model."""
        command = [self.vqz, "info", "--json", "--model", *([self.file] if self.file else [])]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return {key: found[key] for key in ("digest", "name", "decoder_kmac_per_pixel")}

    def run(self, *words):
        subprocess.run([self.vqz, "-s", *map(str, words), *(["--model", self.file] if self.file else [])], check=True)

    def points(self, inputs, clean):
        """Bits per pixel and PSNR, the means at every quality."""
        found = []
        for quality in QUALITIES:
            with tempfile.TemporaryDirectory() as folder:
                coded, back = pathlib.Path(folder, "coded"), pathlib.Path(folder, "back")
                coded.mkdir(), back.mkdir()
                self.run("encode", "-q", quality, "-o", coded, *inputs)
                self.run("decode", "-o", back, *sorted(coded.iterdir()))
                names = [path.stem for path in inputs]
                bits = mean(8 * (coded / f"{n}.vqz").stat().st_size / math.prod(clean[n].size) for n in names)
                decibels = mean(psnr(clean[n], Image.open(back / f"{n}.png").convert("RGB")) for n in names)
                found.append({"quality": quality, "bpp": bits, "psnr": decibels})
        return found

    def at_most(self, path, size):
        """The picture of a file of at most so many bytes, and its size."""
        with tempfile.TemporaryDirectory() as folder:
            coded, back = pathlib.Path(folder, "a.vqz"), pathlib.Path(folder, "a.png")
            self.run("encode", "--size", size, path, coded)
            self.run("decode", coded, back)
            return Image.open(back).convert("RGB"), coded.stat().st_size


def at(points, bpp):
    """PSNR at a rate; None outside of the curve."""
    for low, high in zip(points, points[1:]):
        if low["bpp"] <= bpp <= high["bpp"]:
            share = math.log(bpp / low["bpp"]) / math.log(high["bpp"] / low["bpp"])
            return low["psnr"] + share * (high["psnr"] - low["psnr"])
    return None


def table(report):
    rows = [["bpp", "codec without denoising, dB", "with, dB", "gain, dB"], ["--:"] * 4]
    for line in report["equal-bytes"]:
        rows.append([f"{line['bpp']:g}", f"{line['without']:.2f}", f"{line['with']:.2f}", f"{line['with'] - line['without']:+.2f}".replace("-", "−")])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def sheet(panels, side, path):
    """Panels of (picture, two lines of text) in a row."""
    whole = Image.new("RGB", (len(panels) * (side + GAP) - GAP, side + 2 * LABEL), "white")
    draw, font = ImageDraw.Draw(whole), ImageFont.load_default(15)
    for index, (picture, *lines) in enumerate(panels):
        left = index * (side + GAP)
        whole.paste(picture, (left, 2 * LABEL))
        for row, line in enumerate(lines):
            draw.text((left + 2, row * LABEL + 2), line, "black", font)
    whole.save(path, quality=88, subsampling="4:4:4", optimize=True)


def picture(args, without, denoising):
    """Draws a part of a photo: noisy, of both codecs, clean; returns what it shows."""
    photo, *numbers = args.crop.split(",")
    name, (x, y, side, size) = pathlib.Path(photo).stem, map(int, numbers)
    clean = Image.open(photo).convert("RGB")
    noise = noisy(clean, name, args.sigma)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "noisy.png")
        noise.save(path)
        coded = {"without": without.at_most(path, size), "with": denoising.at_most(path, size)}
    panels = [("noisy", noise, None), *((f"codec {how} denoising", *made) for how, made in coded.items()), ("clean", clean, None)]
    parts = []
    for title, whole, size in panels:
        told = [] if size is None else [f"{size:,} bytes"]
        told += [] if whole is clean else [f"{psnr(clean, whole):.2f} dB"]
        parts.append((whole.crop((x, y, x + side, y + side)), title, ", ".join(told)))
    sheet(parts, side, PICTURE)
    found = {how: {"bytes": size, "psnr": psnr(clean, whole)} for how, (whole, size) in coded.items()}
    return {"photo": name, "crop": [x, y, side, side], "noisy-psnr": psnr(clean, noise)} | found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("vqz", "model", "photos"):
        parser.add_argument(name)
    parser.add_argument("--sigma", type=float, default=25)
    parser.add_argument("--first", type=int, default=12)
    parser.add_argument("--crop", help="PHOTO,X,Y,SIDE,BYTES: what the picture shows")
    args = parser.parse_args()

    paths = sorted(pathlib.Path(args.photos).glob("*.png"))[: args.first]
    clean = {path.stem: Image.open(path).convert("RGB") for path in paths}
    without, denoising = Codec(args.vqz), Codec(args.vqz, args.model)
    with tempfile.TemporaryDirectory() as folder:
        inputs = [pathlib.Path(folder, path.name) for path in paths]
        for path in inputs:
            noisy(clean[path.stem], path.stem, args.sigma).save(path)
        report = {
            "command": f"scripts/lab-denoising.py vqz {pathlib.Path(args.model).name} valid --sigma {args.sigma:g} --first {args.first}{shown(args.crop)}",
            "photos": list(clean),
            "sigma": args.sigma,
            "models": {"without": without.described(), "with": denoising.described()},
            "noisy-psnr": mean(psnr(clean[path.stem], Image.open(path)) for path in inputs),
            "without": without.points(inputs, clean),
            "with": denoising.points(inputs, clean),
        }
        pairs = [(bpp, at(report["without"], bpp), at(report["with"], bpp)) for bpp in RATES]
        report["equal-bytes"] = [{"bpp": bpp, "without": a, "with": b} for bpp, a, b in pairs if a and b]
    if args.crop:
        report["picture"] = picture(args, without, denoising)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    old = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(f"{old.split(BEGIN)[0]}{BEGIN}\n{table(report)}\n{END}{old.split(END)[1]}", encoding="utf-8", newline="\n")
    print(f"noisy {report['noisy-psnr']:.2f} dB\n{table(report)}")


main()

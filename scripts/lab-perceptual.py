#!/usr/bin/env python3
"""What a perceptual rendering does to unseen crops at low rates: results/perceptual.json, and the table and picture in docs/lab.md.

    eval "$(scripts/setup-compare.sh)" && "$VQZ_PYTHON" -m pip install numpy
    cargo build --release -p vqz-measure --example score
    "$VQZ_PYTHON" scripts/lab-perceptual.py VQZ target/release/examples/score models/perceptual.vqzr PHOTOS --crop 320 [--model FILE] [--show NAME,NAME,...] [--at BPP]

VQZ is the command; PHOTOS is a folder of PNGs that nothing was trained on, of which the middle squares of --crop pixels are taken. Each is coded at about 0.05, 0.1, 0.2 and 0.3 bits per pixel (at quality 0 where that is more) and decoded
both ways from the same file. PSNR and SSIMULACRA2 are means over crops. The distance of textures is a Fréchet distance, as FID is one, but over features that nobody trained: for each part of 32 × 32 pixels the
logarithms of the mean magnitudes of an undecimated Haar wavelet (four scales, three orientations, luma and chroma), and of luma how sparse they are; each in units of its deviation over the originals. It tells how
much texture there is and how sharp, not whether it looks right: for that there are eyes, and docs/lab/perceptual.jpg, which has the crops of --show at about --at bits per pixel (0.1).
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS, PAGE, PICTURE = (ROOT / name for name in ("results/perceptual.json", "docs/lab.md", "docs/lab/perceptual.jpg"))
BEGIN, END = "<!-- perceptual: begin -->", "<!-- perceptual: end -->"
RATES = (0.05, 0.1, 0.2, 0.3)
RENDERINGS = ("faithful", "perceptual")
SCALES, PART = 4, 32
GAP, LABEL = 6, 24


def mean(values):
    values = list(values)
    return sum(values) / len(values)


class Codec:
    """`vqz` with a model and a rendering of it."""

    def __init__(self, vqz, model, rendering):
        self.vqz, self.rendering = vqz, rendering
        self.model = ["--model", model] if model else []

    def run(self, *words, check=True):
        return subprocess.run([self.vqz, "-s", *map(str, words), *self.model], check=check, capture_output=not check).returncode == 0

    def described(self):
        """What `vqz info` says of the rendering."""
        return json.loads(subprocess.run([self.vqz, "info", "--json", self.rendering], check=True, capture_output=True, text=True).stdout)

    def render(self, crop, bpp, folder):
        """Codes a crop at a rate, or as small as it gets, and decodes it in both ways: its bits per pixel, and the two files' paths."""
        coded = folder / f"{crop.stem}.vqz"
        if not self.run("encode", "--bpp", bpp, crop, coded, check=False):
            self.run("encode", "-q", 0, crop, coded)
        pictures = [folder / f"{crop.stem}-{rendering}.png" for rendering in RENDERINGS]
        self.run("decode", "--overwrite", coded, pictures[0])
        self.run("decode", "--overwrite", "--rendering", "perceptual", "--rendering-file", self.rendering, coded, pictures[1])
        width, height = Image.open(crop).size
        return 8 * coded.stat().st_size / (width * height), pictures


def planes(path):
    """Luma and chroma, floats."""
    rgb = np.asarray(Image.open(path).convert("RGB"), np.float64)
    luma = rgb @ (0.299, 0.587, 0.114)
    return luma, rgb[:, :, 2] - luma, rgb[:, :, 0] - luma


def details(plane):
    """The undecimated Haar wavelet: differences across, down and both, scale by scale."""
    for scale in range(SCALES):
        right, below = (np.roll(plane, -(1 << scale), axis) for axis in (1, 0))
        both = np.roll(right, -(1 << scale), 0)
        yield plane - right + below - both, plane + right - below - both, plane - right - below + both
        plane = (plane + right + below + both) / 4


def parts(values):
    """[part, its values], of squares of PART positions."""
    rows, columns = values.shape[0] // PART, values.shape[1] // PART
    squares = values[: rows * PART, : columns * PART].reshape(rows, PART, columns, PART)
    return squares.transpose(0, 2, 1, 3).reshape(rows * columns, PART * PART)


def features(path):
    """[part, feature] of a picture."""
    found = []
    for index, plane in enumerate(planes(path)):
        for bands in details(plane):
            for band in map(parts, bands):
                size = np.abs(band).mean(axis=1)
                found.append(np.log(size + 0.5))
                if index == 0:
                    found.append(np.log((np.sqrt((band**2).mean(axis=1)) + 0.5) / (size + 0.5)))
    return np.stack(found, axis=1)


def frechet(a, b):
    """Between the normal distributions that fit two lists of features best."""
    (mean_a, mean_b), (cov_a, cov_b) = (a.mean(axis=0), b.mean(axis=0)), (np.cov(a.T), np.cov(b.T))
    common = np.sqrt(np.linalg.eigvals(cov_a @ cov_b).real.clip(0)).sum()
    return float(((mean_a - mean_b) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * common)


def measure(codec, score, crops, originals, bpp):
    """A line of the report."""
    deviation = originals.std(axis=0)
    with tempfile.TemporaryDirectory() as folder:
        rendered = [codec.render(crop, bpp, pathlib.Path(folder)) for crop in crops]
        line = {"asked": bpp, "bpp": mean(bits for bits, _ in rendered)}
        for index, rendering in enumerate(RENDERINGS):
            paths = [pictures[index] for _, pictures in rendered]
            pairs = [str(path) for pair in zip(crops, paths) for path in pair]
            scores = json.loads(subprocess.run([score, *pairs], check=True, capture_output=True, text=True).stdout)
            found = np.concatenate([features(path) for path in paths])
            line[rendering] = {
                "psnr": mean(s["psnr"] for s in scores),
                "ssimulacra2": mean(s["ssimulacra2"] for s in scores),
                "textures": frechet(originals / deviation, found / deviation),
                "psnr-each": {crop.stem: round(s["psnr"], 3) for crop, s in zip(crops, scores)},
            }
    return line


def table(report):
    rows = [["bpp", "PSNR, dB", "perceptual", "lost", "SSIMULACRA2", "perceptual", "distance of textures", "perceptual"], ["--:"] * 8]
    for line in report["rates"]:
        a, b = (line[rendering] for rendering in RENDERINGS)
        numbers = [f"{line['bpp']:.3f}", f"{a['psnr']:.2f}", f"{b['psnr']:.2f}", f"{a['psnr'] - b['psnr']:.2f}", f"{a['ssimulacra2']:.1f}"]
        numbers += [f"{b['ssimulacra2']:.1f}", f"{a['textures']:.2f}", f"{b['textures']:.2f}"]
        rows.append([number.replace("-", "−") for number in numbers])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def sheet(codec, crops, bpp):
    """A row per crop: the original, and both renderings of its file."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for crop in crops:
            bits, pictures = codec.render(crop, bpp, pathlib.Path(folder))
            images = [Image.open(path).convert("RGB") for path in (crop, *pictures)]
            rows.append((bits, images))
    width, height = (max(sides) for sides in zip(*(images[0].size for _, images in rows)))
    whole = Image.new("RGB", (3 * (width + GAP) - GAP, len(rows) * (height + LABEL + GAP)), "white")
    draw, font = ImageDraw.Draw(whole), ImageFont.load_default(15)
    for row, (bits, images) in enumerate(rows):
        top = row * (height + LABEL + GAP)
        for column, (image, title) in enumerate(zip(images, ("original", f"faithful, {bits:.3f} bpp", "perceptual, the same file"))):
            draw.text((column * (width + GAP) + 2, top + 2), title, "black", font)
            whole.paste(image, (column * (width + GAP), top + LABEL))
    whole.save(PICTURE, quality=90, subsampling="4:4:4", optimize=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("vqz", "score", "rendering", "photos"):
        parser.add_argument(name)
    parser.add_argument("--crop", type=int, required=True, help="side of the crops in pixels")
    parser.add_argument("--model", help="the base model, if it is not the one built in")
    parser.add_argument("--show", default="", help="names of crops for the picture, with commas between them")
    parser.add_argument("--at", type=float, default=0.1, help="bits per pixel of the picture")
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        write_report(args, [middle(photo, args.crop, pathlib.Path(folder)) for photo in sorted(pathlib.Path(args.photos).glob("*.png"))])


def middle(photo, side, folder):
    """The path of a square from the middle of a photo."""
    image = Image.open(photo).convert("RGB")
    left, top = (image.width - side) // 2, (image.height - side) // 2
    path = folder / photo.name
    image.crop((left, top, left + side, top + side)).save(path)
    return path


def write_report(args, crops):
    codec = Codec(args.vqz, args.model, args.rendering)
    originals = np.concatenate([features(crop) for crop in crops])
    report = {
        "command": f"scripts/lab-perceptual.py vqz score {pathlib.Path(args.rendering).name} {pathlib.Path(args.photos).name} --crop {args.crop}",
        "rendering": codec.described(),
        "crops": [crop.stem for crop in crops],
        "rates": [measure(codec, args.score, crops, originals, bpp) for bpp in RATES],
    }
    written = table(report)
    if args.show:
        sheet(codec, [crop for crop in crops if crop.stem in args.show.split(",")], args.at)
        written += f"\n\n![Crops as they were, and both renderings of their files](lab/{PICTURE.name})"
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    old = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(f"{old.split(BEGIN)[0]}{BEGIN}\n{written}\n{END}{old.split(END)[1]}", encoding="utf-8", newline="\n")
    print(table(report))


main()

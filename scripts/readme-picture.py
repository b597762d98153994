#!/usr/bin/env python3
"""The picture on README.md's first screen: the same photo in files of the same size.

    eval "$(scripts/setup-compare.sh)" && "$VQZ_PYTHON" scripts/readme-picture.py VQZ PHOTO --bytes N --crop X,Y,WIDTH,HEIGHT

VQZ is the command. The whole photo is coded: by vqz to at most N bytes (--size), by Pillow's JPEG (optimised, 4:2:0, as is usual) and AVIF (speed 6, 4:4:4) with the best
quality that fits into N bytes. docs/same-size.jpg shows the crop of each, and docs/same-size.json tells what was done.
"""
import argparse
import io
import json
import pathlib
import subprocess
import tempfile

from PIL import Image, ImageDraw, ImageFont, features

ROOT = pathlib.Path(__file__).resolve().parent.parent
GAP, LABEL = 6, 26
PILLOW = {
    "JPEG": {"optimize": True, "subsampling": "4:2:0"},
    "AVIF": {"speed": 6, "subsampling": "4:4:4"},
}


def by_pillow(photo, codec, most):
    """The file of the best quality with at most so many bytes, and that quality."""
    def encode(quality):
        file = io.BytesIO()
        photo.save(file, codec, quality=quality, **PILLOW[codec])
        return file.getvalue()

    low, high = 0, 101
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if len(encode(middle)) <= most else (low, middle)
    file = encode(low)
    if len(file) > most:
        raise SystemExit(f"{codec} does not go down to {most} bytes: {len(file)} at quality {low}; pass more --bytes")
    return file, low


def by_vqz(command, path, most):
    with tempfile.TemporaryDirectory() as folder:
        coded, back = f"{folder}/photo.vqz", f"{folder}/photo.png"
        subprocess.run([command, "-s", "encode", "--size", str(most), path, coded], check=True)
        subprocess.run([command, "-s", "decode", coded, back], check=True)
        return pathlib.Path(coded).stat().st_size, Image.open(back).convert("RGB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vqz")
    parser.add_argument("photo")
    parser.add_argument("--bytes", type=int, required=True)
    parser.add_argument("--crop", required=True, help="X,Y,WIDTH,HEIGHT")
    args = parser.parse_args()
    x, y, width, height = map(int, args.crop.split(","))

    photo = Image.open(args.photo).convert("RGB")
    panels = [("Original", None, photo)]
    told = {"photo": pathlib.Path(args.photo).name, "crop": [x, y, width, height], "pillow": features.version("pil"), "avif": features.version("avif"), "files": {}}
    for codec in PILLOW:
        file, quality = by_pillow(photo, codec, args.bytes)
        panels.append((codec, len(file), Image.open(io.BytesIO(file)).convert("RGB")))
        told["files"][codec] = {"bytes": len(file), "quality": quality}
    size, picture = by_vqz(args.vqz, args.photo, args.bytes)
    panels.append(("vqz", size, picture))
    told["files"]["vqz"] = {"bytes": size}

    sheet = Image.new("RGB", (2 * width + GAP, 2 * (height + LABEL) + GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for index, (name, size, picture) in enumerate(panels):
        left, top = index % 2 * (width + GAP), index // 2 * (height + LABEL + GAP)
        sheet.paste(picture.crop((x, y, x + width, y + height)), (left, top + LABEL))
        draw.text((left + 4, top + 3), name if size is None else f"{name}, {size:,} bytes", "black", font)
    sheet.save(ROOT / "docs/same-size.jpg", quality=93, subsampling="4:4:4", optimize=True)
    (ROOT / "docs/same-size.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


main()

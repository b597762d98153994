#!/usr/bin/env python3
"""Checks what `vqz compare` reported, by numpy and by the published curves. Needs numpy, Pillow 13 and pillow-jxl-plugin.

    scripts/check-compare.py REPORT_FOLDER PHOTO_FOLDER [--vqz PROGRAM] [--anchors results/anchors.json]

1. Files of equal size (in REPORT_FOLDER/matched): their sizes, PSNR (RGB and Y) and MS-SSIM, recomputed from the files as Pillow
   decodes them (.vqz: as PROGRAM does). Allowed: 0.001 dB and 0.00001.
2. The curves of `jpeg` and `webp`, if PHOTO_FOLDER is Kodak (24 photos), against the published ones: within 2 % of the rate at
   each quality, and 0.1 dB for WebP. For JPEG 0.15 dB: the published files are of Pillow 7.1.2, which came with IJG's libjpeg 9d,
   not with libjpeg-turbo. It scales chroma otherwise; Pillow 7.1.2 itself gives the published numbers to the last digit.

Fails if something is off, and says what it could not check.
"""
import argparse
import io
import json
import pathlib
import subprocess
import sys

import numpy as np
import pillow_jxl  # noqa: F401  registers JPEG XL
from PIL import Image

failures = []


def check(what, found, expected, tolerance):
    """Notes a failure; gives the difference."""
    difference = abs(found - expected)
    if not difference <= tolerance:
        failures.append(f"{what}: {found:.5f} reported, {expected:.5f} found here")
    return difference


def psnr(a, b):
    return 10 * np.log10(255**2 / max(np.mean((a - b) ** 2), 1e-9))


def blur(plane):
    taps = np.exp(-((np.arange(11) - 5.0) ** 2) / (2 * 1.5**2))
    taps /= taps.sum()
    rows = sum(w * plane[k:plane.shape[0] - 10 + k] for k, w in enumerate(taps))
    return sum(w * rows[:, k:rows.shape[1] - 10 + k] for k, w in enumerate(taps))


def halve(plane):
    plane = np.pad(plane, [(plane.shape[0] % 2, 0), (plane.shape[1] % 2, 0)])
    return (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4


def ms_ssim(a, b):
    """Of two H×W×3 pictures, after pytorch-msssim."""
    c1, c2, total = (0.01 * 255) ** 2, (0.03 * 255) ** 2, 0.0
    for channel in range(3):
        x, y, product = a[..., channel], b[..., channel], 1.0
        for scale, weight in enumerate([0.0448, 0.2856, 0.3001, 0.2363, 0.1333]):
            mx, my = blur(x), blur(y)
            cs = (2 * (blur(x * y) - mx * my) + c2) / (blur(x * x) - mx**2 + blur(y * y) - my**2 + c2)
            ssim = cs * (2 * mx * my + c1) / (mx**2 + my**2 + c1)
            product *= max((ssim if scale == 4 else cs).mean(), 0) ** weight
            x, y = halve(x), halve(y)
        total += product / 3
    return total


def pixels(picture):
    return np.asarray(picture.convert("RGB"), dtype=np.float64)


def decode(path, vqz):
    """The picture in a file; None of a .vqz file if there is no program to ask."""
    if path.suffix == ".vqz":
        if not vqz:
            return None
        done = subprocess.run([vqz, "decode", str(path), "-"], capture_output=True, check=True)
        return pixels(Image.open(io.BytesIO(done.stdout)))
    return pixels(Image.open(path))


def equal_size(report, folder, photos, vqz):
    worst, left_out = {}, set()
    for matched in report["matched"]:
        original = pixels(Image.open(photos / matched["photo"]))
        for item in matched["items"]:
            codec, what = item["codec"], f"{matched['photo']} by {item['codec']}"
            path, = (folder / "matched").glob(f"{matched['photo']}.{codec}.*")
            check(f"{what}: bytes", item["bytes"], path.stat().st_size, 0)
            check(f"{what}: bpp", item["bpp"], path.stat().st_size * 8 / original[..., 0].size, 1e-9)
            if item["bytes"] > matched["target_bytes"]:
                failures.append(f"{what}: larger than the target")
            decoded = decode(path, vqz)
            if decoded is None:
                left_out.add(codec)
                continue
            luma = np.array([0.299, 0.587, 0.114])
            scores = item["scores"]
            differences = [check(f"{what}: PSNR", scores["psnr-rgb"], psnr(original, decoded), 0.001),
                           check(f"{what}: PSNR (Y)", scores["psnr-y"], psnr(original @ luma, decoded @ luma), 0.001)]
            if "ms-ssim" in scores:
                differences.append(check(f"{what}: MS-SSIM", scores["ms-ssim"], ms_ssim(original, decoded), 0.00001))
            worst[codec] = np.maximum(worst.get(codec, 0), np.resize(differences, 3))
    for codec, (rgb, luma, similarity) in worst.items():
        print(f"{codec}: differences up to {rgb:.4f} dB (RGB), {luma:.4f} dB (Y), {similarity:.6f} MS-SSIM")
    if left_out:
        print(f"not decoded here, only their sizes are checked: {', '.join(sorted(left_out))}")


def published(report, anchors):
    if len(report["photos"]) != 24:
        print("published curves not checked: this is not Kodak's 24 photos")
        return
    for means in report["means"]:
        if means["codec"] not in ("jpeg", "webp"):
            continue
        curve = anchors[means["codec"]]["results"]
        # The published points are of quality 5, 10, … 95.
        points = dict(zip(range(5, 100, 5), zip(curve["bpp"], curve["psnr-rgb"])))
        for quality, bpp, level in zip(means["quality"], means["bpp"], means["scores"]["psnr-rgb"]):
            if quality not in points:
                continue
            rate, reference = points[quality]
            what = f"{means['codec']} at quality {quality:g}"
            check(f"{what}: rate over the published one", bpp / rate, 1, 0.02)
            check(f"{what}: PSNR", level, reference, 0.15 if means["codec"] == "jpeg" else 0.1)
            print(f"{what}: {100 * (bpp / rate - 1):+.2f} % rate, {level - reference:+.3f} dB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=pathlib.Path)
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("--vqz", help="the program that decodes .vqz files")
    parser.add_argument("--anchors", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent / "results/anchors.json")
    args = parser.parse_args()
    report = json.loads((args.report / "report.json").read_text())
    equal_size(report, args.report, args.photos, args.vqz)
    published(report, json.loads(args.anchors.read_text())["anchors"])
    if failures:
        sys.exit("\n".join(failures))
    print("all of this agrees")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The pictures of docs/lab.md that are drawn from the codec's model: docs/lab/codec-samples.jpg and docs/lab/complete.jpg, for a model that is built in anew.

    eval "$(scripts/setup-compare.sh)" && "$VQZ_PYTHON" scripts/lab-pictures.py VQZ KODIM02

VQZ is the command, KODIM02 the photo kodim02.png of Kodak's.
"""
import argparse
import pathlib
import subprocess
import tempfile

from PIL import Image

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "docs/lab"
GAP = 4
SAMPLED, SHOWN_OF_SAMPLE = "512x512", (0, 0, 232, 232)
CODED, SHOWN_OF_CODED = (80, 110, 464, 366), (60, 30, 300, 230)


def row(pictures, path):
    width, height = pictures[0].size
    whole = Image.new("RGB", (len(pictures) * (width + GAP) - GAP, height), "white")
    for index, picture in enumerate(pictures):
        whole.paste(picture, (index * (width + GAP), 0))
    whole.save(path, quality=90, optimize=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vqz")
    parser.add_argument("photo")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made, photo, coded = (pathlib.Path(folder, name) for name in ("made.png", "photo.png", "photo.vqz"))

        def sample(box, *words):
            subprocess.run([args.vqz, "-s", "sample", "--seed", "1", "--overwrite", *words, made], check=True)
            return Image.open(made).convert("RGB").crop(box)

        row([sample(SHOWN_OF_SAMPLE, "--size", SAMPLED, "-q", quality) for quality in ("10", "30", "60")], FOLDER / "codec-samples.jpg")
        Image.open(args.photo).convert("RGB").crop(CODED).save(photo)
        subprocess.run([args.vqz, "-s", "encode", "--progressive", "-q", "40", photo, coded], check=True)
        kept = [sample(SHOWN_OF_CODED, "--complete", coded, "--layers", layers) for layers in ("1", "2")]
        subprocess.run([args.vqz, "-s", "decode", "--overwrite", coded, made], check=True)
        row([*kept, Image.open(made).convert("RGB").crop(SHOWN_OF_CODED)], FOLDER / "complete.jpg")


main()

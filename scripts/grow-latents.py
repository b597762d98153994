#!/usr/bin/env python3
"""More latents for a model in training: directions of pixels that the old ones leave out.

    scripts/grow-latents.py VQZ MODEL CHECKPOINT OUT PHOTOS --add N [--photos N]

VQZ is the command, MODEL a model file exported from a checkpoint near CHECKPOINT, OUT the folder of the grown run (checkpoint.safetensors and recipe.json).
Photos are coded at quality 95; what a linear function of the pixels predicts of the error, outside of what the synthesis's linear path can make,
gives new rows of the analysis (its principal components) and the same columns of the synthesis, as the first ones came from those of pixels. Networks get
inputs of weight 0 for them, and one more coding step, which begins as a copy of the last one; so the model is what it was, and the new latents are
learned from there. The optimiser's state of what is new begins with zeros. Needs NumPy and Pillow (scripts/setup-compare.sh, then pip install numpy).
"""
import argparse
import json
import pathlib
import random
import struct
import subprocess
import tempfile

import numpy
from PIL import Image

CROP, BLOCK = 320, 768
KINDS = {"F32": numpy.float32, "U8": numpy.uint8}
STATES = ("value", "average", "first", "second")


def unshuffle(x, r):
    h, w, c = x.shape
    return x.reshape(h // r, r, w // r, r, c).transpose(0, 2, 1, 3, 4).reshape(h // r, w // r, r * r * c)


def blocks(picture):
    """Blocks of 16 x 16 x 3 samples, in the order of the trainer."""
    return unshuffle(unshuffle(numpy.asarray(picture).astype(float) - 128, 4), 4).reshape(-1, BLOCK)


def error_covariances(options):
    """Second moments of pixels, and of errors with pixels; pictures with large errors count less than in proportion."""
    files = sorted(p for p in pathlib.Path(options.data).iterdir() if p.is_file())
    random.seed(3)
    random.shuffle(files)
    pixels, errors = numpy.zeros((BLOCK, BLOCK)), numpy.zeros((BLOCK, BLOCK))
    with tempfile.TemporaryDirectory() as folder:
        crop, coded, back = (f"{folder}/{name}" for name in ("crop.ppm", "crop.vqz", "back.ppm"))
        for file in files[: options.photos]:
            photo = Image.open(file).convert("RGB")
            if min(photo.size) < CROP:
                continue
            x, y = (random.randint(0, side - CROP) for side in photo.size)
            photo = photo.crop((x, y, x + CROP, y + CROP))
            photo.save(crop)
            model = ["--model", options.model]
            subprocess.run([options.vqz, "-s", "encode", "-q", "95", *model, crop, coded], check=True)
            subprocess.run([options.vqz, "-s", "decode", "--overwrite", *model, coded, back], check=True)
            original = blocks(photo)
            error = original - blocks(Image.open(back))
            weight = 1 / numpy.sqrt((error**2).mean() + 4)
            pixels += weight * original.T @ original
            errors += weight * error.T @ original
    return pixels, errors


def new_directions(pixels, errors, synthesis, count):
    """Rows of the analysis, columns of the synthesis, standard deviations."""
    ridge = numpy.eye(BLOCK) * 1e-6 * numpy.trace(pixels) / BLOCK
    predict = numpy.linalg.solve(pixels + ridge, errors.T).T
    old, _ = numpy.linalg.qr(synthesis)
    outside = numpy.eye(BLOCK) - old @ old.T
    found = outside @ predict @ pixels @ predict.T @ outside
    _, vectors = numpy.linalg.eigh((found + found.T) / 2)
    columns = vectors[:, ::-1][:, :count]
    rows = columns.T @ predict
    return rows, columns, numpy.sqrt(numpy.diag(rows @ pixels @ rows.T) / numpy.trace(pixels))


def read(path):
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = numpy.frombuffer(data[begin:end], KINDS[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def write(path, tensors):
    names = {kind: name for name, kind in KINDS.items()}
    header, parts, at = {}, [], 0
    for name, tensor in tensors.items():
        part = numpy.ascontiguousarray(tensor).tobytes()
        header[name] = {"dtype": names[tensor.dtype.type], "shape": list(tensor.shape), "data_offsets": [at, at + len(part)]}
        parts.append(part)
        at += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def grow(tensors, options):
    meta = json.loads(bytes(tensors["meta"]))
    architecture = meta["recipe"]["architecture"]
    before, add = architecture["latents"], options.add
    features, last = architecture["features"], len(architecture["slices"]) - 1
    width = architecture["slices"][last][0]

    def extend(name, more, axis):
        for state in STATES:
            extra = more if state in STATES[:2] else numpy.zeros_like(more)
            key = f"{state}/{name}"
            tensors[key] = numpy.concatenate([tensors[key], extra.astype(numpy.float32)], axis)

    def begin(name, initial):
        for state in STATES:
            extra = initial if state in STATES[:2] else numpy.zeros_like(initial)
            tensors[f"{state}/{name}"] = extra.astype(numpy.float32)

    def average(name):
        return tensors[f"average/{name}"]

    pixels, errors = error_covariances(options)
    rows, columns, spread = new_directions(pixels, errors, average("synthesis_linear")[:, :, 0, 0].astype(float), add)
    # Absolute units: those of the pixels' own standard deviations, by the first latent's.
    first = average("analysis_linear")[0, :, 0, 0].astype(float)
    unit = average("y.std")[0] / numpy.sqrt(first @ pixels @ first / numpy.trace(pixels))
    extend("analysis_linear", rows[:, :, None, None], 0)
    extend("synthesis_linear", columns[:, :, None, None], 1)
    end = max(int(key.split(".")[1]) for key in tensors if key.startswith("value/analysis."))
    inputs = average(f"analysis.{end}.weight").shape[1]
    extend(f"analysis.{end}.weight", numpy.zeros((add, inputs, 1, 1)), 0)
    extend(f"analysis.{end}.bias", numpy.zeros(add), 0)
    for name in ("body.0.weight", "hyper_analysis.0.weight"):
        extend(name, numpy.zeros((average(name).shape[0], add, 1, 1)), 1)
    extend("y.std", spread * unit, 0)
    for name in ("y.log_gain", "y.log_step"):
        extend(name, numpy.repeat(average(name)[:, -width:].mean(1, keepdims=True), add, 1), 1)
    extend("y.codebook", numpy.zeros((add // 2 * 49, 2)), 0)
    tensors["usage/y"] = numpy.concatenate([tensors["usage/y"], numpy.ones((add // 2, 49), numpy.float32)])

    # The last coding step knew the latents before its own; the new one knows those too, and does not heed them yet.
    old, new = f"context.{last}", f"context.{last + 1}"
    known = average(f"{old}.0.weight")
    noise = numpy.random.default_rng(7).normal(0, 0.001, (known.shape[0], features + before - known.shape[1], 1, 1))
    begin(f"{new}.0.weight", numpy.concatenate([known, noise], 1))
    for name in ("0.bias", "1.weight", "1.bias", "2.weight", "2.bias"):
        begin(f"{new}.{name}", average(f"{old}.{name}").copy())
    scales = average(f"{old}.3.weight")[-32:].mean(0, keepdims=True)
    means = numpy.random.default_rng(8).normal(0, 0.003, (add, *scales.shape[1:]))
    begin(f"{new}.3.weight", numpy.concatenate([means, numpy.repeat(scales, add, 0)]))
    scale = average(f"{old}.3.bias")[-32:].mean()
    begin(f"{new}.3.bias", numpy.concatenate([numpy.zeros(add), numpy.full(add, scale)]))

    architecture["latents"] = before + add
    architecture["slices"].append([add, "Once"])
    tensors["meta"] = numpy.frombuffer(json.dumps(meta).encode(), numpy.uint8)
    return meta["recipe"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("vqz", "model", "checkpoint", "out", "data"):
        parser.add_argument(name)
    parser.add_argument("--add", type=int, default=80, help="how many, an even number (80)")
    parser.add_argument("--photos", type=int, default=400, help="of the photos, at most so many (400)")
    options = parser.parse_args()
    tensors = read(options.checkpoint)
    recipe = grow(tensors, options)
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    write(out / "checkpoint.safetensors", tensors)
    (out / "recipe.json").write_text(json.dumps(recipe) + "\n")
    print(f"{out}: {recipe['architecture']['latents']} latents; resume with --recipe {out}/recipe.json")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes the conformance suite and its manifest, or checks that they are as they should be.

    python3 generate.py             writes what has changed
    python3 generate.py --check     says what would change, and exits with 1 if anything would

Everything comes from SPEC.md: files and models from the writers in this folder, expected pixels from the reference decoder in
testdata/reference-decoder. No code of the library takes part. The exceptions are the files of `KEPT`, which an encoder wrote: they
are taken as they are.
"""

import hashlib
import itertools
import json
import pathlib
import sys

SUITE = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(SUITE.parent / "reference-decoder"))

import byte_mistakes  # noqa: E402
import byte_model  # noqa: E402
import invalid  # noqa: E402
import invalid_models  # noqa: E402
import prediction_mistakes  # noqa: E402
import prediction_models  # noqa: E402
import renderings  # noqa: E402
import suite_models  # noqa: E402
import valid  # noqa: E402
import valid_prediction  # noqa: E402
import write_model  # noqa: E402
from common import VqzError  # noqa: E402
from model import Model  # noqa: E402
from rendering import Rendering  # noqa: E402
from vqz_reference import decode, pixel_hash  # noqa: E402

alone, with_encoder = write_model.write, write_model.write_with_encoder
MODELS = {
    "small": (suite_models.small, alone),
    "small-encoder": (suite_models.small, with_encoder),
    "layers": (suite_models.layers, with_encoder),
    "single-step": (suite_models.single_step, alone),
    "silent": (suite_models.silent, alone),
    "unadapted": (suite_models.unadapted, alone),
    "few": (suite_models.few, alone),
    "rates": (suite_models.rates, with_encoder),
    "extreme": (suite_models.extreme, with_encoder),
    "bytes": (byte_model.model, alone),
    "prediction": (prediction_models.prediction, alone),
    "channels": (prediction_models.channels, alone),
}
# Folders of files that an encoder wrote, with their model.
KEPT = {"encoded": "models/tiny.vqzm", "default": "../../models/default.vqzm"}


def describe(what, section, file, model, expect):
    return {"file": file, "model": model, "section": section, "what": what, **expect}


def pixels(model, data, rendering=None):
    """What a decoder must make of a valid file."""
    picture, metadata = decode(model, data, rendering)
    samples, alpha = picture.samples(), picture.alpha_plane()
    height, width, channels = samples.shape
    return {
        "pixels": {
            "width": width,
            "height": height,
            "channels": channels,
            "alpha": alpha is not None,
            "hash": pixel_hash(samples, alpha),
        },
        "smaller": {str(s): pixel_hash(picture.samples(s), picture.alpha_plane(s)) for s in (2, 4, 8, 16)},
        "metadata": {kind.decode(): hashlib.sha256(payload).hexdigest() for kind, payload in sorted(metadata.items())},
    }


def kept(folder, path):
    """The files of a folder of KEPT."""
    model = Model((SUITE / path).read_bytes())
    about = json.loads((SUITE / folder / "about.json").read_text(encoding="utf-8"))
    for name, what in about.items():
        data = (SUITE / folder / name).read_bytes()
        yield describe(what, "4–11", f"{folder}/{name}", path, pixels(model, data))


def suite():
    """All generated files by name, and the manifest."""
    files = {f"models/{name}.vqzm": write(model()) for name, (model, write) in MODELS.items()}
    models = {name: Model(files[f"models/{name}.vqzm"]) for name in MODELS}
    cases = []
    for case in itertools.chain(valid.cases(), valid_prediction.cases()):
        file, model = f"valid/{case.name}.vqz", models[case.model]
        files[file] = case.write(model)
        cases.append(describe(case.what, case.section, file, f"models/{case.model}.vqzm", pixels(model, files[file])))
    assert files["valid/encoder-behind.vqz"] == files["valid/size-primes.vqz"], "an encoder file makes another model"
    found = {case["file"]: case["pixels"]["hash"] for case in cases}
    assert found["valid/uniform-unadapted.vqz"] == found["valid/unadapted.vqz"], "uniform steps where there are no others"
    assert found["valid/steps-all.vqz"] == found["valid/size-primes.vqz"], "all steps, said or not"
    assert found["valid/steps-one-pixel-1.vqz"] == found["valid/steps-one-pixel-2.vqz"], "a step that covers no position"
    of = lambda name: {file: files[file] for file in found if file.startswith(f"valid/{name}-")}
    byte_mistakes.check(models["bytes"], of("bytes"))
    prediction_mistakes.check([(models[name], of(name)) for name in ("prediction", "channels")])
    for folder, path in KEPT.items():
        cases += kept(folder, path)
    for case in invalid.cases(models):
        file = f"invalid/{case.name}.vqz"
        assert file not in files, file
        files[file] = case.data
        cases.append(describe(case.what, case.section, file, f"models/{case.model}.vqzm", {"error": list(case.errors)}))
        check_refusal(models[case.model], file, case.data, case.errors)
    for case in invalid_models.cases():
        file, model = (f"invalid-models/{case.name}.{ending}" for ending in ("vqz", "vqzm"))
        assert file not in files, file
        files[file], files[model] = case.picture(), case.data
        cases.append(describe(case.what, case.section, file, model, {"error": list(case.errors)}))
        check_refusal(case.data, model, files[file], case.errors)
    assert len({case["file"] for case in cases}) == len(cases)
    rendered = list(renderings_of(files, models, {case["file"]: case["model"] for case in cases}))
    lists = {"cases": cases, "renderings": rendered}
    lines = lambda cases: "[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]"
    manifest = ",\n".join(f'"{name}": {lines(cases)}' for name, cases in lists.items())
    files["manifest.json"] = f"{{{manifest}}}\n".encode()
    return files


def renderings_of(files, models, model_of):
    """Valid files by rendering files, and invalid rendering files; adds those to `files`. `model_of` has the paths of files' models."""
    for name, (base, fields) in renderings.RENDERINGS.items():
        path = f"renderings/{name}.vqzr"
        files[path] = renderings.write(models[base].whole_digest, fields())
        rendering = Rendering(files[path])
        what = fields.__doc__.split("\n")[0]
        for file in renderings.FILES[name]:
            file = f"valid/{file}.vqz"
            expect = {"rendering": path, **pixels(models[base], files[file], rendering)}
            yield describe(f"rendered by: {what}", "6.4, 11.3", file, model_of[file], expect)
    file, model = "valid/size-one-pixel.vqz", models["small"]
    for case in renderings.invalid(model.whole_digest):
        path = f"invalid-renderings/{case.name}.vqzr"
        files[path] = case.data
        expect = {"rendering": path, "error": list(case.errors)}
        yield describe(case.what, "6.4", file, "models/small.vqzm", expect)
        check_refusal(model, path, files[file], case.errors, case.data)


def check_refusal(model, name, data, errors, rendering=None):
    """The reference decoder must refuse a file for the reason that it was made for."""
    found = "none"
    try:
        model = model if isinstance(model, Model) else Model(model)
        decode(model, data, None if rendering is None else Rendering(rendering))
    except VqzError as error:
        found = error.kind
    assert found in errors, f"{name}: {found}, expected {' or '.join(errors)}"


def main(check):
    files = suite()
    folders = ("valid", "invalid", "invalid-models", "renderings", "invalid-renderings")
    there = {str(path.relative_to(SUITE)) for folder in folders for path in (SUITE / folder).glob("*")}
    changed = [name for name, data in files.items() if not (SUITE / name).exists() or (SUITE / name).read_bytes() != data]
    surplus = sorted(there - set(files))
    for name in changed:
        print(f"{'differs' if check else 'written'}: {name}")
        if not check:
            (SUITE / name).parent.mkdir(exist_ok=True)
            (SUITE / name).write_bytes(files[name])
    for name in surplus:
        print(f"{'not generated' if check else 'removed'}: {name}")
        if not check:
            (SUITE / name).unlink()
    print(f"{len(files)} files, {len(changed)} {'differ' if check else 'written'}, {len(surplus)} surplus")
    return 1 if check and (changed or surplus) else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))

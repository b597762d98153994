import hashlib
import json
import multiprocessing
import struct
import threading
import time

import numpy
import pytest

import vqz


def psnr(a, b):
    return 10 * numpy.log10(255**2 / numpy.mean((a.astype(float) - b.astype(float)) ** 2))


def pixel_hash(array, channels, alpha):
    """As the conformance suite has it."""
    height, width = array.shape[:2]
    samples = array.reshape(height, width, -1)
    parts = [struct.pack("<3I", width, height, channels), samples[..., :channels].tobytes()]
    if alpha:
        parts.append(samples[..., channels].tobytes())
    return hashlib.sha256(b"".join(parts)).hexdigest()


def test_round_trip(photo):
    data = vqz.encode(photo, quality=90)
    back = vqz.decode(data)
    assert back.shape == photo.shape and back.dtype == numpy.uint8 and back.flags.writeable
    assert psnr(back, photo) > 30
    assert numpy.array_equal(back, vqz.decode(bytearray(data), threads=1))
    assert vqz.encode(photo, quality=90, threads=2) == data
    assert vqz.probe(data) is True and vqz.probe(b"\x89PNG\r\n\x1a\n") is False and vqz.probe(data[:5]) is None


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_channels_and_strides(photo, channels):
    array = numpy.concatenate([photo, photo[..., :1]], axis=2)[::-1, ::2, :channels]
    back = vqz.decode(vqz.encode(array, quality=80))
    assert back.shape == (array.shape if channels > 1 else array.shape[:2])
    if channels in (2, 4):
        assert numpy.array_equal(back[..., -1], array[..., -1])
    if channels == 1:
        assert numpy.array_equal(back, vqz.decode(vqz.encode(array[..., 0], quality=80)))


def test_targets(photo):
    small = vqz.encode(photo, size=900)
    assert len(small) <= 900
    good = vqz.decode(vqz.encode(photo, psnr=33))
    assert psnr(good, photo) >= 33
    with pytest.raises(vqz.ParameterError):
        vqz.encode(photo, size=10)
    with pytest.raises(vqz.ParameterError):
        vqz.encode(photo, size=900, quality=10)


def test_metadata_and_info(photo):
    parts = {"icc": b"profile", "exif": b"MM\0*\0\0\0\x08\0\0", "xmp": b"<x/>"}
    data = vqz.encode(photo, quality=40, progressive=True, **parts)
    assert vqz.metadata(data) == parts
    info = vqz.info(data)
    assert (info["width"], info["height"], info["mode"]) == (128, 96, "RGB")
    assert info["layers"] > 1 and info["file_bytes"] == len(data) and abs(info["quality"] - 40) < 0.1
    assert [kind for kind, _, _ in info["chunks"]][:4] == ["VHDR", "iccp", "exif", "xmpp"]
    assert vqz.metadata(vqz.encode(photo)) == {}


def test_regions_and_scales(photo):
    data = vqz.encode(photo, quality=70)
    for scale in (1, 2, 4, 8, 16):
        whole = vqz.decode(data, scale=scale)
        assert whole.shape == (-(-96 // scale), -(-128 // scale), 3)
        part = vqz.decode(data, scale=scale, region=(1, 2, 3, 2))
        assert numpy.array_equal(part, whole[2:4, 1:4])
    for wrong in ({"scale": 3}, {"region": (0, 0, 0, 1)}, {"region": (120, 0, 9, 1)}):
        with pytest.raises(vqz.ParameterError):
            vqz.decode(data, **wrong)


def test_push(photo):
    data = vqz.encode(photo, quality=70, progressive=True, icc=b"profile")
    decoder = vqz.Decoder()
    assert decoder.info is None and decoder.metadata == {}
    with pytest.raises(vqz.ParameterError):
        decoder.image()
    quality, layers = [], 0
    for at in range(0, len(data), 50):
        decoder.push(memoryview(data)[at : at + 50])
        if decoder.layers > layers:
            layers = decoder.layers
            quality.append(psnr(decoder.image(), photo))
    assert decoder.finished and decoder.needed == 0 and decoder.metadata == {"icc": b"profile"}
    assert len(quality) > 2 and quality == sorted(quality)
    assert layers == decoder.info["layers"] == vqz.info(data)["layers"]
    assert numpy.array_equal(decoder.image(), vqz.decode(data))
    assert numpy.array_equal(decoder.image(scale=4), vqz.decode(data, scale=4))
    with pytest.raises(vqz.FormatError):
        decoder.push(b"more")


def test_conformance_suite(suite):
    """The pixels of every file, at every scale, are those that the suite says; every hostile file is refused for the reason that it says."""
    valid = invalid = 0
    for case in json.loads((suite / "manifest.json").read_text())["cases"]:
        data, model = ((suite / case[key]).read_bytes() for key in ("file", "model"))
        if "error" in case:
            invalid += 1
            with pytest.raises(vqz.Error) as caught:
                vqz.decode(data, models=[vqz.Model(model)])
            assert type(caught.value).__name__.removesuffix("Error") in case["error"], case
            with pytest.raises(vqz.Error):
                decoder = vqz.Decoder(models=[vqz.Model(model)])
                decoder.push(data)
                assert not decoder.finished or decoder.image() is None, case
                raise vqz.TruncatedError
            continue
        valid += 1
        pixels = case["pixels"]
        scales = {"1": pixels["hash"]}
        if pixels["width"] * pixels["height"] < 50_000:
            scales |= case["smaller"]
        for scale, expected in scales.items():
            array = vqz.decode(data, models=[vqz.Model(model)], scale=int(scale))
            assert pixel_hash(array, pixels["channels"], pixels["alpha"]) == expected, case
    assert valid > 100 and invalid > 300


def test_renderings(suite):
    """Rendering files of the suite, by both ways of decoding."""
    valid = invalid = 0
    for case in json.loads((suite / "manifest.json").read_text())["renderings"]:
        data, model, rendering = ((suite / case[key]).read_bytes() for key in ("file", "model", "rendering"))
        model = vqz.Model(model)
        if "error" in case:
            invalid += 1
            with pytest.raises(vqz.Error) as caught:
                vqz.decode(data, models=[model], rendering="perceptual", renderings=[vqz.Rendering(rendering)])
            assert type(caught.value).__name__.removesuffix("Error") in case["error"], case
            continue
        valid += 1
        pixels, rendering = case["pixels"], vqz.Rendering(rendering)
        assert rendering.base == model.digest and rendering.digest in repr(rendering)
        decoder = vqz.Decoder(models=[model], renderings=[rendering])
        decoder.push(data)
        for array in (
            vqz.decode(data, models=[model], rendering="perceptual", renderings=[rendering]),
            decoder.image(rendering="perceptual"),
        ):
            assert pixel_hash(array, pixels["channels"], pixels["alpha"]) == pixels["hash"], case
        faithful = vqz.decode(data, models=[model])
        assert numpy.array_equal(vqz.decode(data, models=[model], renderings=[rendering]), faithful)
    assert valid > 10 and invalid > 20


def test_the_rendering_that_is_built_in(photo):
    data = vqz.encode(photo, quality=10)
    faithful, perceptual = (vqz.decode(data, rendering=name) for name in ("faithful", "perceptual"))
    assert perceptual.shape == faithful.shape and not numpy.array_equal(perceptual, faithful)


def test_renderings_that_are_not_at_hand(photo, suite):
    case = json.loads((suite / "manifest.json").read_text())["renderings"][0]
    data, model = ((suite / case[key]).read_bytes() for key in ("file", "model"))
    with pytest.raises(vqz.WrongModelError, match="none is at hand"):
        vqz.decode(data, models=[vqz.Model(model)], rendering="perceptual")
    data = vqz.encode(photo)
    with pytest.raises(vqz.ParameterError, match="faithful"):
        vqz.decode(data, rendering="sharp")


def test_truncated_and_damaged(photo):
    data = vqz.encode(photo)
    for end in range(0, len(data), 37):
        with pytest.raises(vqz.DamagedError):
            vqz.decode(data[:end])
    with pytest.raises(vqz.CrcError):
        vqz.decode(data[:-6] + bytes([data[-6] ^ 1]) + data[-5:])
    with pytest.raises(vqz.SignatureError):
        vqz.info(b"something else")


def test_errors_are_of_the_kinds_that_programs_expect(photo, models, encoding_model):
    data = vqz.encode(photo)
    with pytest.raises(vqz.LimitError):
        vqz.decode(data, max_pixels=100)
    with pytest.raises(ValueError):
        vqz.encode(photo, quality=101)
    with pytest.raises(ValueError):
        vqz.encode(photo[:0])
    with pytest.raises(ValueError):
        vqz.encode(photo[0, 0])
    with pytest.raises(TypeError):
        vqz.encode(photo.astype(float))
    with pytest.raises(TypeError):
        vqz.decode("text")
    with pytest.raises(vqz.ModelError):
        vqz.Model(b"no model")
    other = vqz.encode(photo, model=encoding_model)
    with pytest.raises(vqz.WrongModelError):
        vqz.decode(other)
    assert vqz.decode(other, models=models).shape == photo.shape
    # A decoder without the model still tells sizes.
    decoder = vqz.Decoder()
    with pytest.raises(vqz.WrongModelError):
        decoder.push(other)
    assert (decoder.info["height"], decoder.info["width"]) == photo.shape[:2]
    assert issubclass(vqz.OutOfMemoryError, MemoryError)


def test_a_model_without_its_encoder_file_decodes_only(photo, suite):
    both = (suite / "models" / "small-encoder.vqzm").read_bytes()
    (length,) = struct.unpack_from("<I", both, 12)
    alone, whole = vqz.Model(both[:length]), vqz.Model(both)
    assert alone.digest == whole.digest
    data = vqz.encode(photo, model=whole)
    assert numpy.array_equal(vqz.decode(data, models=[alone]), vqz.decode(data, models=[whole]))
    for target in ({}, {"size": 100_000}, {"psnr": 1}, {"effort": 2}):
        with pytest.raises(vqz.UnsupportedError, match="can only decode"):
            vqz.encode(photo, model=alone, **target)
    for end in (length - 1, length + 1, len(both) - 1):
        with pytest.raises((vqz.ModelError, vqz.CrcError)):
            vqz.Model(both[:end])


def test_a_file_tuned_for_psnr_decodes_as_any_other(photo):
    tuned = vqz.encode(photo, tune="psnr")
    assert tuned != vqz.encode(photo, tune="eye") == vqz.encode(photo)
    assert vqz.decode(tuned).shape == photo.shape
    with pytest.raises(vqz.ParameterError, match="must be eye or psnr"):
        vqz.encode(photo, tune="ssim")


def test_latents_and_indices(photo, suite, models):
    data = vqz.encode(photo, quality=70)
    latents, indices = vqz.latents(data), vqz.indices(data, threads=1)
    assert latents.shape[:2] == (6, 8) and latents.dtype == numpy.int16
    assert indices.shape == (6, 8, latents.shape[2] // 2, 2) and indices.dtype == numpy.int32
    assert latents.any() and indices.any()
    # The same picture has the same latents, however its file is cut into layers.
    layered = vqz.encode(photo, quality=70, progressive=True)
    assert numpy.array_equal(vqz.latents(layered), latents)
    assert numpy.array_equal(vqz.indices(layered), indices)
    zero = (suite / "valid" / "labels-zero-small.vqz").read_bytes()
    assert not vqz.indices(zero, models=models).any()
    with pytest.raises(vqz.DamagedError):
        vqz.latents(data[:-1])


def test_other_threads_go_on_while_a_picture_is_coded(photo):
    array = numpy.tile(photo, (4, 4, 1))
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.002)

    thread = threading.Thread(target=tick)
    thread.start()
    begin = time.monotonic()
    vqz.encode(array, quality=60, threads=1)
    end = time.monotonic()
    done.set()
    thread.join()
    assert sum(begin < at < end for at in ticks) > 3


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork")
def test_forked_children_do_not_wait_for_the_threads_of_their_parent(photo):
    data = vqz.encode(photo)
    expected = vqz.decode(data)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for back in pool.map_async(vqz.decode, [data] * 3).get(timeout=120):
            assert numpy.array_equal(back, expected)

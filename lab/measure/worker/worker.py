"""Codes pictures with Pillow's codecs, for `vqz compare`.

A request and an answer are one frame each, on stdin and stdout: the length of a header (4 bytes, little-endian), the header (JSON),
and as many bytes as its "payload" says. Requests, by "do":

    versions                                                -> for each codec that can be had, its "library"; for the others "missing", with the reason
    encode  codec setting width height channels + samples   -> seconds + file
    decode  codec + file                                    -> seconds width height channels + samples
    memory  as encode or decode, with that in "of"          -> peak: bytes above what is resident with the input in memory; null if the system does not tell

Samples are 8-bit grey (1 channel) or RGB (3). Everything runs in one thread; seconds are processor time. What fails is answered by "error".
"""

import importlib.metadata
import io
import json
import os
import struct
import sys
import time
import warnings

from PIL import Image, features

try:
    import pillow_jxl.JpegXLImagePlugin as jxl

    jxl.DECODE_THREADS = 0
except ImportError:
    jxl = None
try:
    from PIL import AvifImagePlugin as avif

    avif.DEFAULT_MAX_THREADS = 1
except ImportError:
    avif = None

Image.MAX_IMAGE_PIXELS = None
SPEED = 6
EFFORT = 7


def save_jpeg(picture, file, setting):
    picture.save(file, "JPEG", quality=setting)


def save_webp(picture, file, setting):
    picture.save(file, "WEBP", quality=setting, method=4)


def save_avif(picture, file, setting):
    subsampling = "4:0:0" if picture.mode == "L" else "4:4:4"
    picture.save(file, "AVIF", quality=setting, speed=SPEED, subsampling=subsampling, codec="aom", max_threads=1)


def save_jxl(picture, file, setting):
    picture.save(file, "JXL", quality=setting, effort=EFFORT, num_threads=0)


SAVE = {"jpeg": save_jpeg, "webp": save_webp, "avif": save_avif, "jxl": save_jxl}


def jpeg_library():
    turbo = features.version("libjpeg_turbo")
    return turbo and f"libjpeg-turbo {turbo}"


def webp_library():
    version = features.version("webp")
    return version and f"libwebp {version}"


def avif_library():
    version = features.version("avif")
    if not version:
        return None
    if tuple(map(int, version.split(".")[:2])) < (1, 4):
        raise RuntimeError(f"libavif is {version}; 1.4 is the first to tune still pictures by default")
    return f"libavif {version}, libaom {avif.get_codec_version('aom')}, dav1d {avif.get_codec_version('dav1d')}"


def jxl_library():
    if jxl is None:
        return None
    plugin = importlib.metadata.distribution("pillow-jxl-plugin")
    bill = next((file for file in plugin.files if file.name.endswith(".cyclonedx.json")), None)
    parts = json.loads(bill.read_text())["components"] if bill else []
    library = next((part["version"] for part in parts if part["name"] == "jpegxl-src"), "of unknown version")
    return f"libjxl {library}, pillow-jxl-plugin {plugin.version}"


LIBRARY = {"jpeg": jpeg_library, "webp": webp_library, "avif": avif_library, "jxl": jxl_library}


def versions(_header, _payload):
    answer = {}
    for codec, library in LIBRARY.items():
        try:
            found = library()
            answer[codec] = {"library": f"{found}, by Pillow {Image.__version__}"} if found else {"missing": "Pillow has it not"}
        except Exception as error:
            answer[codec] = {"missing": str(error)}
    return {"codecs": answer}, b""


def picture_of(header, payload):
    return Image.frombytes("L" if header["channels"] == 1 else "RGB", (header["width"], header["height"]), payload)


def compress(header, picture):
    file = io.BytesIO()
    setting = header["setting"]
    SAVE[header["codec"]](picture, file, int(setting) if setting == int(setting) else setting)
    return file.getvalue()


def decompress(file):
    picture = Image.open(file)
    picture.load()
    return picture


def encode(header, payload):
    picture = picture_of(header, payload)
    seconds, file = timed(lambda: compress(header, picture))
    return {"seconds": seconds}, file


def decode(_header, payload):
    file = io.BytesIO(payload)
    seconds, picture = timed(lambda: decompress(file))
    if picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGB")
    shape = {"width": picture.width, "height": picture.height, "channels": len(picture.getbands())}
    return {"seconds": seconds, **shape}, picture.tobytes()


def timed(work):
    started = time.process_time()
    done = work()
    return time.process_time() - started, done


def memory(header, payload):
    if header["of"] == "encode":
        picture = picture_of(header, payload)
        work = lambda: compress(header, picture)
    else:
        file = io.BytesIO(payload)
        work = lambda: decompress(file)
    try:
        with open("/proc/self/clear_refs", "w") as reset:  # sets the peak to what is resident now
            reset.write("5")
        before = resident("VmRSS:")
    except OSError:
        return {"peak": None}, b""
    work()
    return {"peak": max(resident("VmHWM:") - before, 0)}, b""


def resident(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))


DO = {"versions": versions, "encode": encode, "decode": decode, "memory": memory}


def read_frame(stream):
    """None at the end of the stream."""
    length = stream.read(4)
    if len(length) < 4:
        return None
    header = json.loads(stream.read(struct.unpack("<I", length)[0]))
    return header, stream.read(header.get("payload", 0))


def write_frame(stream, header, payload):
    text = json.dumps({**header, "payload": len(payload)}).encode()
    stream.write(struct.pack("<I", len(text)) + text)
    stream.write(payload)
    stream.flush()


def main():
    # What a library prints must not get between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    while (request := read_frame(sys.stdin.buffer)) is not None:
        header, payload = request
        try:
            answer = DO[header["do"]](header, payload)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}, b""
        write_frame(answers, *answer)


main()

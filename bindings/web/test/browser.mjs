// The package in Chromium, against the command `vqz`: node browser.mjs PACKAGE VQZ CHROMIUM [SCREENSHOTS]. scripts/test-browser.sh runs it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

import { probe } from "../src/header.js";
import { command, pages } from "./cpu.mjs";
import { demo } from "./demo.mjs";
import { chunks, pixelHash } from "./files.mjs";
import { serve } from "./serve.mjs";

const [folder, vqz, executablePath, screenshots] = process.argv.slice(2);
/** Of the names of the tests to run, a regular expression; all by default. */
const only = process.env.ONLY;
/** Milliseconds that a test may take. */
const PATIENCE = 600_000;
const root = resolve(import.meta.dirname, "../../..");
const suite = join(root, "testdata/conformance");
const files = mkdtempSync(join(tmpdir(), "vqz-browser-"));
const profile = mkdtempSync(join(tmpdir(), "vqz-chromium-"));

const native = (...parts) => execFileSync(vqz, parts, { stdio: ["ignore", "pipe", "pipe"] });
/** Hash of what the command decodes. */
function decoded(file, ...options) {
  const out = join(files, "out.ppm");
  native("decode", "-s", "--overwrite", "--orientation", "keep", ...options, file, out);
  return pixelHash(out);
}

const server = await serve({
  vqz: join(folder, "vqz"),
  demo: join(folder, "demo"),
  test: import.meta.dirname,
  suite,
  models: join(root, "models"),
  testdata: join(root, "testdata"),
  files,
});
const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  args: "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(" "),
});
context.setDefaultTimeout(300_000);

/** How far two colours are apart in the channel that differs most. */
const distance = (a, b) => Math.max(...a.map((value, channel) => Math.abs(value - b[channel])));

let page;
/** What the browser makes of a colour of the file with a colour profile. */
let inP3;
const run = (name, ...values) => page.evaluate(([name, values]) => window.test[name](...values), [name, values]);
async function fresh() {
  await page?.close();
  page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(error));
  await page.goto(`${server.address}/test/page.html`);
  await page.waitForFunction(() => window.test !== undefined);
}
async function test(name, body) {
  if (only && !new RegExp(only).test(name)) return;
  const start = performance.now();
  await fresh();
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(reject, PATIENCE, new Error(`${name}: no end in ${PATIENCE / 1000} s`))));
  await Promise.race([body(), late]);
  clearTimeout(timer);
  console.log(`ok  ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

try {
  const photo = join(root, "testdata/photo.png");
  const plain = join(files, "photo.vqz");
  const progressive = join(files, "progressive.vqz");
  native("encode", "-s", "-q", "60", photo, plain);
  native("encode", "-s", "-q", "60", "--progressive", photo, progressive);
  const bytes = readFileSync(progressive);
  // Where the layers of the photo, which is one tile, end.
  const ends = chunks(bytes).filter(({ type }) => type === "TILE").map(({ end }) => end);
  /** What the command makes of the first layers alone. */
  const rendering = (layers) => {
    const prefix = join(files, `prefix-${layers}.vqz`);
    writeFileSync(prefix, bytes.subarray(0, ends[layers - 1]));
    const out = join(files, "out.ppm");
    try {
      native("decode", "-s", "--overwrite", "--salvage", prefix, out);
    } catch (error) {
      // It says so by its exit code that the file is damaged.
      if (error.status !== 1) throw error;
    }
    return pixelHash(out);
  };
  const whole = decoded(plain);

  await test("exports what index.d.ts declares", async () => {
    const { version } = JSON.parse(readFileSync(join(folder, "vqz/package.json")));
    assert.equal(version, /^\[workspace\.package\]\nversion = "(.*)"/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"))[1]);
    const types = readFileSync(join(folder, "vqz/src/index.d.ts"), "utf8");
    const declared = [...types.matchAll(/^export (?:function|class|const) (\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(await run("exported"), declared.sort());
  });

  await test("headers are read without the module", async () => {
    const { width, height, layers } = probe(readFileSync(progressive));
    assert.deepEqual([width, height, layers], [448, 448, ends.length], "the format version of header.js is that of the library");
  });

  await test("the weights are fetched once, and checked", async () => {
    const fetched = () => server.requests.filter((path) => path.endsWith("default.vqzm.gz")).length;
    assert.equal(await run("hash", "/files/photo.vqz"), whole);
    assert.equal(fetched(), 1);
    await fresh();
    assert.equal(await run("hash", "/files/photo.vqz"), whole);
    assert.equal(fetched(), 1, "the second page has them from the cache");
    const sha256 = readFileSync(join(root, "models/default.sha256"), "utf8").slice(0, 64);
    assert.equal(await run("codeWith", { weights: { url: "/suite/models/tiny.vqzm", sha256 } }, "/files/photo.vqz"), "weights");
    assert.equal(await run("codeWith", { weights: { url: "/vqz/src/default.vqzm.gz?cut=1000000", sha256 } }, "/files/photo.vqz"), "weights");
    assert.equal(await run("codeWith", { weights: { url: "/nowhere", sha256 } }, "/files/photo.vqz"), "network");
    assert.equal(await run("codeWith", { wasm: "/files/photo.vqz" }, "/files/photo.vqz"), "network");
    assert.equal(await run("codeWith", { weights: { url: "/models/default.vqzm", sha256 } }, "/files/photo.vqz"), null);
    assert.equal(await run("codeWith", { weights: { url: "/suite/models/tiny.vqzm" } }, "/files/photo.vqz"), "needs-model");
  });

  await test("encoding fetches the encoder file, once, and decoding does not", async () => {
    const fetched = (name) => server.requests.filter((path) => path.endsWith(name)).length;
    const encoder = "/vqz/src/default.vqze.gz";
    assert.equal(await run("hash", "/files/photo.vqz"), whole);
    assert.equal(fetched(encoder), 0);
    assert.equal(await run("encode", "/testdata/photo.png", { quality: 60 }), readFileSync(plain, "hex"));
    assert.equal(await run("encode", "/testdata/photo.png", { quality: 60 }), readFileSync(plain, "hex"));
    assert.equal(await run("hash", "/files/photo.vqz"), whole, "it decodes as before");
    assert.equal(fetched(encoder), 1);
    await fresh();
    const models = fetched("default.vqzm.gz");
    assert.equal(await run("encode", "/testdata/photo.png", { quality: 60 }), readFileSync(plain, "hex"));
    assert.deepEqual([fetched(encoder), fetched("default.vqzm.gz")], [1, models], "the second page has both from the cache");

    const url = "/models/default.vqzm";
    const alone = await run("encodeWith", { weights: { url } });
    assert.equal(alone.code, "unsupported");
    assert.match(alone.message, /^unsupported: model [0-9a-f]{16} can only decode: its encoder file/);
    assert.equal(await run("encodeWith", { weights: { url, encoder: { url: "/models/default.vqze" } } }), null);
    assert.equal(await run("encodeWith", { weights: { url: "/suite/models/small-encoder.vqzm" } }), null, "it is in the same file");
    const wrong = async (encoder, weights = { url }) => (await run("encodeWith", { weights: { ...weights, encoder } })).code;
    assert.equal(await wrong({ url: encoder, sha256: "0".repeat(64) }), "weights");
    assert.equal(await wrong({ url: "/nowhere" }), "network");
    assert.equal(await wrong({ url: encoder }, { url: "/suite/models/small.vqzm" }), "damaged", "that of another model");

    // One that does not come is no harm to decoding, and is asked for again.
    await page.evaluate(() => caches.delete("vqz-weights"));
    await fresh();
    await context.route(`**${encoder}`, (route) => route.fulfill({ status: 503 }));
    assert.equal(await run("codeOfEncode"), "network");
    assert.equal(await run("hash", "/files/photo.vqz"), whole);
    await context.unroute(`**${encoder}`);
    assert.equal(await run("codeOfEncode"), null);
  });

  await test("the conformance suite, at every scale", async () => {
    const { cases } = JSON.parse(readFileSync(join(suite, "manifest.json")));
    const CLASSES = { Unsupported: "unsupported", WrongModel: "needs-model", Limit: "limit" };
    const byModel = {};
    for (const entry of cases) (byModel[entry.model.startsWith("../../") ? entry.model.slice(5) : `/suite/${entry.model}`] ??= []).push(entry);
    let [pictures, errors] = [0, 0];
    for (const [model, group] of Object.entries(byModel)) {
      const wanted = group.map((entry) => (entry.error ? {} : { 1: entry.pixels.hash, ...entry.smaller }));
      const asked = group.map(({ file }, index) => ({ file, scales: [1, ...Object.keys(wanted[index]).slice(1).map(Number)] }));
      const results = await run("suite", model, asked);
      group.forEach(({ file, error }, index) => {
        if (error === undefined) {
          assert.deepEqual(results[index], wanted[index], file);
          pictures += Object.keys(wanted[index]).length;
        } else {
          const codes = error.map((name) => `error: ${CLASSES[name] ?? "damaged"}: `);
          assert(codes.some((code) => results[index][1].startsWith(code)), `${file}: ${results[index][1]}, expected ${codes}`);
          errors += 1;
        }
      });
    }
    console.log(`    ${pictures} renderings have the hashes of the suite, ${errors} files and models are refused as it says`);
    assert.equal(await run("hash", "/files/photo.vqz"), whole, "the page still works");
  });

  await test("renderings, as the conformance suite has them", async () => {
    const { renderings } = JSON.parse(readFileSync(join(suite, "manifest.json")));
    const CLASSES = { Unsupported: "unsupported", WrongModel: "needs-rendering" };
    for (const model of new Set(renderings.map((entry) => entry.model))) {
      const group = renderings.filter((entry) => entry.model === model);
      const results = await run("renderings", `/suite/${model}`, group);
      group.forEach(({ rendering, pixels, error }, index) => {
        for (const result of results[index]) {
          if (pixels) assert.equal(result, pixels.hash, rendering);
          else assert(error.some((name) => result.startsWith(`error: ${CLASSES[name] ?? "damaged"}: `)), `${rendering}: ${result}`);
        }
      });
    }
    assert.equal(await run("perceptualHash", "/files/photo.vqz"), decoded(plain, "--rendering", "perceptual"), "the package's own");
    assert.equal(await run("codeOfDecode", "/files/photo.vqz", { rendering: "/nowhere.vqzr" }), "network");
    assert.equal(await run("hash", "/files/photo.vqz"), whole, "the page still works");
  });

  await test("a photo: whole, parts, limits, cancelling", async () => {
    assert.equal(await run("hash", "/files/photo.vqz"), whole);
    assert.equal(await run("hash", "/files/progressive.vqz"), decoded(progressive));
    const region = { x: 30, y: 50, width: 200, height: 120 };
    assert.equal(await run("hash", "/files/photo.vqz", { region }), decoded(plain, "--region", "200x120+30+50"));
    assert.equal(await run("hash", "/files/photo.vqz", { scale: 4 }), decoded(plain, "--scale", "1/4"));
    assert.equal(await run("codeOfDecode", "/files/photo.vqz", { maxPixels: 1000 }), "limit");
    assert.equal(await run("codeOfDecode", "/files/photo.vqz", { scale: 3 }), "invalid-argument");
    assert.equal(await run("codeOfDecode", "/files/nowhere.vqz"), "network");
    assert.equal(await run("codeOfDecode", "/testdata/photo.png"), "damaged");
    assert.match(await run("aborted", "/files/photo.vqz"), /^AbortError/);
  });

  await test("every prefix shows what has arrived", async () => {
    // A chunk takes at least 12 bytes: no two layers end in one piece.
    const { hashes, finished } = await run("layers", "/files/progressive.vqz", 12);
    assert.equal(finished, null);
    for (let layers = 1; layers < ends.length; layers++) assert.equal(hashes[layers], rendering(layers), `${layers} layers`);
    assert.equal(hashes[ends.length], decoded(progressive));
  });

  await test("streams: coarser pictures as they arrive", async () => {
    // The next layer is sent when the one before has been shown.
    const { infos, pictures, ended } = await run("streamed", `/files/progressive.vqz?ends=${ends}`);
    assert.deepEqual([infos, ended], [[[448, 448, 1]], null]);
    assert.deepEqual(pictures, ends.slice(0, -1).map((_, index) => [index + 1, rendering(index + 1)]));
  });

  await test("<vqz-img>", async () => {
    const shown = await run("element", "/files/photo.vqz", { alt: "pillars" });
    assert.deepEqual(shown, { events: ["load"], hash: whole, early: [448, 448], size: [448, 448], complete: true, code: undefined, corner: shown.corner });
    const cut = Math.floor((ends[2] + ends[3]) / 2);
    const truncated = await run("element", `/files/progressive.vqz?cut=${cut}`, { width: "224" });
    // As many coarser pictures as pieces have arrived.
    assert.deepEqual({ ...truncated, events: [...new Set(truncated.events)] }, { events: ["progress", "error"], hash: rendering(3), early: [224, 224], size: [448, 448], complete: true, code: "damaged", corner: truncated.corner });
    const broken = await run("element", "/testdata/photo.png");
    assert.deepEqual([broken.events, broken.hash, broken.code], [["error"], null, "damaged"]);
    // Slow weights, and none in the cache.
    await page.evaluate(() => caches.delete("vqz-weights"));
    await fresh();
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await context.route("**/default.vqzm.gz", (route) => held.then(() => route.continue()));
    assert.deepEqual(await run("announced", "/files/photo.vqz"), [448, 448, false]);
    release();
    await page.waitForFunction(() => document.querySelector("vqz-img").complete);
    await context.unroute("**/default.vqzm.gz");
  });

  await test("orientation, alpha, colour profile", async () => {
    const made = [];
    for (let orientation = 1; orientation <= 8; orientation++) {
      made.push(await run("turned", orientation));
      writeFileSync(join(files, `orientation-${orientation}.vqz`), Buffer.from(made.at(-1).file, "hex"));
    }
    const paths = made.map((_, index) => join(files, `orientation-${index + 1}.vqz`));
    native("decode", "-s", "--overwrite", "--orientation", "apply", "--format", "ppm", ...paths, `${files}/`);
    for (const [index, { hash, size }] of made.entries()) {
      const orientation = index + 1;
      assert.equal(hash, pixelHash(join(files, `orientation-${orientation}.ppm`)), `orientation ${orientation}`);
      assert.deepEqual(size, orientation < 5 ? [40, 24] : [24, 40]);
    }
    for (const orientation of [3, 6]) {
      const element = await run("element", `/files/orientation-${orientation}.vqz`);
      const { hash, size } = made[orientation - 1];
      assert.deepEqual([element.hash, element.size], [hash, size], `<vqz-img> of orientation ${orientation}`);
    }
    const { file } = await run("turned", 1, { alpha: true });
    writeFileSync(join(files, "alpha.vqz"), Buffer.from(file, "hex"));
    const profiled = await run("turned", 1, { icc: await run("profile") });
    writeFileSync(join(files, "profile.vqz"), Buffer.from(profiled.file, "hex"));
    assert(distance(profiled.inP3, profiled.corner) > 5, "the colours are others in this profile");
    inP3 = profiled.inP3;
    assert(distance((await run("element", "/files/profile.vqz")).corner, inP3) <= 2);
  });

  await test("the page encodes the same bytes as the command", async () => {
    assert.equal(await run("encode", "/testdata/photo.png", { quality: 60 }), readFileSync(plain, "hex"));
    assert.equal(await run("encode", "/testdata/photo.png", { quality: 60, progressive: true }), readFileSync(progressive, "hex"));
    const sized = join(files, "sized.vqz");
    native("encode", "-s", "--size", "9000", photo, sized);
    assert.equal(await run("encode", "/testdata/photo.png", { size: 9000 }), readFileSync(sized, "hex"));
    assert.equal(await run("codeOfEncode", { quality: 101 }), "invalid-argument");
  });

  await test("out of memory: an error, and the next picture is right", async () => {
    // Keeps hold of the Worker's instance, so that its memory can be taken away.
    const keep = `{ const { Instance } = WebAssembly; WebAssembly.Instance = function (module) { return (self.instance = new Instance(module)); }; }`;
    await context.route("**/worker.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()) + keep });
    });
    await fresh();
    assert.equal(await run("hash", "/files/photo.vqz"), whole);
    await page.workers()[0].evaluate(() => {
      const { vqz_memory_new } = self.instance.exports;
      for (let size = 2 ** 28; size > 2 ** 10; size /= 2) while (vqz_memory_new(size) !== 0);
    });
    assert.match(await run("codeOfDecode", "/files/photo.vqz"), /^(out-of-memory|internal)$/);
    assert.equal(await run("hash", "/files/photo.vqz"), whole);
    await context.unroute("**/worker.js");
  });

  await test("<img> by the service worker", async () => {
    assert.equal((await run("image", "/files/photo.vqz")).outcome, "error", "without it");
    await run("startServiceWorker");
    assert.deepEqual((await run("image", "/files/photo.vqz")).hash, whole);
    const turned = await run("image", "/files/orientation-6.vqz");
    assert.deepEqual([turned.hash, turned.size], [pixelHash(join(files, "orientation-6.ppm")), [24, 40]]);
    const { first, corner } = await run("image", "/files/alpha.vqz");
    assert.deepEqual([first[3], corner[3]], [0, 255]);
    assert(distance((await run("image", "/files/profile.vqz")).corner, inP3) <= 2, "colour profile");
    assert.equal((await run("image", "/suite/invalid/crc-vhdr.vqz")).outcome, "error");
    assert.equal((await run("image", "/testdata/photo.png")).outcome, "load");
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).unregister());
  });

  await test("the demo page", () => demo(context, `${server.address}/demo/`, { photo, file: plain, screenshots }));

  await test("speed", async () => {
    const times = 10;
    // The first ones load the model, and let the browser compile the module once more, for speed.
    await run("seconds", "/files/photo.vqz", 4);
    const worked = pages();
    const seconds = (await run("seconds", "/files/photo.vqz", times)).sort((a, b) => a - b);
    const chromium = worked() / times;
    // The same photo many times, less what one takes: so that neither program's start counts.
    const many = Array.from({ length: times + 1 }, (_, index) => join(files, `copy-${index}.vqz`));
    for (const path of many) copyFileSync(plain, path);
    const decode = (paths) => command("env", "RAYON_NUM_THREADS=1", vqz, "decode", "-s", "-j", "1", "--overwrite", "--format", "ppm", ...paths, `${files}/`);
    const commands = (decode(many) - decode(many.slice(0, 1))) / times;
    const text = `in Chromium ${seconds[times / 2].toFixed(3)} s (best ${seconds[0].toFixed(3)} s), ${chromium.toFixed(3)} s of processor time`;
    console.log(`    photo.png at quality 60, 448 × 448, once loaded: ${text}; by the command ${commands.toFixed(3)} s of processor time`);
  });
} finally {
  await context.close();
  server.close();
  for (const path of [files, profile]) rmSync(path, { recursive: true, force: true });
}

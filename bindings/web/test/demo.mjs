// The demo page as a visitor uses it, with screenshots to look at.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** `photo` and `file` are paths of a photo and a .vqz file. */
export async function demo(context, address, { photo, file, screenshots }) {
  if (screenshots) mkdirSync(screenshots, { recursive: true });
  const page = await context.newPage();
  await page.setViewportSize({ width: 1000, height: 1000 });
  page.on("pageerror", (error) => assert.fail(error));
  const look = (name) => screenshots && page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  const idle = () => page.waitForFunction(() => !document.getElementById("facts").hidden && document.getElementById("status").textContent === "");
  const table = () => page.$$eval("#facts tr", (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const number = (text) => Number(text.replace(/[^0-9.]/g, ""));

  await page.goto(address);
  await look("1-empty");
  await page.setInputFiles("#file", photo);
  await idle();
  await look("2-webp");
  const [, sizes, , psnr] = await table();
  assert(number(sizes[2]) <= number(sizes[1]), `WebP is no larger: ${sizes}`);
  assert(number(psnr[1]) > 25 && number(psnr[2]) > 20, `PSNR ${psnr}`);

  await page.selectOption("#rival", "image/jpeg");
  await page.waitForFunction(() => document.querySelector(".right").textContent.startsWith("JPEG"));
  await idle();
  await page.$eval("#divider", (divider) => {
    divider.value = 30;
    divider.dispatchEvent(new Event("input"));
  });
  await look("3-jpeg");

  await drop(page, "pillars.vqz", readFileSync(file));
  await page.waitForFunction(() => document.querySelector("#facts th + th")?.textContent === ".vqz");
  await idle();
  await look("4-vqz");
  assert.deepEqual((await table())[2], ["Pixels", "448 × 448"]);

  await drop(page, "broken.vqz", readFileSync(file).subarray(0, 3000));
  await page.waitForSelector("#status.error");
  await look("5-error");
  await page.setViewportSize({ width: 400, height: 900 });
  await page.click("#sample");
  await idle();
  await look("6-narrow");
  await page.close();
}

function drop(page, name, bytes) {
  const send = ([name, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name));
    document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer: transfer }));
  };
  return page.evaluate(send, [name, bytes.toString("base64")]);
}

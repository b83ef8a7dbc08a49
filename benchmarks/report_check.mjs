// Checks a report in headless Chromium: accessibility (axe-core), console errors, outside requests, page width.
//
//     npm install --prefix /tmp/check axe-core playwright-core
//     NODE_PATH=/tmp/check/node_modules node benchmarks/report_check.mjs out/report.html
//
// CHROMIUM names the browser (default /usr/bin/chromium). Every set and every page of it is opened, at 1400 and 390
// pixels. Ends with 1 on a serious or critical violation, an error in the console, a request that leaves the file, a
// figure that was not drawn, or a page wider than the window.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(`${process.env.NODE_PATH}/`);
const { chromium } = require("playwright-core");
const axe = require.resolve("axe-core/axe.min.js");
const file = `file://${resolve(process.argv[2])}`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const faults = new Set();

async function scroll(page) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0; y < height; y += 800) {
    await page.evaluate((to) => window.scrollTo(0, to), y);
    await page.waitForTimeout(40);
  }
  await page.waitForFunction(() => [...document.querySelectorAll(".waiting")].every((e) => !e.offsetParent), null, {
    timeout: 20000,
  }).catch(() => faults.add("a figure was not drawn"));
}

async function check(page, where) {
  await scroll(page);
  const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (width > 0) faults.add(`${where}: the page is ${width} pixels wider than the window`);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const { impact, id, help, nodes } of violations) {
    const line = `${where}: ${impact} ${id}: ${help} (${nodes.length}, first ${nodes[0].target})`;
    if (["serious", "critical"].includes(impact)) faults.add(line);
    else console.log(`note: ${line}`);
  }
}

for (const width of [1400, 390]) {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  page.on("console", (message) => message.type() === "error" && faults.add(`console: ${message.text()}`));
  page.on("pageerror", (error) => faults.add(`console: ${error.message}`));
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) faults.add(`outside request: ${request.url()}`);
  });
  await page.goto(file);
  await page.addScriptTag({ path: axe });
  await check(page, `${width} px`);
  await page.evaluate(() => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
  const names = (kind) => page.evaluate((which) =>
    [...new Set([...document.querySelectorAll(`[data-tabs="${which}"] > [role=tablist] > [role=tab]`)].map((tab) =>
      tab.dataset.name))], kind);
  const sets = await names("set");
  for (const name of await names("page")) {
    const set = sets.length ? sets[(await names("page")).indexOf(name) % sets.length] : "";
    const state = new URLSearchParams(set ? { set, page: name } : { page: name });
    await page.evaluate((hash) => { location.hash = hash; }, String(state));
    await page.waitForTimeout(300);
    await check(page, `${width} px, ${state}`);
  }
  await page.close();
}
await browser.close();
console.log(faults.size ? [...faults].join("\n") : "no fault found");
process.exit(faults.size ? 1 : 0);

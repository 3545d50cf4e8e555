// Sees every page of the site in headless Chromium: light and dark, phone and desktop, with scripts and without.
//
//     node test.mjs SITE SCREENSHOTS [page …]
import { createServer } from "node:http";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { decode, painted } from "./pixels.mjs";
import { plays } from "./playground.mjs";

const [site, shots, ...only] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const all = readdirSync(site).filter((name) => name.endsWith(".html"));
const pages = only.length ? only.map((name) => `${name}.html`) : all;
const looks = [
  { name: "desktop-light", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  { name: "desktop-dark", viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  { name: "phone-light", viewport: { width: 360, height: 780 }, colorScheme: "light" },
  { name: "phone-dark", viewport: { width: 360, height: 780 }, colorScheme: "dark" },
];
// Files that are only shown have nothing of their own that another look could spoil.
const looksOf = (name) => name.startsWith("file-") ? [looks[1], looks[2]] : looks;

let passed = 0;
const failures = [];
const check = (what, holds, detail = "") => {
  if (holds) passed += 1;
  else { failures.push(what); console.log(`FAILED ${what}${detail ? `: ${detail}` : ""}`); }
};

// A server of this machine only; what is not in the folder is not found.
const kinds = { html: "text/html", css: "text/css", js: "text/javascript" };
const server = createServer((request, answer) => {
  const name = new URL(request.url, "http://localhost").pathname.slice(1) || "index.html";
  const path = join(site, name);
  if (name.includes("/") || !existsSync(path)) { answer.writeHead(404).end(); return; }
  answer.writeHead(200, { "content-type": `${kinds[name.split(".").pop()]}; charset=utf-8` }).end(readFileSync(path));
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const origin = `http://127.0.0.1:${server.address().port}`;

const launched = () => chromium.launch({
  executablePath: process.env.CHROMIUM,
  timeout: 240000, // a busy machine is slow, not wrong
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

// Of every page: requests that leave it, words in the console, links that lead nowhere.
function watched(page, what) {
  page.setDefaultTimeout(240000);
  const outside = [], said = [];
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith("data:")) outside.push(url);
  });
  page.on("response", (response) => { if (response.status() >= 400) said.push(`${response.status()} ${response.url()}`); });
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) said.push(message.text()); });
  page.on("pageerror", (error) => said.push(String(error)));
  return () => {
    check(`${what}: loads nothing from elsewhere`, outside.length === 0, outside.join(", "));
    check(`${what}: the browser has nothing to complain of`, said.length === 0, said.slice(0, 3).join("; "));
  };
}

// What sticks out of the page to the right, other than inside something that scrolls by itself.
const sticking = () => {
  const found = [];
  const width = document.documentElement.clientWidth;
  // What scrolls by itself, or is cut off, as the inside of a drawing is.
  const held = (element) => {
    if (element.ownerSVGElement) return true;
    for (let each = element; each && each !== document.body; each = each.parentElement) {
      if (["auto", "scroll"].includes(getComputedStyle(each).overflowX)) return true;
    }
    return false;
  };
  if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const element of document.querySelectorAll("body *")) {
    const box = element.getBoundingClientRect();
    if (box.width > 0 && box.right > width + 1 && !held(element)) found.push(`${element.tagName} ${element.className}`);
  }
  return found.slice(0, 5);
};

// Letters of a figure that are cut off at its edge.
const cutOff = () => [...document.querySelectorAll("figure svg text")].filter((text) => {
  const [box, whole] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
  return box.width > 0 && (box.left < whole.left - 1 || box.right > whole.right + 1);
}).map((text) => text.textContent);

// Letters of a figure that are too small to read, or lie on each other.
const unreadable = (where = "figure svg") => {
  const found = [];
  for (const svg of document.querySelectorAll(where)) {
    const seen = [];
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (box.width === 0 || !text.textContent.trim()) continue;
      const size = parseFloat(getComputedStyle(text).fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      if (size < 8.95) found.push(`${text.textContent} has ${size.toFixed(1)} px`);
      // Boxes are taller than letters.
      const inset = box.height * 0.2;
      const here = { left: box.left + 1, right: box.right - 1, top: box.top + inset, bottom: box.bottom - inset, words: text.textContent };
      const on = seen.find((other) => here.left < other.right && other.left < here.right && here.top < other.bottom && other.top < here.bottom);
      if (on) found.push(`${here.words} lies on ${on.words}`);
      seen.push(here);
    }
  }
  return found;
};

// Every figure has lines and letters in its place on the whole page; a blank one has one color and no share at all.
async function figuresPainted(page, what, file) {
  await page.evaluate(() => scrollTo(0, 0));
  const image = decode(await page.screenshot({ path: file, fullPage: true }));
  const boxes = await page.evaluate(() => [...document.querySelectorAll("figure svg")].map((svg) => {
    const [whole, shown] = [svg.getBoundingClientRect(), svg.closest("figure").getBoundingClientRect()];
    return { x: shown.x, y: whole.y + scrollY, width: Math.min(whole.width, shown.width), height: whole.height };
  }));
  for (const [place, box] of boxes.entries()) {
    const { share, colors } = painted(image, box);
    check(`${what}: figure ${place + 1} is painted`, share > 0.01 && colors > 8, `${share.toFixed(4)} of it, ${colors} colors`);
  }
  return boxes.length;
}

async function inEveryLook(browser, name) {
  let figures = 0;
  for (const look of looksOf(name)) {
    const what = `${name} ${look.name}`;
    const file = join(shots, `${name.replace(".html", "")}-${look.name}.png`);
    // Content first: with scripts off, the page has to be whole.
    const context = await browser.newContext({ ...look, javaScriptEnabled: look.name !== "phone-dark" });
    const page = await context.newPage();
    const end = watched(page, what);
    await page.goto(`${origin}/${name}`);
    if (look.name !== "phone-dark") {
      const found = await page.evaluate(sticking);
      check(`${what}: nothing sticks out`, found.length === 0, found.join(", "));
      const cut = await page.evaluate(cutOff);
      check(`${what}: no letter of a figure is cut off`, cut.length === 0, cut.join(", "));
      const bad = await page.evaluate(unreadable, "figure svg");
      check(`${what}: the letters of figures can be read`, bad.length === 0, bad.slice(0, 6).join("; "));
      figures = await figuresPainted(page, what, file);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
      const list = violations.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0].html.slice(0, 120)} ${nodes[0].any[0]?.message ?? ""}`);
      check(`${what}: axe finds nothing`, violations.length === 0, list.join("\n    "));
    } else {
      const still = await figuresPainted(page, `${what} without scripts`, file);
      check(`${what}: as many figures without scripts`, still === figures, `${still} of ${figures}`);
      check(`${what}: controls wait for scripts`, (await page.locator("form:visible, #theme:visible").count()) === 0);
    }
    end();
    await context.close();
  }
}

// Every link of every page leads to a page, and its anchor to a place on it.
function links() {
  const text = new Map(all.map((name) => [name, readFileSync(join(site, name), "utf8")]));
  for (const [name, html] of text) {
    const lost = [];
    for (const [, href] of html.matchAll(/<a [^>]*href="([^"]*)"/g)) {
      if (href.includes(":")) continue;
      const [file, anchor] = href.split("#");
      const there = text.get(file || name);
      if (there === undefined || (anchor && !there.includes(`id="${decodeURIComponent(anchor)}"`))) lost.push(href);
    }
    check(`${name}: links lead somewhere`, lost.length === 0, lost.join(", "));
    const loads = [...html.matchAll(/(?:src|srcset|data|poster|action)="([^"]*)"|<link[^>]*href="([^"]*)"|url\(([^)]*)\)/g)].map((m) => m[1] ?? m[2] ?? m[3]);
    const far = loads.filter((url) => url.includes("//"));
    check(`${name}: nothing of it is elsewhere`, far.length === 0, far.join(", "));
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map((m) => m[1]);
    check(`${name}: names of places are unique`, new Set(ids).size === ids.length, ids.filter((id, at) => ids.indexOf(id) !== at).join(", "));
  }
}

// A figure that lives: turned by keyboard it says another thing and shows another picture, keeps its state in the
// address, and comes back from there.
async function lives(browser, name) {
  const context = await browser.newContext({ viewport: looks[0].viewport });
  const page = await context.newPage();
  const end = watched(page, `${name} living`);
  await page.goto(`${origin}/${name}`);
  const section = page.locator("[data-living]");
  await page.waitForSelector("[data-drawn]", { timeout: 240000 });
  const state = async () => ({
    words: await section.locator("figcaption").textContent(),
    picture: await section.locator("figure svg").innerHTML(),
  });
  const still = readFileSync(join(site, name), "utf8");
  const first = await state();
  check(`${name}: the browser computes what the still says`, still.includes(`>${first.words}</figcaption>`), first.words);
  const controls = section.locator("input");
  for (let at = 0; at < await controls.count(); at++) {
    const control = controls.nth(at);
    const label = await control.getAttribute("name");
    const before = await state();
    const drawn = Number(await section.getAttribute("data-drawn"));
    await control.focus();
    for (let press = 0; press < 4; press++) await page.keyboard.press("ArrowRight");
    await page.waitForFunction((drawn) => Number(document.querySelector("[data-living]").dataset.drawn) > drawn, drawn, { timeout: 240000 });
    await page.waitForTimeout(300);
    const after = await state();
    check(`${name}: ${label} turned by keyboard changes words and picture`, after.words !== before.words && after.picture !== before.picture);
    check(`${name}: ${label} is in the address`, page.url().includes(`${label}=`), page.url());
  }
  const turned = await state();
  const { share, colors } = painted(await section.locator("figure svg").screenshot());
  check(`${name}: the turned figure is painted`, share > 0.01 && colors > 8, `${share}`);
  await section.screenshot({ path: join(shots, `${name.replace(".html", "")}-living.png`) });
  const again = await context.newPage();
  await again.goto(page.url());
  await again.waitForSelector("[data-drawn]", { timeout: 240000 });
  check(`${name}: the address brings it back`, (await again.locator("[data-living] figcaption").textContent()) === turned.words);
  await section.locator("button").click();
  await page.waitForTimeout(500);
  check(`${name}: it goes back to the start`, (await state()).words === first.words);
  end();
  await context.close();

  // From the disk there is no server to ask; the figure lives all the same.
  const disk = await browser.newPage();
  await disk.goto(pathToFileURL(resolve(site, name)).href);
  const alive = await disk.waitForSelector("[data-drawn]", { timeout: 240000 }).then(() => true, () => false);
  check(`${name}: it lives from the disk, too`, alive);
  await disk.close();
}

// The reader's choice of a theme outlives the page.
async function themes(browser) {
  const context = await browser.newContext({ viewport: looks[0].viewport, colorScheme: "light" });
  const page = await context.newPage();
  await page.goto(`${origin}/index.html`);
  const color = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await color();
  await page.click("#theme");
  const dark = await color();
  check("the theme can be chosen", light !== dark);
  await page.goto(`${origin}/${all.find((name) => name !== "index.html")}`);
  check("the choice is kept", (await color()) === dark);
  await context.close();
}

links();
const program = !readFileSync(join(site, "engine.js"), "utf8").includes('program = ""');
async function see(browser, name) {
  await inEveryLook(browser, name);
  const still = readFileSync(join(site, name), "utf8");
  if (!program) return;
  if (still.includes("data-living")) await lives(browser, name);
  if (still.includes("data-playground")) {
    const words = still.replace(/<[^>]*>/g, "").replaceAll("&lt;", "<").replaceAll("&amp;", "&");
    await plays({ browser, origin, name, shots, looks, check, watched, axe, sticking, unreadable, still: words });
  }
}
// Two pages at a time, each in a browser of its own, since only one page of a browser has the keyboard: while one waits for a
// drawing, the other is judged. The playground, which takes longest, goes first.
const queue = pages.toSorted((a, b) => Number(b === "playground.html") - Number(a === "playground.html"));
async function worker() {
  const browser = await launched();
  while (queue.length) await see(browser, queue.shift());
  return browser;
}
const browsers = await Promise.all([worker(), worker()]);
await themes(browsers[0]);
if (!program) console.log("NOT TESTED: the living figures, since the site was built without their program");
await Promise.all(browsers.map((browser) => browser.close()));
server.close();
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length ? 1 : 0);

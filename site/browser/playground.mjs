// The playground in a browser: it trains, the loss falls, dead units are counted as the page says, the address brings
// a choice back, and all of it can be done by keyboard.
import { join } from "node:path";
import { painted } from "./pixels.mjs";

export async function plays({ browser, origin, name, shots, looks, check, watched, axe, sticking, unreadable, still }) {
  for (const look of looks) {
    const what = `${name} ${look.name} playing`;
    const context = await browser.newContext(look);
    const page = await context.newPage();
    const end = watched(page, what);
    await page.goto(`${origin}/${name}`);
    await page.waitForSelector("[data-begun]", { timeout: 240000 });
    const section = page.locator("[data-playground]");
    const step = async () => Number(await section.getAttribute("data-step"));
    const until = (least) => page.waitForFunction((least) => Number(document.querySelector("[data-playground]").dataset.step) >= least, least, { timeout: 240000 });
    const press = async (selector) => { await page.locator(selector).focus(); await page.keyboard.press("Enter"); };
    const words = () => section.locator("[data-view=words]").innerText();
    const loss = async () => Number((await section.locator("[data-view=loss]").getAttribute("aria-label")).match(/: ([\d.e−]+) on/)[1].replace("−", "-"));

    const before = await loss();
    await press("[data-do=step]");
    check(`${what}: one step is one step`, (await step()) === 1, `${await step()}`);
    await press("[data-do=run]");
    await until(300);
    await press("[data-do=run]");
    const [after, stopped] = [await loss(), await step()];
    check(`${what}: the loss falls`, after < before / 2, `${before} to ${after}`);
    await page.waitForTimeout(300);
    check(`${what}: a pause is one`, (await step()) === stopped);

    const found = await page.evaluate(sticking);
    check(`${what}: nothing sticks out`, found.length === 0, found.join(", "));
    const bad = await page.evaluate(unreadable, "[data-playground] svg");
    check(`${what}: the letters can be read`, bad.length === 0, bad.slice(0, 6).join("; "));
    for (const view of ["map", "units", "loss", "gradients", "depth", "dead"]) {
      const { share, colors } = painted(await section.locator(`[data-view=${view}]`).screenshot());
      check(`${what}: ${view} is painted`, share > 0.02 && colors > 8, `${share.toFixed(3)} of it, ${colors} colors`);
    }
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    const list = violations.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0].html.slice(0, 120)} ${nodes[0].any[0]?.message ?? ""}`);
    check(`${what}: axe finds nothing`, violations.length === 0, list.join("\n    "));
    await section.screenshot({ path: join(shots, `playground-${look.name}-playing.png`) });

    // What the page says of each experiment, the browser says too: the same bits.
    if (look === looks[0]) {
      await page.locator("[name=speed]").selectOption("1");
      for (const experiment of await section.locator("[data-settings]").all()) {
        const title = await experiment.textContent();
        const goal = Number(await experiment.getAttribute("data-steps"));
        await experiment.focus();
        await page.keyboard.press("Enter");
        check(`${what}: ${title} begins at 0`, (await step()) === 0);
        await page.evaluate((goal) => document.querySelector("[data-playground]").take(goal), goal);
        const said = (await words()).split("\n").map((line) => line.trim()).filter(Boolean);
        const lost = said.filter((line) => !still.includes(line));
        check(`${what}: ${title} says what the page says`, (await step()) === goal && said.length > 0 && lost.length === 0, `${await step()} steps: ${lost.join(" | ")}`);
        await section.screenshot({ path: join(shots, `playground-${title.toLowerCase().replaceAll(" ", "-")}.png`) });
      }
      await state(context, page, section, what, origin, name, check);
      await pace(page, section, what, check);
    }
    end();
    await context.close();
  }
}

// Every control changes the address, and the address brings the choice back.
async function state(context, page, section, what, origin, name, check) {
  await page.goto(`${origin}/${name}#play?layers=5-7&seed=9&rate=0.03&activation=tanh&data=xor`);
  const label = (text) => section.getByLabel(text, { exact: true });
  const read = async (page) => page.evaluate(() => [...document.querySelectorAll("[data-playground] form :is(input, select)")].map((each) => each.value).join(" "));
  await page.waitForFunction(() => document.querySelector("#play-data").value === "xor");
  check(`${what}: an address is read`, (await read(page)).includes("5 7 tanh"), await read(page));
  await label("activation").selectOption("gelu");
  await label("optimizer").selectOption("adam");
  await label("learning rate").focus();
  await page.keyboard.press("ArrowRight");
  await label("one layer more").focus();
  await page.keyboard.press("Enter");
  await label("units of layer 3").fill("3");
  await page.keyboard.press("Enter");
  const url = page.url();
  check(`${what}: the address holds the choice`, ["layers=5-7-3", "activation=gelu", "method=adam", "data=xor", "rate=0.03"].every((part) => url.includes(part)), url);
  const again = await context.newPage();
  await again.goto(url);
  await again.waitForSelector("[data-begun]", { timeout: 240000 });
  check(`${what}: the address brings it back`, (await read(again)) === (await read(page)), `${await read(again)} for ${await read(page)}`);
  await again.close();
}

// How long a step takes, and how many frames a second are drawn; a machine that is busy is slow, so they are only told.
async function pace(page, section, what, check) {
  await page.goto(page.url().split("#")[0] + "#play?");
  await section.locator("[name=speed]").selectOption("4");
  const frames = () => section.getAttribute("data-frames").then(Number);
  await section.locator("[data-do=run]").click();
  await page.waitForTimeout(500);
  const [from, begin] = [await frames(), Date.now()];
  await page.waitForTimeout(3000);
  const rate = (await frames() - from) / (Date.now() - begin) * 1000;
  await section.locator("[data-do=run]").click();
  check(`${what}: frames are drawn`, rate > 2, `${rate}`);
  console.log(`${rate.toFixed(0)} frames a second; ${await section.locator("[data-view=speed]").textContent()}`);
}

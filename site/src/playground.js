// The playground: the reader's choice, the training loop, and what is drawn when. All numbers are the engine's.
"use strict";
(() => {
  const SIDE = 40, TILE = 20, REACH = 2.6; // places of the map, dots of a unit's picture, the map's edge
  const FRAME = 8; // milliseconds of a frame that training may take; the rest is for drawing
  const CHARTS = ["loss", "gradients", "dead", "depth"]; // as the engine counts them

  window.gradus.then((engine) => {
    for (const section of document.querySelectorAll("[data-playground]")) play(section, engine);
  }, () => {});

  function play(section, engine) {
    const { plain, plane, shown, theme, unit } = window.drawings;
    const all = (selector) => [...section.querySelectorAll(selector)];
    const view = Object.fromEntries(all("[data-view]").map((each) => [each.dataset.view, each]));
    const button = Object.fromEntries(all("[data-do]").map((each) => [each.dataset.do, each]));
    const form = section.querySelector("form"), speed = section.querySelector("[name=speed]");
    const layers = section.querySelector(".layers"), steps = section.querySelector(".steps");
    let setting, choice, colors = theme(), running = false, tiles = [];
    const pace = { steps: 0, time: 0 };

    // What the engine answers, of so many bytes.
    const read = (length) => new TextDecoder().decode(new Uint8Array(engine.memory.buffer, engine.answer(), length));
    const answer = (length) => {
      const text = read(length);
      if (text.startsWith("!")) throw new Error(text.slice(1));
      return JSON.parse(text);
    };

    // Begins anew with a choice; what it lacks or gets wrong, the engine fills in.
    function begin(wanted) {
      const text = new TextEncoder().encode(wanted);
      const place = engine.room(text.length); // first, since it may move the memory
      new Uint8Array(engine.memory.buffer, place, text.length).set(text);
      setting = answer(engine.begin());
      choice = new URLSearchParams(setting.settings);
      [pace.steps, pace.time] = [0, 0];
      view.speed.textContent = "";
      show();
      build();
      draw();
    }

    function change(name, value) {
      choice.set(name, value);
      if (name === "data") choice.delete("noise"); // each set has its own
      begin(choice.toString());
      history.replaceState(null, "", `#play?${choice}`);
    }

    // The controls as the choice has them.
    function show() {
      for (const [name, value] of choice) {
        const control = form.elements[name];
        if (!control) continue;
        control.value = name === "rate" ? Math.log10(value) : value;
        const said = control.parentElement.querySelector("output");
        if (said) {
          said.textContent = value;
          control.setAttribute("aria-valuetext", value);
        }
      }
      const focused = layers.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
      layers.replaceChildren(...setting.sizes.map((size, at) => {
        const input = document.createElement("input");
        Object.assign(input, { type: "number", min: 1, max: layers.dataset.widest, value: size });
        input.setAttribute("aria-label", `units of layer ${at + 1}`);
        input.addEventListener("change", () => change("layers", setting.sizes.with(at, Number(input.value) || 1).join("-")));
        return input;
      }), ...[["−", "one layer less", setting.sizes.slice(0, -1)], ["+", "one layer more", [...setting.sizes, setting.sizes.at(-1)]]]
        .map(([sign, words, sizes]) => {
          const press = document.createElement("button");
          Object.assign(press, { type: "button", textContent: sign, disabled: sizes.length < 1 || sizes.length > layers.dataset.deepest });
          press.setAttribute("aria-label", words);
          press.addEventListener("click", () => change("layers", sizes.join("-")));
          return press;
        }));
      if (focused) layers.querySelector(`[aria-label="${focused}"]`)?.focus();
    }

    // A row for each layer, a picture for each unit.
    function build() {
      view.units.replaceChildren(...setting.sizes.map((size, at) => {
        const row = document.createElement("div");
        row.className = "layer";
        row.innerHTML = `<p></p><div class="units" role="img"></div>`;
        for (let each = 0; each < size; each++) {
          const canvas = document.createElement("canvas");
          canvas.width = canvas.height = TILE;
          row.lastChild.append(canvas);
        }
        row.firstChild.textContent = `layer ${at + 1}`;
        row.lastChild.setAttribute("aria-label", `${size} units of layer ${at + 1}`);
        return row;
      }));
      tiles = [...view.units.children];
      const names = ["blue", "orange", "green"].slice(0, setting.classes);
      view.legend.textContent = `${setting.classes} classes: ${names.join(", ")}. Full points are learned from, hollow ones test.`;
    }

    function drawPlane() {
      const count = engine.map(SIDE), numbers = new Float32Array(engine.memory.buffer, engine.numbers(), count);
      const places = SIDE * SIDE;
      plane(view.map, { shares: numbers, classes: setting.classes, side: SIDE, points: setting.points, reach: REACH, colors });
      let from = places * setting.classes;
      tiles.forEach((row, layer) => {
        const units = setting.sizes[layer], values = numbers.subarray(from, from += places * units);
        let low = Infinity, high = -Infinity;
        for (const value of values) { if (value < low) low = value; if (value > high) high = value; }
        [...row.lastChild.children].forEach((canvas, at) => unit(canvas, values, { units, at, places: SIDE, low, high, colors }));
      });
    }

    function drawLines() {
      CHARTS.forEach((name, at) => shown(view[name], read(engine.chart(at, view[name].clientWidth))));
    }

    function drawWords(look) {
      steps.textContent = `step ${look.step}`;
      view.words.replaceChildren(...look.words.map((words) => {
        const item = document.createElement("li");
        item.textContent = words;
        return item;
      }));
      view.map.setAttribute("aria-label", `The plane in the colors of the classes. ${look.words[0]}`);
      look.layers.forEach((layer, at) => {
        const [name, units] = tiles[at].children, size = setting.sizes[at];
        const parts = [`layer ${at + 1}: ${layer.dead} of ${size} dead`];
        if (layer.asleep) parts.push(`${layer.asleep} asleep`);
        if (layer.saturated !== null) parts.push(`saturated on ${Math.round(100 * layer.saturated)} % of samples`);
        if (layer.gradient !== null) parts.push(`gradient ${layer.gradient ? layer.gradient.toExponential(1).replace("-", "−") : 0}`);
        name.textContent = parts.join(" · ");
        units.setAttribute("aria-label", name.textContent);
        [...units.children].forEach((canvas, unit) => { canvas.className = layer.units[unit]; });
      });
    }

    function draw() {
      const look = answer(engine.look());
      drawWords(look);
      drawLines();
      drawPlane();
      section.dataset.step = look.step;
      return look;
    }

    function take(count) {
      const from = performance.now();
      let taken = 0;
      while (taken < count && engine.train(1) === 1) {
        taken += 1;
        if (performance.now() - from > FRAME) break;
      }
      pace.steps += taken;
      pace.time += performance.now() - from;
      return taken;
    }

    // Drawing may take a quarter of the time each: what is costly is drawn less often, and training goes on.
    const cost = { plane: { next: 0 }, look: { next: 0 } };
    const due = (what) => performance.now() >= cost[what].next;
    function timed(what, work) {
      const from = performance.now(), made = work(), now = performance.now();
      cost[what].next = now + 3 * (now - from);
      return made;
    }

    function frame() {
      if (!running) return;
      take(Number(speed.value) || Infinity);
      if (due("plane")) timed("plane", drawPlane);
      if (due("look")) {
        const look = timed("look", () => answer(engine.look()));
        timed("look", () => { drawWords(look); drawLines(); });
        section.dataset.step = look.step;
        view.speed.textContent = `A step takes ${plain(pace.time / pace.steps)} ms here.`;
        if (look.trainLoss === null) { run(false); return; }
      }
      section.dataset.frames = Number(section.dataset.frames ?? 0) + 1;
      requestAnimationFrame(frame);
    }

    function run(now) {
      running = now;
      button.run.textContent = running ? "Pause" : "Run";
      // Read out when it stands still, not sixty times a second.
      view.words.setAttribute("aria-live", running ? "off" : "polite");
      if (running) requestAnimationFrame(frame);
      else draw();
    }

    button.run.addEventListener("click", () => run(!running));
    button.step.addEventListener("click", () => { running = false; take(1); run(false); });
    button.reset.addEventListener("click", () => { running = false; begin(choice.toString()); run(false); });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", ({ target }) => {
      if (!target.name) return; // a layer's size waits until it is written
      change(target.name, target.name === "rate" ? Number((10 ** target.valueAsNumber).toPrecision(2)) : target.value);
    });
    for (const each of all("[data-settings]")) {
      each.addEventListener("click", () => {
        running = false;
        begin(each.dataset.settings);
        history.replaceState(null, "", `#play?${choice}`);
        run(false);
      });
    }
    const fromAddress = () => begin(location.hash.startsWith("#play?") ? location.hash.slice(6) : "");
    window.addEventListener("hashchange", () => { if (location.hash.startsWith("#play?")) fromAddress(); });
    const repaint = () => { colors = theme(); if (!running) draw(); };
    new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    let width = 0;
    new ResizeObserver(() => {
      if (section.clientWidth === width) return;
      width = section.clientWidth;
      if (!running) draw();
    }).observe(section);

    section.querySelector(".still").hidden = true;
    section.querySelector(".live").hidden = false;
    // On a phone what is seen goes before what is chosen.
    if (matchMedia("(max-width: 36rem)").matches) section.querySelector("details").open = false;
    fromAddress();
    if (location.hash.startsWith("#play?")) section.scrollIntoView();
    // For whoever wants an exact number of steps, in the browser's console or in a test.
    section.take = (count) => { engine.train(count); return draw(); };
    section.dataset.begun = "yes";
  }
})();

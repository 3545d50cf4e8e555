// Lets the living figures live: hands the controls' numbers to the engine, and its drawing to the page. A figure stays
// a still where there is no engine.
"use strict";
(() => {
  window.gradus.then((engine) => {
    for (const section of document.querySelectorAll("[data-living]")) live(section, engine);
  }, () => {});

  function live(section, engine) {
    const place = Number(section.dataset.living);
    const form = section.querySelector("form");
    const controls = [...form.querySelectorAll("input")];
    const figure = section.querySelector("figure");
    const caption = section.querySelector("figcaption");
    let waits = false;

    const draw = () => {
      waits = false;
      controls.forEach((control, at) => engine.turn(at, control.valueAsNumber));
      const length = engine.draw(place);
      const text = new TextDecoder().decode(new Uint8Array(engine.memory.buffer, engine.text(), length));
      const [svg, words, ...said] = text.split("\u0000");
      const drawing = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
      const old = figure.querySelector("svg");
      // The page's figure keeps its own name and description, and so do those who read it by them.
      old.replaceChildren(...drawing.childNodes);
      for (const name of ["title", "desc"]) old.querySelector(name).id = `living-figure-${name}`;
      caption.textContent = words;
      controls.forEach((control, at) => {
        control.setAttribute("aria-valuetext", said[at]);
        control.parentElement.querySelector("output").textContent = said[at];
      });
      section.dataset.drawn = String(Number(section.dataset.drawn || 0) + 1);
    };
    const soon = () => {
      if (!waits) { waits = true; requestAnimationFrame(draw); }
    };
    // The state is in the address, so that a figure can be sent to somebody.
    const read = () => {
      const state = new URLSearchParams(location.hash.startsWith("#living?") ? location.hash.slice(8) : "");
      for (const control of controls) {
        const text = state.get(control.name);
        if (text !== null && Number.isFinite(Number(text))) control.value = text;
      }
      draw();
    };
    const write = () => {
      const state = new URLSearchParams(controls.map((control) => [control.name, control.value]));
      history.replaceState(null, "", `#living?${state}`);
    };

    form.addEventListener("input", () => { write(); soon(); });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => { write(); draw(); }));
    window.addEventListener("hashchange", read);
    section.querySelector(".still").textContent = "Computed here by Gradus, as you move it. The address holds what you see.";
    form.hidden = false;
    read();
    if (location.hash.startsWith("#living?")) section.scrollIntoView();
  }
})();

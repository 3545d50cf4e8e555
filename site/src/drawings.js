// How the playground draws the plane and the units, pixel by pixel, and shows charts. Numbers and charts come from the engine,
// colors from the theme.
"use strict";
window.drawings = (() => {
  // The theme's colors, as red, green and blue.
  function theme() {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => {
      const hex = parseInt(style.getPropertyValue(`--${name}`).trim().slice(1), 16);
      return [hex >> 16, (hex >> 8) & 255, hex & 255];
    };
    return { page: color("page"), fg: color("fg"), classes: ["blue", "orange", "green"].map(color) };
  }
  const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;
  const mixed = (from, to, share) => from.map((part, at) => part + (to[at] - part) * share);

  // A canvas as sharp as the screen; gives its pen and its side in the page's pixels.
  function sharpened(canvas) {
    const side = canvas.clientWidth, dots = Math.min(window.devicePixelRatio || 1, 2);
    if (canvas.width !== Math.round(side * dots)) canvas.width = canvas.height = Math.round(side * dots);
    const pen = canvas.getContext("2d");
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    return { pen, side };
  }

  const small = document.createElement("canvas");

  // The shares of the classes at each place, and the points on top: full ones are learned from, hollow ones test.
  function plane(canvas, { shares, classes, side: places, points, reach, colors }) {
    small.width = small.height = places;
    const image = new ImageData(places, places);
    for (let at = 0; at < places * places; at++) {
      let most = 0, color = [0, 0, 0];
      for (let each = 0; each < classes; each++) {
        const share = shares[at * classes + each];
        most = Math.max(most, share);
        for (let part = 0; part < 3; part++) color[part] += share * colors.classes[each][part];
      }
      // Pale where it is unsure.
      const sure = (most - 1 / classes) / (1 - 1 / classes);
      const shown = mixed(colors.page, color, 0.1 + 0.45 * sure);
      image.data.set([shown[0], shown[1], shown[2], 255], 4 * at);
    }
    small.getContext("2d").putImageData(image, 0, 0);
    const { pen, side } = sharpened(canvas);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(small, 0, 0, side, side);
    const radius = Math.max(2.6, side / 130);
    for (const [x, y, label, test] of points) {
      pen.beginPath();
      pen.arc((x / reach + 1) / 2 * side, (1 - y / reach) / 2 * side, radius, 0, 2 * Math.PI);
      pen.lineWidth = test ? 2 : 1;
      pen.fillStyle = test ? css(colors.page) : css(colors.classes[label]);
      pen.strokeStyle = test ? css(colors.classes[label]) : css(colors.page);
      pen.fill();
      pen.stroke();
    }
  }

  // One unit's values over the plane, from the lowest of its layer to the highest.
  function unit(canvas, values, { units, at, places, low, high, colors }) {
    const tile = canvas.width, image = new ImageData(tile, tile), stride = places / tile;
    for (let row = 0; row < tile; row++) {
      for (let column = 0; column < tile; column++) {
        const place = Math.floor(row * stride) * places + Math.floor(column * stride);
        const share = high > low ? (values[place * units + at] - low) / (high - low) : 0;
        const shown = mixed(colors.page, colors.fg, 0.06 + 0.84 * (Number.isFinite(share) ? share : 0));
        // A dead unit lets its mark through.
        image.data.set([shown[0], shown[1], shown[2], canvas.className === "d" ? 90 : 255], 4 * (row * tile + column));
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  const plain = (number) => String(Number(number.toPrecision(3))).replace("-", "−");

  // A chart that the engine has drawn, without what the page has of its own: a heading, and the theme's colors.
  function shown(svg, text) {
    const drawing = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    svg.setAttribute("viewBox", drawing.getAttribute("viewBox"));
    svg.setAttribute("height", drawing.viewBox.baseVal.height);
    svg.setAttribute("aria-label", drawing.querySelector("desc").textContent);
    drawing.querySelectorAll("title, desc, style").forEach((each) => each.remove());
    svg.replaceChildren(...drawing.childNodes);
  }

  return { plain, plane, shown, theme, unit };
})();

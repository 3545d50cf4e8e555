// How the playground draws: the plane, the units, lines over time. Numbers come from the engine, colors from the theme.
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

  const power = (exponent) => Math.abs(exponent) < 2 ? String(10 ** exponent) : `1e${exponent}`.replace("-", "−");
  const plain = (number) => String(Number(number.toPrecision(3))).replace("-", "−");

  // About so many round numbers from low to high.
  function ticks(low, high, count) {
    const raw = (high - low) / count || 1, unit = 10 ** Math.floor(Math.log10(raw));
    const step = unit * [1, 2, 5, 10].find((factor) => factor * unit >= raw);
    const found = [];
    for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at++) found.push(at * step);
    return found;
  }

  // Lines with their names at their ends. Each has a name, a color, points, and perhaps a dash or dots.
  function chart(svg, { lines, log, words, across, low, high, marks }) {
    const width = svg.clientWidth || 320, height = 190;
    const [left, right, top, bottom] = [50, width - 62, 12, height - 34];
    const shown = lines.map((line) => ({ ...line, points: line.points.filter(([, y]) => Number.isFinite(y) && (!log || y > 0)) }));
    const xs = shown.flatMap((line) => line.points.map(([x]) => x)), ys = shown.flatMap((line) => line.points.map(([, y]) => y));
    const ends = {
      x: across ?? [0, Math.max(10, ...xs)],
      y: log ? [10 ** Math.floor(Math.log10(Math.min(1, ...ys))), 10 ** Math.ceil(Math.log10(Math.max(1e-1, ...ys)) + 1e-9)]
        : [low ?? 0, Math.max(high ?? 0, ...ys)],
    };
    // A value beyond what numbers on this axis can be said of stays at its edge.
    if (log) ends.y[0] = Math.max(ends.y[0], ends.y[1] * 1e-16);
    const share = (value, [from, to], logs) => logs ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from || 1);
    const place = ([x, y]) => [left + share(x, ends.x) * (right - left), bottom - Math.max(0, share(y, ends.y, log)) * (bottom - top)];
    const out = [];
    const decades = Math.round(Math.log10(ends.y[1] / ends.y[0]));
    const levels = log
      ? Array.from({ length: decades + 1 }, (_, at) => Math.round(Math.log10(ends.y[0])) + at).filter((_, at) => at % Math.ceil(decades / 5) === 0)
        .map((exponent) => [10 ** exponent, power(exponent)])
      : ticks(ends.y[0], ends.y[1], 4).map((value) => [value, plain(value)]);
    for (const [value, text] of levels) {
      const y = place([ends.x[0], value])[1].toFixed(1);
      out.push(`<path class="grid" d="M${left} ${y}H${right}"/><text class="ink" x="${left - 6}" y="${Number(y) + 4}" text-anchor="end">${text}</text>`);
    }
    for (const value of marks ?? ticks(ends.x[0], ends.x[1], Math.max(2, Math.round((right - left) / 80)))) {
      out.push(`<text class="ink" x="${place([value, ends.y[1]])[0].toFixed(1)}" y="${bottom + 17}" text-anchor="middle">${plain(value)}</text>`);
    }
    out.push(`<path class="axis" d="M${left} ${top}V${bottom}H${right}"/>`);
    out.push(`<text class="ink" x="${(left + right) / 2}" y="${height - 3}" text-anchor="middle">${words}</text>`);
    const names = [];
    for (const { name, color, points, dash, dots } of shown) {
      if (!points.length) continue;
      const at = points.map(place);
      const path = at.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
      out.push(`<path fill="none" stroke-width="1.8" style="stroke:${color}"${dash ? ` stroke-dasharray="${dash}"` : ""} d="${path}"/>`);
      if (dots) for (const [x, y] of at) out.push(`<circle r="3.5" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" style="fill:${dots === "full" ? color : "var(--page)"};stroke:${color}"/>`);
      names.push({ name, color, x: at[at.length - 1][0] + 8, y: at[at.length - 1][1] + 4 });
    }
    // Names that would lie on each other give way downward, and all of them upward where the room ends.
    names.sort((a, b) => a.y - b.y);
    names.forEach((each, at) => { if (at) each.y = Math.max(each.y, names[at - 1].y + 13); });
    const over = Math.max(0, (names.at(-1)?.y ?? 0) - bottom - 4);
    names.forEach((each) => out.push(`<text x="${each.x.toFixed(1)}" y="${(each.y - over).toFixed(1)}" style="fill:${each.color}">${each.name}</text>`));
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    svg.innerHTML = out.join("");
  }

  return { chart, plain, plane, theme, unit };
})();

// How much of a screenshot, or of a box in it, is painted: the share of pixels that are not the most frequent color,
// and how many colors.
import { inflateSync } from "node:zlib";

export function painted(png, box) {
  const { width, height, channels, rows } = Buffer.isBuffer(png) ? decode(png) : png;
  const [left, top] = [Math.max(0, Math.round(box?.x ?? 0)), Math.max(0, Math.round(box?.y ?? 0))];
  const right = Math.min(width, left + Math.round(box?.width ?? width));
  const bottom = Math.min(height, top + Math.round(box?.height ?? height));
  const count = new Map();
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const at = (y * width + x) * channels;
      const color = (rows[at] << 16) | (rows[at + 1] << 8) | rows[at + 2];
      count.set(color, (count.get(color) ?? 0) + 1);
    }
  }
  const all = (right - left) * (bottom - top);
  return { share: all > 0 ? 1 - Math.max(...count.values()) / all : 0, colors: count.size };
}

// PNG with 8 bits a channel and no interlacing, as browsers write it.
export function decode(png) {
  const data = [];
  let width = 0, height = 0, channels = 0;
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const kind = png.toString("latin1", at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (kind === "IHDR") {
      [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
      channels = { 2: 3, 6: 4 }[body[9]];
      if (body[8] !== 8 || !channels || body[12] !== 0) throw new Error("a PNG of another kind");
    }
    if (kind === "IDAT") data.push(body);
    at += length + 12;
  }
  const raw = inflateSync(Buffer.concat(data));
  const line = width * channels;
  const rows = new Uint8Array(line * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (line + 1)];
    for (let x = 0; x < line; x++) {
      const here = y * line + x;
      const left = x >= channels ? rows[here - channels] : 0;
      const up = y > 0 ? rows[here - line] : 0;
      const corner = x >= channels && y > 0 ? rows[here - line - channels] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      rows[here] = raw[y * (line + 1) + 1 + x] + guess;
    }
  }
  return { width, height, channels, rows };
}

function paeth(left, up, corner) {
  const [a, b, c] = [up - corner, left - corner, left + up - 2 * corner].map(Math.abs);
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

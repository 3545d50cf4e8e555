// Gradus, compiled to WebAssembly, for the scripts of the page: a promise of what it exports. The text below is that
// program, so that a page opened from a disk, which may not fetch, has it as well.
"use strict";
window.gradus = (() => {
  const program = "PROGRAM";
  if (!program || typeof WebAssembly !== "object") return Promise.reject(new Error("no engine"));
  const bytes = Uint8Array.from(atob(program), (c) => c.charCodeAt(0));
  return WebAssembly.instantiate(bytes, {}).then(({ instance }) => instance.exports);
})();
window.gradus.catch((error) => console.info("The figures stay stills:", error.message));

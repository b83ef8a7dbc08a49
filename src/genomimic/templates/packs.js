"use strict";
/* What is pressed into the page is unpacked when it comes into view: figures, all rows of tables, the chart library. */
const packs = (() => {
  const pending = new Map(), ready = new Map();
  const supported = typeof DecompressionStream === "function";

  async function inflate(name) {
    const text = document.getElementById(`pack-${name}`).textContent;
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  }

  async function load(name) {
    const text = await inflate(name);
    if (name === "plotly") {
      const script = document.createElement("script");
      script.textContent = text;
      document.head.append(script);
      ready.set(name, window.Plotly);
    } else {
      ready.set(name, JSON.parse(text));
    }
    return ready.get(name);
  }

  function open(name) {
    if (!pending.has(name)) pending.set(name, load(name));
    return pending.get(name);
  }

  return { open, ready, supported };
})();

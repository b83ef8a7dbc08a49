"use strict";
/* Figures drawn as they come into view, tabs that the address remembers, and everything ready for print. */
(() => {
  const drawn = new WeakSet();
  const boxes = [...document.querySelectorAll(".plot, .drawing")];
  const CONFIG = { responsive: true, displaylogo: false, displayModeBar: "hover", scrollZoom: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
  const visible = (box) => box.offsetParent !== null;
  const isPlot = (box) => box.classList.contains("plot");

  /* Draws from what is unpacked already; gives whether it could. */
  function drawNow(box) {
    const pack = packs.ready.get(box.dataset.pack);
    if (!pack || (isPlot(box) && !packs.ready.has("plotly"))) return false;
    if (drawn.has(box)) return true;
    drawn.add(box);
    const { spec, html } = pack.figures[box.dataset.key];
    if (spec) {
      box.replaceChildren();
      box.style.minHeight = `${spec.layout.height || 390}px`;
      Plotly.newPlot(box, spec.data, spec.layout, CONFIG);
    } else {
      box.innerHTML = html;
      box.querySelectorAll("[data-tabs]").forEach(tabs);
    }
    return true;
  }

  async function draw(box) {
    if (drawn.has(box)) return;
    await Promise.all([packs.open(box.dataset.pack), isPlot(box) ? packs.open("plotly") : null]);
    if (visible(box)) drawNow(box);
  }

  function select(box, name, { focus = false } = {}) {
    const buttons = [...box.querySelector("[role=tablist]").children];
    const chosen = buttons.find((button) => button.dataset.name === name);
    if (!chosen) return;
    for (const button of buttons) {
      const on = button === chosen;
      button.setAttribute("aria-selected", on);
      button.tabIndex = on ? 0 : -1;
      document.getElementById(button.getAttribute("aria-controls")).hidden = !on;
    }
    if (focus) chosen.focus();
    for (const plot of box.querySelectorAll(".plot")) if (drawn.has(plot) && visible(plot)) Plotly.Plots.resize(plot);
  }

  /* The chosen set and page, in the address and in all sets. */
  function choose(kind, name, options) {
    const boxesOfKind = document.querySelectorAll(`[data-tabs="${kind}"]`);
    boxesOfKind.forEach((box) => select(box, name));
    const state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
    state.set(kind, name);
    if (options?.remember) history.replaceState(null, "", `#${state}`);
  }

  function tabs(box) {
    const buttons = [...box.querySelector("[role=tablist]").children];
    const kind = box.dataset.tabs;
    const pick = (button) => {
      if (kind) choose(kind, button.dataset.name, { remember: true });
      else select(box, button.dataset.name);
      button.focus();
    };
    buttons.forEach((button, at) => {
      button.addEventListener("click", () => pick(button));
      button.addEventListener("keydown", (event) => {
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
        if (to === undefined) return;
        pick(buttons[(to + buttons.length) % buttons.length]);
        event.preventDefault();
      });
    });
    select(box, buttons[0].dataset.name);
  }

  function recall() {
    if (!location.hash.includes("=")) return;
    const state = new URLSearchParams(location.hash.slice(1));
    for (const [kind, name] of state) if (kind === "set" || kind === "page") choose(kind, name);
    document.getElementById("figures").scrollIntoView();
  }

  function fit(plot) {
    if (visible(plot)) Plotly.relayout(plot, { width: plot.clientWidth });
  }

  function beforePrint() {
    document.body.classList.add("printing");
    document.querySelectorAll("details:not([open])").forEach((part) => { part.open = true; part.dataset.closed = ""; });
    for (const box of boxes) if (visible(box) && drawNow(box) && isPlot(box)) fit(box);
  }

  function afterPrint() {
    document.body.classList.remove("printing");
    document.querySelectorAll("[data-closed]").forEach((part) => { part.open = false; delete part.dataset.closed; });
    for (const box of boxes) if (isPlot(box) && drawn.has(box)) Plotly.relayout(box, { width: null, autosize: true });
  }

  document.querySelectorAll("[data-tabs]").forEach(tabs);
  recall();
  window.addEventListener("hashchange", recall);
  if (!packs.supported) {
    document.querySelectorAll(".waiting").forEach((note) => {
      note.textContent = "This figure needs a browser of 2023 or newer; what it shows is said below.";
    });
    return;
  }
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
  }, { rootMargin: "600px 0px" });
  boxes.forEach((box) => watch.observe(box));
  const idle = window.requestIdleCallback ?? ((call) => setTimeout(call, 1000));
  const names = [...new Set(boxes.map((box) => box.dataset.pack)), "plotly"];
  const unpackNext = () => names.length && packs.open(names.shift()).then(() => idle(unpackNext));
  window.addEventListener("load", () => idle(unpackNext));
  window.addEventListener("beforeprint", beforePrint);
  window.addEventListener("afterprint", afterPrint);
})();

"use strict";
(() => {
  const drawn = new WeakSet();

  function draw(plot) {
    if (drawn.has(plot) || plot.offsetParent === null) return;
    drawn.add(plot);
    const spec = JSON.parse(document.getElementById(plot.dataset.spec).textContent);
    const config = { responsive: true, displaylogo: false, displayModeBar: "hover", scrollZoom: false,
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
    plot.style.minHeight = `${spec.layout.height || 390}px`;
    Plotly.newPlot(plot, spec.data, spec.layout, config);
  }

  function drawVisible() {
    document.querySelectorAll(".plot").forEach((plot) => {
      if (plot.offsetParent !== null && drawn.has(plot)) Plotly.Plots.resize(plot);
      draw(plot);
    });
  }

  function tabs(box) {
    const buttons = [...box.querySelector("[role=tablist]").children];
    const select = (chosen) => {
      buttons.forEach((button) => {
        const on = button === chosen;
        button.setAttribute("aria-selected", on);
        button.tabIndex = on ? 0 : -1;
        document.getElementById(button.getAttribute("aria-controls")).hidden = !on;
      });
      drawVisible();
    };
    buttons.forEach((button, at) => {
      button.addEventListener("click", () => select(button));
      button.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = buttons[(at + step + buttons.length) % buttons.length];
        next.focus();
        select(next);
        event.preventDefault();
      });
    });
    select(buttons[0]);
  }

  const valueOf = (cell) => cell.dataset.value ?? cell.textContent.trim();

  function sortable(table) {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => heading.firstElementChild.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      headings.forEach((other) => other.setAttribute("aria-sort", "none"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].sort((a, b) =>
        valueOf(a.cells[column]).localeCompare(valueOf(b.cells[column]), "en", { numeric: true }));
      const numeric = rows.every((row) => valueOf(row.cells[column]) !== "" && !isNaN(valueOf(row.cells[column])));
      if (numeric) rows.sort((a, b) => valueOf(a.cells[column]) - valueOf(b.cells[column]));
      table.tBodies[0].append(...(down ? rows.reverse() : rows));
    }));
  }

  function download(button) {
    const quote = (text) => `"${text.replaceAll('"', '""')}"`;
    const guarded = (text) => (/^[=+@\t\r]/.test(text) ? `'${text}` : text);
    button.addEventListener("click", () => {
      const rows = [...document.querySelector(button.dataset.download).rows];
      const csv = rows.map((row) => [...row.cells].map((cell) => quote(guarded(valueOf(cell)))).join(",")).join("\r\n");
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
      link.download = "scores.csv";
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }

  document.querySelectorAll("[data-tabs]").forEach(tabs);
  document.querySelectorAll("#score-table").forEach(sortable);
  document.querySelectorAll("[data-download]").forEach(download);
  drawVisible();
  window.addEventListener("beforeprint", drawVisible);
})();

"use strict";
/* Tables: sorting, more rows, CSV, and the controls that choose rows of the score chart and the comparison. */
(() => {
  const STEP = 100;
  const byNumber = (a, b) => a - b;
  const byText = (a, b) => String(a).localeCompare(String(b), "en", { numeric: true });
  const missing = (value) => value === null || value === undefined || value === "";

  function order(values) {
    const present = values.filter((value) => !missing(value));
    const compare = present.every((value) => !isNaN(value)) ? byNumber : byText;
    return (a, b) => missing(a) || missing(b) ? missing(a) - missing(b) : compare(a, b);
  }

  /* Row numbers sorted by these values; what is missing stays last. */
  function sorted(values, down) {
    const compare = order(values);
    return values.map((_, row) => row).sort((a, b) =>
      (down && !missing(values[a]) && !missing(values[b]) ? -1 : 1) * compare(values[a], values[b]) || a - b);
  }

  function turn(heading) {
    const down = heading.getAttribute("aria-sort") === "ascending";
    heading.parentElement.querySelectorAll("[aria-sort]").forEach((other) => other.setAttribute("aria-sort", "none"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    return down;
  }

  function whole(table) {
    const valueOf = (cell) => cell.dataset.value ?? cell.textContent.trim();
    [...table.tHead.rows[0].cells].forEach((heading, column) => heading.addEventListener("click", () => {
      const rows = [...table.tBodies[0].rows];
      const down = turn(heading);
      table.tBodies[0].append(...sorted(rows.map((row) => valueOf(row.cells[column])), down).map((at) => rows[at]));
    }));
  }

  function number(value) {
    if (value === null) return "n/a";
    if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
    if (Math.abs(value) < 1e-4) return value.toExponential(1).replace(/e([+-])(\d)$/, "e$10$2");
    return String(Number(value.toPrecision(3)));
  }

  function text(value, kind) {
    if (typeof value === "boolean") return value ? "yes" : "no";
    return kind === "number" ? number(value) : value ?? "";
  }

  /* A table whose rows come from its pack; the page itself holds the first ones. */
  function packed(table) {
    let shown = null, rows = null;
    const counts = document.querySelector(`[data-count="${table.id}"]`);
    const more = document.querySelector(`[data-more="${table.id}"]`);
    const load = async () => {
      const data = (await packs.open(table.dataset.pack)).tables[table.id];
      rows ??= data.columns[0].map((_, row) => row);
      shown ??= Math.min(data.first, rows.length);
      return data;
    };
    const write = (data) => {
      table.tBodies[0].replaceChildren(...rows.slice(0, shown).map((row) => {
        const line = document.createElement("tr");
        line.append(...data.columns.map((column, at) => {
          const cell = document.createElement("td");
          cell.className = data.kinds[at];
          cell.textContent = text(column[row], data.kinds[at]);
          return cell;
        }));
        return line;
      }));
      const held = rows.length < data.size ? `, ${rows.length.toLocaleString("en-US")} of them in this page` : "";
      counts.textContent = `${shown.toLocaleString("en-US")} of ${data.size.toLocaleString("en-US")} rows${held}`;
      if (more) more.hidden = shown >= rows.length;
    };
    [...table.tHead.rows[0].cells].forEach((heading, column) => heading.addEventListener("click", async () => {
      const data = await load();
      rows = sorted(data.columns[column], turn(heading));
      write(data);
    }));
    more?.addEventListener("click", async () => {
      const data = await load();
      shown = Math.min(shown + STEP, rows.length);
      write(data);
    });
  }

  function download(button) {
    const formula = (word) => /^([=@\t\r]|[+-].*[A-Za-z(])/s.test(word) && isNaN(word);
    const quoted = (word) => `"${word.replaceAll('"', '""')}"`;
    const field = (value) => {
      const word = typeof value === "boolean" ? (value ? "yes" : "no") : String(value ?? "");
      return formula(word) ? quoted(`'${word}`) : /[",\n\r]/.test(word) ? quoted(word) : word;
    };
    button.addEventListener("click", async () => {
      const data = (await packs.open(button.dataset.pack)).tables[button.dataset.download];
      const lines = data.columns[0].map((_, row) => data.columns.map((column) => field(column[row])).join(","));
      const csv = [data.headings.map(field).join(","), ...lines, ""].join("\n");
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
      link.download = data.file.replace(/^tables\//, "").replaceAll("/", "-");
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }

  /* Controls choose among the rows with `data-metric` of the section they stand in. */
  function controls(box) {
    const section = box.closest("section");
    const field = (name) => box.querySelector(`[data-filter="${name}"]`);
    const rows = [...section.querySelectorAll("[data-metric]")];
    const groupOf = (row) => row.dataset.group ?? row.closest("[data-group]").dataset.group;
    const choose = () => {
      const wanted = field("text").value.trim().toLowerCase();
      const group = field("group").value, resolved = field("resolved").checked;
      for (const row of rows) {
        const words = `${row.dataset.name} ${row.dataset.metric} ${row.textContent}`.toLowerCase();
        row.hidden = !(words.includes(wanted) && (!group || groupOf(row) === group) &&
          (!resolved || row.dataset.resolved === "yes"));
      }
      for (const family of section.querySelectorAll(".family")) {
        family.hidden = !family.querySelector("[data-metric]:not([hidden])");
        if (wanted) family.open = true;
      }
      for (const part of section.querySelectorAll(".group")) part.hidden = !part.querySelector(".family:not([hidden])");
      const status = box.querySelector("[data-shown]");
      if (status) status.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} scores shown`;
    };
    const arrange = (parts, by) => {
      const key = (part) => by === "name" ? part.dataset.name : part.dataset.worst === "" ? Infinity : +part.dataset.worst;
      const compare = by === "name" ? byText : byNumber;
      [...parts].sort((a, b) => compare(key(a), key(b)) || 0).forEach((part) => part.parentElement.append(part));
    };
    box.hidden = false;
    box.addEventListener("input", choose);
    field("order")?.addEventListener("change", (event) => {
      for (const group of section.querySelectorAll(".group")) {
        const families = [...group.querySelectorAll(".family")];
        arrange(families, event.target.value);
        families.forEach((family) => arrange(family.querySelectorAll("[data-metric]"), event.target.value));
      }
    });
    box.querySelectorAll("[data-families]").forEach((button) => button.addEventListener("click", () =>
      section.querySelectorAll(".family").forEach((family) => { family.open = button.dataset.families === "open"; })));
  }

  function toggle(button) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", on);
      document.querySelectorAll("[data-set]").forEach((part) => {
        if (part.dataset.set === button.dataset.toggle) part.hidden = !on;
      });
    });
  }

  document.querySelectorAll("table:not([data-pack])").forEach(whole);
  document.querySelectorAll("table[data-pack]").forEach(packed);
  document.querySelectorAll("[data-download]").forEach(download);
  document.querySelectorAll(".controls").forEach(controls);
  document.querySelectorAll("[data-toggle]").forEach(toggle);
})();

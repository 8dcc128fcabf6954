"use strict";
(() => {
  // Arms and single seeds, shown or hidden.
  const plot = document.getElementById("learning-plot");
  const press = (button) => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    return on;
  };
  const marks = (button) => plot.closest("section").querySelectorAll(`.chart [data-arm="${button.dataset.arm}"]`);
  document.querySelectorAll(".legend .toggle").forEach((button) => {
    button.addEventListener("click", () => {
      const on = press(button);
      if (button.hasAttribute("data-seeds")) plot.classList.toggle("no-seeds", !on);
      else marks(button).forEach((mark) => mark.classList.toggle("off", !on));
    });
    if (button.hasAttribute("data-seeds")) return;
    const light = (on) => () => {
      plot.classList.toggle("dim", on);
      marks(button).forEach((mark) => mark.classList.toggle("lit", on));
    };
    ["pointerenter", "focus"].forEach((name) => button.addEventListener(name, light(true)));
    ["pointerleave", "blur"].forEach((name) => button.addEventListener(name, light(false)));
  });

  // What the curves say under the pointer, or at the place that the arrow keys reached.
  const island = document.getElementById("curves");
  const ground = plot && plot.querySelector(".chart > svg");
  if (island && ground) {
    const arms = JSON.parse(island.textContent).arms.filter((arm) => arm.steps.length);
    const readout = plot.querySelector(".readout");
    const cursor = ground.querySelector(".cursor");
    const most = Math.max(...arms.map((arm) => arm.steps[arm.steps.length - 1]));
    const near = (steps, x) => steps.reduce((best, step, i) => (Math.abs(step - x) < Math.abs(steps[best] - x) ? i : best), 0);
    const cell = (row, name, words, look) => {
      const made = document.createElement(name);
      made.textContent = words;
      if (look) made.className = look;
      row.append(made);
    };
    let at = 0;
    const show = (share) => {
      at = Math.min(Math.max(share, 0), 1);
      const step = at * most;
      const shown = arms.filter((arm) => plot.querySelector(`g[data-arm="${arm.slot}"]:not(.off)`));
      const table = document.createElement("table");
      const rows = shown.map((arm) => ({ arm, i: near(arm.steps, step) }));
      rows.sort((a, b) => (b.arm.mean[b.i] ?? -Infinity) - (a.arm.mean[a.i] ?? -Infinity));
      rows.forEach(({ arm, i }) => {
        const row = table.insertRow();
        cell(row, "th", arm.name, `key c${arm.slot % 8}`);
        cell(row, "td", arm.mean[i] === null ? "no episode ended" : arm.mean[i].toFixed(2), "n");
        cell(row, "td", arm.low[i] === null ? "" : `${arm.low[i].toFixed(2)} to ${arm.high[i].toFixed(2)}`, "n");
        cell(row, "td", arm.n[i] ? `${arm.n[i]} seed${arm.n[i] === 1 ? "" : "s"}` : "", "n");
      });
      const title = document.createElement("div");
      title.textContent = rows.length ? `${rows[0].arm.steps[rows[0].i].toLocaleString("en")} steps` : "no arm is shown";
      readout.replaceChildren(title, table);
      readout.hidden = false;
      const box = ground.getBoundingClientRect();
      const edge = plot.getBoundingClientRect();
      const x = box.left - edge.left + at * box.width;
      const left = at > 0.5 ? x - readout.offsetWidth - 14 : x + 14;
      readout.style.left = `${Math.min(Math.max(left, 0), Math.max(edge.width - readout.offsetWidth, 0))}px`;
      cursor.setAttribute("x1", `${at * 100}%`);
      cursor.setAttribute("x2", `${at * 100}%`);
      cursor.setAttribute("visibility", "visible");
    };
    const hide = () => {
      readout.hidden = true;
      cursor.setAttribute("visibility", "hidden");
    };
    const follow = (event) => {
      const box = ground.getBoundingClientRect();
      show((event.clientX - box.left) / box.width);
    };
    plot.tabIndex = 0;
    plot.addEventListener("pointermove", follow);
    plot.addEventListener("pointerdown", follow);
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key];
      if (event.key === "Escape") hide();
      if (way) {
        event.preventDefault();
        show(at + way);
      }
    });
  }

  // Captions: searched, filtered, sorted.
  document.querySelectorAll(".asked").forEach((block) => {
    const table = block.querySelector("table");
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const search = block.querySelector("[data-search]");
    const filter = block.querySelector("[data-filter]");
    const count = block.querySelector("[data-count]");
    const value = (row, column) => {
      const cell = row.cells[column];
      if (column === 0) return cell.textContent;
      return cell.dataset.value ? Number(cell.dataset.value) : null;
    };
    const kinds = { all: () => true, paid: (w) => w !== null && w > 0, zero: (w) => w === 0, none: (w) => w === null };
    const sift = () => {
      const wanted = search.value.trim().toLowerCase();
      let left = 0;
      rows.forEach((row) => {
        row.hidden = !(row.cells[0].textContent.toLowerCase().includes(wanted) && kinds[filter.value](value(row, 1)));
        left += row.hidden ? 0 : 1;
      });
      count.textContent = left === rows.length ? `${left} captions` : `${left} of ${rows.length} captions`;
    };
    search.addEventListener("input", sift);
    filter.addEventListener("change", sift);
    table.querySelectorAll(".sorter").forEach((button, column) => {
      button.addEventListener("click", () => {
        const head = button.closest("th");
        const way = head.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
        table.querySelectorAll("th[aria-sort]").forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", way);
        const sign = way === "ascending" ? 1 : -1;
        rows.sort((a, b) => {
          const [x, y] = [value(a, column), value(b, column)];
          if (x === null || y === null) return (x === null) - (y === null);
          return sign * (column === 0 ? x.localeCompare(y) : x - y);
        });
        body.append(...rows);
      });
    });
  });
})();

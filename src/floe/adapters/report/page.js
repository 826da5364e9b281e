"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const picture = byId("picture");
  const boxes = new Map([...picture.querySelectorAll(".box")].map((box) => [box.id, box]));
  const arrows = [...picture.querySelectorAll(".arrow")];
  const parents = new Map();
  const children = new Map([...boxes.keys()].map((id) => [id, []]));
  for (const [id, box] of boxes) {
    parents.set(id, box.dataset.parents.split(" ").filter(Boolean));
    for (const parent of parents.get(id)) children.get(parent).push(id);
  }

  const reach = (start, next) => {
    const seen = new Set([start]);
    const waiting = [start];
    while (waiting.length) {
      for (const id of next.get(waiting.pop())) {
        if (!seen.has(id)) {
          seen.add(id);
          waiting.push(id);
        }
      }
    }
    return seen;
  };

  const light = (ids, up, down) => {
    picture.classList.toggle("focused", ids !== null);
    for (const [id, box] of boxes) box.classList.toggle("lit", ids !== null && ids.has(id));
    for (const arrow of arrows) {
      const { from, to } = arrow.dataset;
      const isOn = (up && up.has(from) && up.has(to)) || (down && down.has(from) && down.has(to));
      arrow.classList.toggle("lit", Boolean(isOn));
    }
  };

  let chosen = null;
  const choose = (id) => {
    if (chosen !== null) boxes.get(chosen).classList.remove("chosen");
    chosen = chosen === id ? null : id;
    if (chosen === null) {
      light(null);
      return;
    }
    boxes.get(chosen).classList.add("chosen");
    const up = reach(chosen, parents);
    const down = reach(chosen, children);
    light(new Set([...up, ...down]), up, down);
  };

  for (const [id, box] of boxes) {
    box.addEventListener("click", (event) => {
      event.stopPropagation();
      choose(id);
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        choose(id);
      }
    });
  }
  picture.addEventListener("click", () => chosen !== null && choose(chosen));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen !== null) choose(chosen);
  });

  byId("find").addEventListener("input", (event) => {
    if (chosen !== null) choose(chosen);
    const wanted = event.target.value.trim().toLowerCase();
    const found = [...boxes].filter(([, box]) => box.dataset.name.toLowerCase().includes(wanted));
    light(wanted ? new Set(found.map(([id]) => id)) : null);
    if (wanted && found.length) found[0][1].scrollIntoView({ block: "nearest", inline: "center" });
  });

  const full = { width: picture.width.baseVal.value, height: picture.height.baseVal.value };
  let scale = 1;
  const zoom = (to) => {
    scale = Math.min(3, Math.max(0.1, to));
    picture.setAttribute("width", full.width * scale);
    picture.setAttribute("height", full.height * scale);
  };
  const fit = () => zoom(Math.min(1, (byId("canvas").clientWidth - 2) / full.width));
  byId("larger").addEventListener("click", () => zoom(scale * 1.25));
  byId("smaller").addEventListener("click", () => zoom(scale / 1.25));
  byId("whole").addEventListener("click", fit);
  if (full.width > byId("canvas").clientWidth && full.width < 2 * byId("canvas").clientWidth) fit();

  const first = picture.querySelector(".box.failed") || picture.querySelector(".box.critical");
  if (first) {
    const canvas = byId("canvas");
    const at = first.getBoundingClientRect();
    const frame = canvas.getBoundingClientRect();
    canvas.scrollTop = at.top - frame.top - canvas.clientHeight / 2;
    canvas.scrollLeft = at.left - frame.left - 40;
  }

  const filter = (input, rows, also) => {
    const apply = () => {
      const wanted = input.value.trim().toLowerCase();
      for (const row of rows) {
        const isShown = row.dataset.text.includes(wanted) && (!also || also(row));
        row.classList.toggle("hidden", !isShown);
      }
    };
    input.addEventListener("input", apply);
    return apply;
  };
  filter(byId("find-node"), [...document.querySelectorAll("tr.node")]);

  const columnSearch = byId("find-column");
  if (columnSearch) {
    const only = byId("only-classified");
    const relations = [...document.querySelectorAll(".relation")];
    const rows = [...document.querySelectorAll("tr.column")];
    const apply = filter(columnSearch, rows, (row) => !only.checked || row.classList.contains("classified"));
    const tidy = () => {
      apply();
      const isSearching = columnSearch.value.trim() !== "" || only.checked;
      for (const relation of relations) {
        const hasAny = relation.querySelector("tr.column:not(.hidden)") !== null;
        relation.classList.toggle("hidden", !hasAny);
        if (isSearching && hasAny) relation.open = true;
      }
    };
    columnSearch.addEventListener("input", tidy);
    only.addEventListener("change", tidy);
  }

  const open = () => {
    const target = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
    const relation = target && target.closest("details");
    if (relation) {
      relation.open = true;
      target.scrollIntoView({ block: "center" });
    }
  };
  addEventListener("hashchange", open);
  open();
})();

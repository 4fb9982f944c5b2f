// What every page does: the running clock of the lane, the menu on a telephone, selects that submit, a word when the server does not answer.
"use strict";
(() => {
  const opened = Date.now();
  const two = (number) => String(number).padStart(2, "0");
  const beijing = (ms) => {
    const at = new Date(ms + 8 * 3600_000);
    return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  };
  const tick = () => {
    for (const clock of document.querySelectorAll("time.ticking")) {
      clock.textContent = beijing(Date.parse(clock.dateTime) + Number(clock.dataset.rate) * (Date.now() - opened));
    }
  };
  const trouble = (kind, text) => {
    const place = document.getElementById("trouble");
    place.textContent = `${place.dataset[kind]}${text ? `：${text}` : ""}`;
    place.hidden = false;
  };
  // Tables become cards on a telephone: each cell learns its column; the roles stay, whatever the boxes look like.
  const ROLES = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
  const stack = (root) => {
    for (const table of root.querySelectorAll("table.rows")) {
      if (!table.tHead) continue;
      const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
      table.classList.add("stacked");
      for (const part of [table, ...table.querySelectorAll("thead, tbody, tr, td, th")]) {
        part.setAttribute("role", ROLES[part.tagName] || (part.closest("thead") ? "columnheader" : "rowheader"));
      }
      for (const row of table.querySelectorAll("tbody tr")) {
        [...row.cells].forEach((cell, n) => {
          if (cell.colSpan === 1 && names[n]) cell.dataset.label = names[n];
        });
      }
    }
  };
  document.addEventListener("htmx:afterSwap", (event) => stack(event.target.parentElement || document));
  document.addEventListener("DOMContentLoaded", () => {
    stack(document);
    tick();
    setInterval(tick, 1000);
    document.querySelector("button.menu")?.addEventListener("click", (event) => {
      const open = event.currentTarget.getAttribute("aria-expanded") !== "true";
      event.currentTarget.setAttribute("aria-expanded", String(open));
    });
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });
  document.addEventListener("htmx:sendError", () => trouble("away", ""));
  document.addEventListener("htmx:responseError", (event) => {
    const shown = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html").querySelector(".refusal p");
    trouble("refused", shown ? shown.textContent : String(event.detail.xhr.status));
  });
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.successful) document.getElementById("trouble").hidden = true;
  });
})();

// Parts of a page that refresh by themselves. A part in which somebody is writing waits, and says that there is news.
"use strict";
(() => {
  const inUse = (piece) => piece.querySelector("details.act[open]") !== null || piece.contains(document.activeElement);
  document.addEventListener("htmx:beforeRequest", (event) => {
    const piece = event.target.closest?.("[data-piece]");
    if (piece === event.target && piece && inUse(piece)) {
      event.preventDefault();
      piece.dataset.behind = "1";
    }
  });
  // Somebody may have begun to write while the answer was on its way.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const piece = event.detail.target;
    const asked = event.detail.requestConfig?.elt; // a button within the part is an answer to a wish, not news
    if (piece?.matches?.("[data-piece]") && asked === piece && inUse(piece)) {
      event.detail.shouldSwap = false;
      piece.dataset.behind = "1";
    }
  });
  const catchUp = (event) => {
    const piece = event.target.closest?.("[data-piece]");
    setTimeout(() => {
      if (piece && piece.dataset.behind && !inUse(piece)) {
        delete piece.dataset.behind;
        window.htmx.ajax("GET", piece.getAttribute("hx-get"), { source: piece, target: piece, swap: "innerHTML" });
      }
    }, 0);
  };
  document.addEventListener("focusout", catchUp);
  document.addEventListener("toggle", catchUp, true);
  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (event.target.dataset.sent) {
      event.preventDefault();
      return;
    }
    event.target.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();

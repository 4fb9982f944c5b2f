// The sliders of the what-if page tell their values; only the chosen kind of place can be picked.
"use strict";
(() => {
  const show = (form) => {
    for (const range of form.querySelectorAll("input[type=range]")) {
      const told = form.querySelector(`output[for=${range.id}]`);
      told.textContent = `${range.value} ${told.dataset.unit}`;
    }
    const chosen = form.querySelector("input[name=place]:checked").value;
    for (const place of form.querySelectorAll("[data-place]")) {
      place.hidden = place.dataset.place !== chosen;
      place.querySelector("select").disabled = place.hidden;
    }
    const byKind = form.querySelector("input[name=by_kind]").checked;
    for (const depth of form.querySelectorAll("[data-depth]")) depth.querySelector("input").disabled = byKind;
  };
  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form[data-what-if]")) {
      show(form);
      form.addEventListener("input", () => show(form));
    }
  });
})();

// The form for what comes by telephone: defaults of the kind, the slider beside the number, the time of recovery in words, keys.
"use strict";
(() => {
  const HOURS = ["earliest_h", "likely_h", "latest_h"];
  const two = (number) => String(number).padStart(2, "0");
  const laneNow = () => {
    const clock = document.querySelector("time.ticking");
    const shown = clock ? clock.textContent.trim() : "";
    return shown ? Date.parse(`${shown.replace(" ", "T")}+08:00`) : Date.now();
  };
  const at = (hours) => {
    const moment = new Date(laneNow() + hours * 3600_000 + 8 * 3600_000);
    return `${two(moment.getUTCMonth() + 1)}-${two(moment.getUTCDate())} ${two(moment.getUTCHours())}:${two(moment.getUTCMinutes())}`;
  };
  const field = (form, name) => form.querySelector(`[name=${name}]`);
  const tell = (form) => {
    const place = form.querySelector("[data-ends]");
    if (!place) return;
    const hours = HOURS.map((name) => field(form, name).value);
    const isWhole = hours.every((text) => text !== "" && Number.isFinite(Number(text)));
    place.textContent = isWhole ? `${place.dataset.zh} ${at(Number(hours[1]))}（${at(Number(hours[0]))} – ${at(Number(hours[2]))}）` : "";
  };
  const fill = (form, kind) => {
    const defaults = { left: kind.dataset.left };
    kind.dataset.hours.split(" ").forEach((text, number) => { defaults[HOURS[number]] = String(Number(text)); });
    for (const [name, value] of Object.entries(defaults)) {
      const input = field(form, name);
      if (!input.dataset.touched) input.value = value;
    }
    mirror(form);
    tell(form);
  };
  const mirror = (form) => {
    for (const range of form.querySelectorAll("[data-mirrors]")) range.value = field(form, range.dataset.mirrors).value || "0";
  };
  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form[data-report]")) {
      for (const input of form.querySelectorAll("input[type=number]")) if (input.value) input.dataset.touched = "1";
      form.addEventListener("input", (event) => {
        const input = event.target;
        if (input.dataset.mirrors) {
          const amount = field(form, input.dataset.mirrors);
          amount.value = input.value;
          amount.dataset.touched = "1";
        } else if (input.name === "kind") {
          fill(form, input);
        } else if (input.type === "number") {
          input.dataset.touched = input.value ? "1" : "";
          mirror(form);
        }
        tell(form);
      });
      tell(form);
    }
    document.getElementById("wrong")?.focus();
  });
  document.addEventListener("keydown", (event) => {
    const form = document.querySelector("form[data-report]");
    if (!form) return;
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      form.requestSubmit();
    }
    const number = event.altKey && /^Digit[1-9]$/.test(event.code) ? Number(event.code.slice(5)) : 0;
    const kind = number ? form.querySelectorAll("input[name=kind]")[number - 1] : null;
    if (kind) {
      event.preventDefault();
      kind.checked = true;
      fill(form, kind);
    }
  });
})();

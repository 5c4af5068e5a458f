// A running import shows how far it is; one key answers a question. Without it the pages work as they are.
"use strict";

const EVERY_MS = 1500;

const AWAY = 503;

async function look() {
  const shown = document.getElementById("progress");
  const answer = await fetch(shown.dataset.running);
  if (answer.status === AWAY) return lookLater();
  if (!answer.ok || answer.redirected) return window.location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.getElementById("progress");
  if (!now || !now.dataset.running) return window.location.reload();
  shown.replaceWith(now);
  lookLater();
}

function lookLater() {
  window.setTimeout(() => look().catch(lookLater), EVERY_MS);
}

if (document.querySelector("#progress[data-running]")) lookLater();

const KEYS_OFF = "lienthong-keys-off";
const keys = document.getElementById("keys");

if (keys) {
  keys.closest("p").hidden = false;
  keys.checked = window.localStorage.getItem(KEYS_OFF) === null;
  keys.addEventListener("change", () => {
    if (keys.checked) window.localStorage.removeItem(KEYS_OFF);
    else window.localStorage.setItem(KEYS_OFF, "yes");
  });
  let answered = false;
  document.addEventListener("keydown", (event) => {
    if (answered || !keys.checked || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.matches("input:not([type=checkbox]), textarea, select")) return;
    const digit = event.code.replace(/^(Digit|Numpad)/, "");
    const button = document.querySelector(`button[data-key="${CSS.escape(digit)}"]`);
    if (!button) return;
    event.preventDefault();
    answered = true;
    button.click();
  });
}

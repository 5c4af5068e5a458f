// Offers titles, names and subjects while a reader types. Without it the form works as it is.
"use strict";

(() => {
  const input = document.getElementById("q");
  if (!input || !window.fetch) return;
  const list = document.createElement("datalist");
  list.id = "suggestions";
  input.after(list);
  input.setAttribute("list", list.id);
  let waiting = 0;
  let asked = 0;

  const show = (suggestions) => {
    list.replaceChildren(...suggestions.map(({ text }) => Object.assign(document.createElement("option"), { value: text })));
  };

  const ask = async () => {
    const typed = input.value.trim();
    if (typed.length < 2) return show([]);
    const mine = ++asked;
    const answer = await fetch(`/v1/search/suggestions?q=${encodeURIComponent(typed.slice(0, 200))}`);
    if (mine === asked && answer.ok) show((await answer.json()).suggestions);
  };

  input.addEventListener("input", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => ask().catch(() => show([])), 150);
  });
})();

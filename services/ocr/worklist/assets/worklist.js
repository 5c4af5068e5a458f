// The line that is being corrected stands out on the page's image; Alt + arrow goes from one doubtful line to the next.
"use strict";

const inputs = [...document.querySelectorAll("input[data-line]")];
const doubtful = inputs.filter((input) => input.hasAttribute("aria-describedby"));

function frameOf(line) {
  return document.querySelector(`rect.line[data-line="${CSS.escape(line)}"]`);
}

function goTo(input) {
  input.focus();
  input.scrollIntoView({ block: "center" });
}

for (const input of inputs) {
  input.addEventListener("focus", () => frameOf(input.dataset.line).classList.add("here"));
  input.addEventListener("blur", () => frameOf(input.dataset.line).classList.remove("here"));
}

document.querySelector(".whole svg")?.addEventListener("click", (event) => {
  const line = event.target.dataset.line;
  if (line) goTo(document.getElementById(`line-${line}`));
});

document.addEventListener("keydown", (event) => {
  if (!event.altKey || !["ArrowDown", "ArrowUp"].includes(event.key) || !doubtful.length) return;
  event.preventDefault();
  const at = inputs.indexOf(document.activeElement);
  const ahead = event.key === "ArrowDown";
  const found = ahead
    ? doubtful.find((input) => inputs.indexOf(input) > at)
    : doubtful.findLast((input) => at >= 0 && inputs.indexOf(input) < at);
  goTo(found ?? (ahead ? doubtful[0] : doubtful.at(-1)));
});

// Which questions are asked as the answers stand: worked out in the page by the rules the server judges by.
import { check } from "../instruments/answers.js";

export function live(form, shown) {
  const asked = JSON.parse(document.getElementById("answer-form").textContent);
  return () => {
    const verdict = check(asked, answersOf(form), { now: moment(new Date()), partial: true });
    shown(verdict.shown);
    for (const [address, choices] of verdict.offered) offer(form, address, new Set(choices.map((choice) => choice.code ?? choice)));
  };
}

// As the server reads them: texts, lists of codes, of a repeat a list of such answers.
function answersOf(form) {
  const out = {};
  for (const box of form.querySelectorAll("fieldset[data-item]")) {
    const { item, kind } = box.dataset;
    const fields = [...box.querySelectorAll("input:not([type=hidden]), select, textarea")];
    const other = fields.find((field) => field.name === `${item}_other`);
    if (other?.value.trim()) put(out, other.name, other.value.trim());
    if (kind === "rank") {
      const places = fields.filter((field) => field.value).sort((a, b) => a.value - b.value);
      if (places.length) put(out, item, places.map((field) => field.name.split("::")[1]));
      continue;
    }
    const own = fields.filter((field) => field.name === item);
    const given = own.filter((field) => (["radio", "checkbox"].includes(field.type) ? field.checked : field.value.trim()));
    if (given.length) put(out, item, kind === "select-many" ? given.map((field) => field.value) : given[0].value.trim());
  }
  return out;
}

function put(out, address, value) {
  let place = out;
  const steps = address.split("].");
  for (const step of steps.slice(0, -1)) {
    const [name, turn] = step.split("[");
    place[name] ??= [];
    while (place[name].length <= Number(turn)) place[name].push({});
    place = place[name][Number(turn)];
  }
  place[steps.at(-1)] = value;
}

function offer(form, address, codes) {
  const box = form.querySelector(`fieldset[data-item="${CSS.escape(address)}"]`);
  for (const field of box?.querySelectorAll(".option input") || []) {
    const there = codes.has(field.value) || field.value === "other";
    field.disabled = !there;
    field.closest(".option").hidden = !there;
    if (!there) field.checked = false;
  }
}

function moment(at) {
  const two = (n) => String(n).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

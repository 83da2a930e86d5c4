// The fields of the form: what was given, what is put back, how far one is, which questions are shown.

export const body = (form) => new URLSearchParams(new FormData(form)).toString();

export function putBack(form, text) {
  const given = new Map();
  for (const [name, value] of new URLSearchParams(text)) given.set(name, [...(given.get(name) || []), value]);
  for (const field of form.elements) {
    if (!field.name || field.name === "seen" || field.name.endsWith("#") || !given.has(field.name)) continue;
    const values = given.get(field.name);
    if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
    else field.value = values[0];
  }
}

const questions = (form) => [...form.querySelectorAll("fieldset[data-item]")].filter((box) => !box.disabled && !box.closest("[hidden]"));

const answered = (box) =>
  [...box.querySelectorAll("input:not([type=hidden]), select, textarea")].some((field) =>
    field.type === "radio" || field.type === "checkbox" ? field.checked : field.value.trim() !== "",
  );

export function progress(form) {
  const all = questions(form);
  return { done: all.filter(answered).length, of: all.length };
}

// Shows exactly the items whose address is in `shown`; returns whether a question came to light.
export function show(form, shown) {
  let more = false;
  for (const box of form.querySelectorAll("[data-item]")) {
    const now = shown.has(box.dataset.item);
    if (now && box.hidden && box.tagName === "FIELDSET") more = true;
    box.hidden = !now;
    if (box.tagName === "FIELDSET") box.disabled = !now;
  }
  return more;
}

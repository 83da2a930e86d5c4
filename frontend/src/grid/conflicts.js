// Somebody else has changed the same cells: both values side by side, and the person says which one holds.

import { h, icon, locale } from "../dom.js";
import { shown } from "./codes.js";

// Resolves to a Map of "row field" → "mine" | "theirs".
export function ask(conflicts, model, say) {
  return new Promise((resolve) => {
    const rows = conflicts.map((conflict, i) => line(conflict, i, model, say));
    const all = (value) => rows.forEach((row) => (row.querySelector(`input[value=${value}]`).checked = true));
    const form = h("form", { method: "dialog" },
      h("h2", {}, say("c_title")), h("p", { class: "quiet" }, say("c_text")),
      conflicts.length > 1 ? h("p", { class: "form-actions" }, h("button", { type: "button", class: "btn btn-sm btn-quiet", onclick: () => all("mine") }, say("c_allmine")), h("button", { type: "button", class: "btn btn-sm btn-quiet", onclick: () => all("theirs") }, say("c_alltheirs"))) : null,
      h("div", { class: "conflicts" }, rows),
      h("div", { class: "form-actions" }, h("button", { class: "btn btn-primary" }, say("c_go"))),
    );
    const dialog = h("dialog", { class: "conflict-dialog", "aria-label": say("c_title") }, form);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("close", () => {
      const data = new FormData(form);
      dialog.remove();
      resolve(new Map(conflicts.map((conflict, i) => [keyOf(conflict), data.get(`c${i}`)])));
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export const keyOf = ({ row, field }) => `${row} ${field}`;

function line(conflict, i, model, say) {
  const field = model.byField.get(conflict.field);
  const number = model.rows.findIndex((row) => row._id === conflict.row) + 1;
  const text = (value) => (value === null || value === undefined ? say("c_deleted") : value === "" ? say("c_empty") : field ? shown(field, value) : value);
  const when = conflict.at ? new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" }).format(new Date(conflict.at)) : "";
  const choice = (value, label, what, checked) => h("label", { class: "choice" }, h("input", { type: "radio", name: `c${i}`, value, checked }), h("span", {}, h("span", { class: "quiet" }, label), h("b", {}, what)));
  return h("fieldset", {},
    h("legend", {}, `${say("row")} ${number || "?"} · ${field?.title || say("c_row")}`),
    choice("mine", say("c_mine"), text(conflict.yours), true),
    choice("theirs", `${say("c_theirs")}${conflict.by ? `, ${conflict.by}` : ""}${when ? `, ${when}` : ""}`, text(conflict.theirs), false),
  );
}

export function toast(box, text, label, run) {
  box.querySelector(".grid-toast")?.remove();
  const note = h("div", { class: "grid-toast", role: "status" }, icon("info-circle"), h("span", {}, text), label ? h("button", { type: "button", class: "btn btn-sm btn-link", onclick: () => (note.remove(), run()) }, label) : null);
  box.append(note);
  setTimeout(() => note.remove(), 8000);
}

// The bar above the grid and the line that tells about the active cell.

import { figure, h, icon, locale } from "../dom.js";
import { shown } from "./codes.js";
import { ICONS } from "./model.js";

export function toolbar(model, say, act) {
  const bar = h("div", { class: "grid-tools", role: "toolbar", "aria-label": say("tools") });
  const search = h("input", { type: "search", class: "form-control", placeholder: say("search"), "aria-label": say("search"), oninput: later(() => act.filter()) });
  const only = h("input", { type: "checkbox", onchange: () => act.filter() });
  const count = h("span", { class: "count" });
  const clean = h("span", { class: "clean" }, icon("circle-check"), h("span", {}, say("clean")));
  const sort = h("select", { class: "form-select", "aria-label": say("sort"), onchange: () => act.sort(sort.value) }, h("option", { value: "" }, say("entered")), model.fields.map((field) => h("option", { value: field.id }, field.title)));
  const button = (name, picture, run, bare = false) => h("button", { type: "button", class: `btn btn-quiet btn-sm${bare ? " bare" : ""}`, "data-act": name, title: bare ? say(name) : false, onclick: run }, icon(picture), h("span", {}, say(name)));
  const undo = button("undo", "arrow-back-up", act.undo, true);
  const redo = button("redo", "arrow-forward-up", act.redo, true);
  const state = h("div", { class: "grid-state", role: "status", "aria-live": "polite" });
  bar.append(search, h("label", { class: "only" }, only, h("span", {}, say("only")), count), clean, h("label", { class: "sorting" }, h("span", { class: "visually-hidden" }, say("sort")), sort));
  if (!model.readonly) bar.append(h("span", { class: "group" }, undo, redo));
  if (!model.fixed) bar.append(h("span", { class: "group" }, button("add", "row-insert-bottom", () => act.addRow()), button("remove", "trash", act.deleteRows, true)));
  bar.append(button("keys", "keyboard", act.help, true));
  return {
    bar, search, only, sort, state,
    refresh() {
      undo.disabled = !model.done.length;
      redo.disabled = !model.undone.length;
      count.textContent = figure(model.open.size);
      const none = !model.open.size && !only.checked;
      only.parentElement.hidden = none;
      clean.hidden = !none || model.causes.some((cause) => cause.severity !== "explained");
    },
  };
}

// Where one stands, what the field wants and what is wrong there: in words, also for those who hear the page.
export function cellLine(model, say) {
  const line = h("div", { class: "cell-line", "aria-live": "polite" });
  const show = ({ row, field: id }) => {
    const field = model.byField.get(id);
    if (!row || !field) return line.replaceChildren(h("span", { class: "quiet" }, say(model.readonly ? "none" : "empty")));
    const number = model.rows.findIndex((item) => item._id === row) + 1;
    const findings = [...model.at(row, id), ...model.at(row, "")];
    const value = model.value(row, id);
    const text = field.codes && value && shown(field, value) !== value ? `${value} — ${shown(field, value)}` : value;
    line.replaceChildren(
      h("b", {}, `${say("row")} ${figure(number)} · ${field.title}`), text ? h("span", { class: "value" }, text) : null ?? "",
      field.help && !findings.length ? h("span", { class: "quiet" }, field.help) : "",
      ...findings.map((finding) => h("span", { class: `said ${finding.severity}` }, icon(ICONS[finding.severity] || "alert-triangle"), h("span", {}, `${finding.message} `, finding.remedy ? h("b", {}, finding.remedy) : ""))),
    );
  };
  return { line, show };
}

const STATES = {
  saved: ["circle-check", "saved"], waiting: ["dots", "waiting"], saving: ["loader", "saving"], offline: ["cloud-off", "offline"], trouble: ["alert-triangle", "trouble"],
  conflict: ["git-merge", "conflict"], suspended: ["lock", "suspended"], refused: ["alert-circle", "refused"], signedout: ["login", "signedout"],
};

export function showState(box, say, { state, detail }, retry) {
  const [picture, key] = STATES[state];
  const at = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date());
  box.dataset.state = state;
  box.replaceChildren(icon(picture), h("span", {}, say(key, { at }), detail ? ` ${detail}` : ""));
  if (["refused", "signedout", "suspended", "offline", "trouble"].includes(state)) box.append(h("button", { type: "button", class: "btn btn-sm btn-quiet", onclick: retry }, say("retry")));
}

export function help(say) {
  const keys = [["↑ ↓ ← →, Tab, Enter", "k_move"], ["F2", "k_edit"], ["Alt + ↓", "k_list"], ["Delete", "k_clear"], ["Ctrl + C, X, V", "k_copy"], ["Ctrl + Z, Y", "k_undo"], ["Ctrl + D", "k_fill"], ["Ctrl + Enter", "k_add"], ["Ctrl + −", "k_remove"], ["Esc, Tab", "k_leave"]];
  const dialog = h("dialog", { "aria-label": say("keys") },
    h("h2", {}, say("keys")),
    h("dl", { class: "facts keys" }, keys.flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, say(text))])),
    h("div", { class: "form-actions" }, h("button", { type: "button", class: "btn btn-primary", onclick: () => dialog.close() }, say("close"))),
  );
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

function later(run) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, 180);
  };
}

// Opens a grid: loads the rows, and ties model, screen, keys and saving together.

import { figure, h, words } from "../dom.js";
import { parse, write } from "./clipboard.js";
import { causesPanel } from "./causes.js";
import { fold, shown, stored } from "./codes.js";
import { ask, keyOf, toast } from "./conflicts.js";
import { Editor } from "./editor.js";
import { listen } from "./keys.js";
import { Model, newId } from "./model.js";
import { Saver } from "./saver.js";
import { Sheet } from "./sheet.js";
import { cellLine, help, showState, toolbar } from "./tools.js";

export async function openGrid(box) {
  const say = words(box.dataset.labels);
  let data;
  try {
    const response = await fetch(box.dataset.url, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    data = await response.json();
  } catch {
    box.replaceChildren(h("div", { class: "notice error", role: "alert" }, h("span", {}, say("noload")), h("button", { type: "button", class: "btn btn-sm btn-quiet", onclick: () => openGrid(box) }, say("retry"))));
    return;
  }
  const grid = new Grid(box, say, data);
  await grid.sheet.ready;
  grid.begin();
}

class Grid {
  constructor(box, say, data) {
    Object.assign(this, { box, say });
    this.model = new Model(data);
    this.model.judge(data.findings, data.causes);
    this.saver = new Saver({ url: box.dataset.changesUrl, key: box.dataset.key, version: data.version });
    this.act = this._acts();
    this.tools = toolbar(this.model, say, this.act);
    this.cell = cellLine(this.model, say);
    this.causes = causesPanel(this.model, say, (finding) => this.jump(finding));
    const place = h("div", { class: "grid-table", "aria-label": box.getAttribute("aria-label") });
    box.replaceChildren(this.tools.bar, h("div", { class: "grid-line" }, this.cell.line, this.tools.state), h("div", { class: "grid-body" }, h("div", { class: "grid-place" }, place), this.causes.panel));
    this.sheet = new Sheet(place, this.model, say);
    this.editor = new Editor(this.sheet, say);
  }

  begin() {
    const { model, sheet, saver, editor } = this;
    listen(sheet, this.act);
    sheet.addEventListener("moved", (event) => this.cell.show(event.detail));
    sheet.addEventListener("sorted", (event) => {
      this.sorted = Boolean(event.detail);
      this.tools.sort.value = event.detail;
    });
    sheet.addEventListener("edit", () => this.act.edit());
    editor.addEventListener("done", (event) => this._edited(event.detail));
    model.addEventListener("change", (event) => this._changed(event.detail));
    model.addEventListener("judged", (event) => this._judged(event.detail.rows));
    saver.addEventListener("state", (event) => showState(this.tools.state, this.say, event.detail, () => saver.resume()));
    saver.addEventListener("received", (event) => this._received(event.detail));
    saver.addEventListener("conflict", (event) => this._conflict(event.detail));
    this.tools.refresh();
    sheet.paint();
    this.cell.show(sheet.activeCell);
    this._takeUp(saver.leftOver());
    this.box.dataset.ready = "1";
    this.box.dispatchEvent(new CustomEvent("sapa:grid-open", { bubbles: true }));
  }

  _acts() {
    const run = (name) => (...values) => this[`_${name}`](...values);
    const names = ["undo", "redo", "addRow", "deleteRows", "fillDown", "edit", "type", "clear", "down", "along", "copy", "paste", "filter", "sort"];
    return Object.assign(Object.fromEntries(names.map((name) => [name, run(name)])), { help: () => help(this.say) });
  }

  get locked() {
    return this.model.readonly;
  }

  // --- changes and saving

  do(changes) {
    return this.locked ? [] : this.model.apply(changes);
  }

  async _changed({ changes, origin }) {
    if (origin !== "server") this.saver.add(changes);
    this.tools.refresh();
    this.shown = this.sheet.show(changes);
    await this.shown;
    this.cell.show(this.sheet.activeCell);
  }

  _judged(rows) {
    this.sheet.redraw(rows);
    this.causes.refresh();
    this.tools.refresh();
    this.cell.show(this.sheet.activeCell);
  }

  _received(body) {
    this.model.judge(body.findings, body.causes);
    this.box.dispatchEvent(new CustomEvent("sapa:grid-saved", { bubbles: true, detail: { version: body.version, findings: body.findings?.length ?? 0 } }));
  }

  async _conflict(body) {
    const waiting = new Set(this.saver.queue.map(keyOf));
    for (const row of body.rows || []) {
      const changes = Object.entries(row).filter(([name]) => this.model.byField.has(name) && !waiting.has(`${row._id} ${name}`));
      this.model.apply(changes.map(([field, value]) => ({ op: "set", row: row._id, field, value })), "server");
    }
    const choice = await ask(body.conflicts, this.model, this.say);
    this._settle(body.conflicts, choice);
  }

  _settle(conflicts, choice) {
    const theirs = new Map(conflicts.map((conflict) => [keyOf(conflict), conflict]));
    const gone = new Set(conflicts.filter((conflict) => conflict.theirs === null).map((conflict) => conflict.row));
    const kept = new Set([...gone].filter((row) => conflicts.some((conflict) => conflict.row === row && choice.get(keyOf(conflict)) === "mine")));
    const local = [];
    const again = new Set();
    this.saver.settle((change) => {
      if (gone.has(change.row)) {
        const row = this.model.byId.get(change.row);
        if (!kept.has(change.row) || !row || again.has(change.row)) return [];
        again.add(change.row);
        return [{ op: "add", row: change.row, after: null, values: Object.fromEntries(Object.entries(row).filter(([name, value]) => !name.startsWith("_") && value)) }];
      }
      const conflict = change.op === "set" ? theirs.get(keyOf(change)) : null;
      if (!conflict) return [change];
      if (choice.get(keyOf(change)) === "mine") return [{ ...change, was: conflict.theirs ?? "" }];
      local.push({ op: "set", row: change.row, field: change.field, value: conflict.theirs ?? "" });
      return [];
    });
    for (const row of gone) if (!kept.has(row)) local.push({ op: "delete", row });
    this.model.apply(local, "server");
    this.sheet.focus();
  }

  // Changes of an earlier visit that never reached the server. What another person has changed since is asked about.
  async _takeUp(left) {
    if (!left.length || this.locked) return left.length ? showState(this.tools.state, this.say, { state: "suspended", detail: this.say("kept") }, () => location.reload()) : null;
    const conflicts = [];
    const fit = left.filter((change) => {
      if (change.op !== "set" || !this.model.byId.has(change.row)) return change.op !== "set" || left.some((other) => other.op === "add" && other.row === change.row);
      const here = this.model.value(change.row, change.field);
      if (here === change.value) return false;
      if (here !== change.was) conflicts.push({ row: change.row, field: change.field, yours: change.value, theirs: here });
      return here === change.was;
    });
    const choice = conflicts.length ? await ask(conflicts, this.model, this.say) : new Map();
    const chosen = conflicts.filter((conflict) => choice.get(keyOf(conflict)) === "mine").map(({ row, field, yours }) => ({ op: "set", row, field, value: yours }));
    this.saver.forget();
    const made = this.do([...fit, ...chosen]);
    if (made.length) toast(this.box, this.say("restored", { n: figure(made.length) }), this.say("undo"), () => this._undo());
  }

  _undo() {
    if (!this.locked) this.model.undo();
  }

  _redo() {
    if (!this.locked) this.model.redo();
  }

  // --- editing

  _edit() {
    this.sheet.reveal();
    this.editor.start();
  }

  _type() {
    this.sheet.reveal();
    this.editor.start("");
  }

  _edited({ row, field, value, rows, cols, refocus }) {
    if (value !== this.model.value(row, field)) this.do([{ op: "set", row, field, value }]);
    if (refocus) this.sheet.focus();
    if (rows) this._down(rows);
    else if (cols) this._along(cols);
  }

  // Down from the last row begins a new one, as a person typing a list expects; not while only some rows are shown.
  _down(by) {
    const { sheet } = this;
    const last = sheet.active.row === sheet.count - 1;
    const filled = this.model.fields.some((field) => this.model.value(sheet.idAt(sheet.active.row), field.id));
    if (by > 0 && last && filled && !this.locked && !this.model.fixed && !this.filtered) {
      this._addRow(sheet.fields[sheet.active.col]);
    } else sheet.move(by, 0);
  }

  // To the next cell, over the end of the row; at either end of the table Tab leaves it.
  _along(by) {
    const { sheet } = this;
    const col = sheet.active.col + by;
    if (col >= 0 && col < sheet.fields.length) sheet.move(0, by);
    else if (by > 0 && sheet.active.row < sheet.count - 1) sheet.move(1, -1e9);
    else if (by < 0 && sheet.active.row > 0) sheet.move(-1, 1e9);
    else return false;
    return true;
  }

  _cells() {
    const { top, bottom, left, right } = this.sheet.range;
    const rows = [];
    for (let row = top; row <= bottom; row++) rows.push(this.sheet.idAt(row));
    return { rows: rows.filter(Boolean), fields: this.model.fields.slice(left, right + 1) };
  }

  _clear() {
    const { rows, fields } = this._cells();
    this.do(rows.flatMap((row) => fields.filter((field) => !field.readonly).map((field) => ({ op: "set", row, field: field.id, value: "" }))));
  }

  _fillDown() {
    const { rows, fields } = this._cells();
    this.do(rows.slice(1).flatMap((row) => fields.filter((field) => !field.readonly).map((field) => ({ op: "set", row, field: field.id, value: this.model.value(rows[0], field.id) }))));
  }

  async _addRow(field = null) {
    if (this.locked || this.model.fixed) return;
    const id = newId();
    const after = this.filtered || this.sorted ? (this.model.rows.at(-1)?._id ?? null) : (this.sheet.idAt(this.sheet.active.row) ?? null);
    if (this.filtered) this._unfilter();
    this.do([{ op: "add", row: id, after, values: {} }]);
    await this.shown;
    this.sheet.goTo(id, (field || this.model.fields[0]).id);
  }

  _deleteRows() {
    const { rows } = this._cells();
    if (!rows.length || this.locked || this.model.fixed) return;
    const top = this.sheet.range.top;
    this.do(rows.map((row) => ({ op: "delete", row })));
    this.sheet.select(Math.min(top, this.sheet.count - 1), this.sheet.range.left, Math.min(top, this.sheet.count - 1), this.sheet.range.left);
    this.sheet.focus();
    toast(this.box, this.say("removed", { n: figure(rows.length) }), this.say("undo"), () => this._undo());
  }

  // --- clipboard: codes are copied as they are stored, and titles are understood when they are pasted

  _copy(event, cut = false) {
    const { rows, fields } = this._cells();
    event.clipboardData.setData("text/plain", write(rows.map((row) => fields.map((field) => this.model.value(row, field.id)))));
    event.preventDefault();
    if (cut) this._clear();
  }

  _paste(event) {
    event.preventDefault();
    if (this.locked) return;
    const { top, left, bottom, right } = this.sheet.range;
    let rows = parse(event.clipboardData.getData("text/plain"));
    const headed = rows.length > 1 && rows[0].every((text, i) => fold(text) === fold(this.model.fields[left + i]?.title ?? text)) && rows[0].some(Boolean);
    if (headed) rows = rows.slice(1);
    if (!rows.length) return;
    if (rows.length === 1 && rows[0].length === 1) rows = Array.from({ length: bottom - top + 1 }, () => Array(right - left + 1).fill(rows[0][0]));
    const widest = Math.max(...rows.map((row) => row.length));
    this.do(this._pasted(rows, top, left));
    this.sheet.select(top, left, top + rows.length - 1, left + widest - 1);
    const lost = Math.max(0, left + widest - this.model.fields.length);
    toast(this.box, this.say(lost ? "pastedlost" : "pasted", { n: figure(rows.length), m: figure(lost) }), this.say("undo"), () => this._undo());
  }

  _pasted(rows, top, left) {
    const changes = [];
    let after = this.model.rows.at(-1)?._id ?? null;
    rows.forEach((texts, i) => {
      const fields = texts.map((text, k) => [this.model.fields[left + k], text]).filter(([field]) => field && !field.readonly);
      const row = this.sheet.idAt(top + i);
      if (row) for (const [field, text] of fields) changes.push({ op: "set", row, field: field.id, value: stored(field, text) });
      else if (!this.model.fixed) {
        const id = newId();
        changes.push({ op: "add", row: id, after, values: Object.fromEntries(fields.map(([field, text]) => [field.id, stored(field, text)])) });
        after = id;
      }
    });
    return changes;
  }

  // --- finding one's way

  _filter() {
    const wanted = fold(this.tools.search.value);
    const only = this.tools.only.checked;
    this.filtered = Boolean(wanted || only);
    const { model } = this;
    const fits = (row) => (!only || model.open.has(row._id)) && (!wanted || model.fields.some((field) => fold(shown(field, row[field.id] ?? "")).includes(wanted)));
    if (this.filtered) this.sheet.table.setFilter(fits);
    else this.sheet.table.clearFilter();
    this.sheet.select(0, this.sheet.active.col, 0, this.sheet.active.col);
    this.sheet.holder.scrollTop = 0;
  }

  _unfilter() {
    this.tools.search.value = "";
    this.tools.only.checked = false;
    this._filter();
  }

  _sort(field) {
    this.sorted = Boolean(field);
    if (field) this.sheet.table.setSort(field, "asc");
    else this.sheet.table.clearSort();
  }

  jump(finding) {
    if (this.sheet.goTo(finding.row, finding.field)) return;
    this._unfilter();
    this.sheet.goTo(finding.row, finding.field);
  }
}

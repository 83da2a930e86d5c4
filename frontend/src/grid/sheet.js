// The table on the screen: Tabulator draws rows and columns; the cursor, the selection and the keys are here.
// Tabulator's own range selection touches every cell at every key, which 25,000 cells do not bear.

import { FormatModule, FrozenColumnsModule, InteractionModule, ResizeColumnsModule, SortModule, FilterModule, Tabulator } from "tabulator-tables";
import { h, icon } from "../dom.js";
import { shown } from "./codes.js";
import { ICONS, worst } from "./model.js";

Tabulator.registerModule([FormatModule, FrozenColumnsModule, InteractionModule, ResizeColumnsModule, SortModule, FilterModule]);

const NUMERIC = ["integer", "decimal", "number"];

export class Sheet extends EventTarget {
  constructor(box, model, say) {
    super();
    Object.assign(this, { box, model, say, active: { row: 0, col: 0 }, anchor: { row: 0, col: 0 } });
    this.fields = model.fields;
    this.table = new Tabulator(box, this._options());
    this.ready = new Promise((resolve) => this.table.on("tableBuilt", resolve)).then(() => this._built());
  }

  _options() {
    const narrow = innerWidth < 700;
    return {
      data: this.model.rows,
      index: "_id",
      height: "100%",
      rowHeight: 34,
      layout: "fitData",
      columnHeaderSortMulti: false,
      placeholder: this.say(this.model.readonly ? "none" : "empty"),
      columns: [this._numberColumn(), ...this.fields.map((field) => this._column(field, narrow))],
      rowFormatter: (row) => (row.getElement().dataset.id = row.getData()._id),
    };
  }

  _numberColumn() {
    const formatter = (cell) => this._number(cell);
    return { title: this.say("row"), field: "_number", formatter, width: 78, headerSort: false, frozen: true, resizable: false, cssClass: "row-number" };
  }

  _column(field, narrow) {
    const numeric = NUMERIC.includes(field.type);
    const sample = this.model.rows.slice(0, 60).map((row) => shown(field, row[field.id] ?? "").length);
    const longest = Math.max(field.title.length * 0.62, ...sample, this.model.rows.length ? 6 : Math.min(field.max_length || 12, 16));
    const word = Math.max(...field.title.split(/\s+/).map((part) => part.length)); // no heading is cut in the middle of a word
    return {
      title: field.title,
      field: field.id,
      formatter: (cell) => this._draw(cell, field),
      titleFormatter: () => h("span", { class: "head", title: field.help || field.title }, field.title, field.required ? h("span", { class: "must", title: this.say("required") }, " *") : null),
      hozAlign: numeric ? "right" : "left",
      width: Math.round(Math.min(Math.max(longest * 8.4 + 28, word * 9.6 + 46, 92), 260)),
      frozen: Boolean(field.frozen) && !narrow,
      sorter: (a, b) => compare(field, a ?? "", b ?? "", numeric),
      resizable: "header",
    };
  }

  _number(cell) {
    const id = cell.getData()._id;
    const findings = this.model.at(id, "");
    const any = this.model.open.has(id);
    const element = cell.getElement();
    element.classList.toggle("row-has-findings", any);
    element.title = findings.map((finding) => finding.message).join("\n");
    const number = this.model.rows.indexOf(cell.getData()) + 1;
    return h("span", { class: "number" }, String(number), any ? icon(ICONS[worst([...this.model.findings.get(id).values()].flat())] || "alert-triangle") : null);
  }

  _draw(cell, field) {
    const id = cell.getData()._id;
    const findings = this.model.at(id, field.id);
    const element = cell.getElement();
    element.id = `c-${id}-${field.id}`;
    if (field.readonly) {
      element.classList.add("held");
      element.setAttribute("aria-readonly", "true");
    }
    for (const severity of Object.keys(ICONS)) element.classList.toggle(`found-${severity}`, findings.length > 0 && worst(findings) === severity);
    if (findings.some((finding) => finding.severity !== "explained")) element.setAttribute("aria-invalid", "true");
    else element.removeAttribute("aria-invalid");
    element.title = findings.map((finding) => `${finding.message} ${finding.remedy || ""}`.trim()).join("\n");
    const text = shown(field, cell.getValue() ?? "");
    if (!findings.length) return document.createTextNode(text);
    const aloud = h("span", { class: "visually-hidden" }, `. ${this.say("finding")}: ${findings.map((finding) => finding.message).join("; ")}`);
    return h("span", { class: "found" }, h("span", { class: "text" }, text), icon(ICONS[worst(findings)] || "alert-triangle"), aloud);
  }

  _built() {
    const { table, box } = this;
    this.holder = box.querySelector(".tabulator-tableholder");
    this.holder.removeAttribute("tabindex");
    // Tab comes in by the active cell (so that what scrolls can be reached), and the focus then stays on the whole grid:
    // cells come and go while one scrolls, the grid doesn't.
    box.setAttribute("tabindex", "-1");
    box.addEventListener("focusin", (event) => event.target.role === "gridcell" && this.focus());
    box.addEventListener("focusout", () => setTimeout(() => !box.contains(document.activeElement) && this.letIn()));
    box.setAttribute("aria-multiselectable", "true");
    box.setAttribute("aria-rowcount", String(this.model.rows.length + 1));
    if (this.model.readonly) box.setAttribute("aria-readonly", "true");
    table.on("dataSorted", (sorters) => {
      this._reorder();
      this.emit("sorted", sorters[0]?.field || "");
    });
    table.on("dataFiltered", () => this._reorder());
    table.on("scrollVertical", () => this._paintSoon());
    table.on("renderComplete", () => this._paintSoon());
    table.on("cellMouseDown", (event, cell) => this._press(event, cell));
    table.on("cellMouseEnter", (event, cell) => event.buttons === 1 && this.pressed && this._moveTo(this._place(cell), true));
    table.on("cellDblClick", (event, cell) => cell.getField() !== "_number" && this.emit("edit", {}));
    addEventListener("mouseup", () => (this.pressed = false));
    this._reorder();
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  // The next Tab leaves: nothing inside may take it.
  letGo() {
    this.box.tabIndex = -1;
    for (const cell of this.box.querySelectorAll("[role=gridcell][tabindex]")) cell.removeAttribute("tabindex");
  }

  letIn() {
    const cell = this.element();
    this.letGo();
    if (cell) cell.tabIndex = 0;
    else this._letIntoNothing();
  }

  // No rows: the words that say so are the one cell, so that what scrolls sideways can be reached.
  _letIntoNothing() {
    const said = this.holder.querySelector(".tabulator-placeholder-contents");
    if (!said) return;
    said.parentElement.setAttribute("role", "row");
    said.setAttribute("role", "gridcell");
    said.tabIndex = 0;
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  _reorder() {
    this.order = null;
    this._paintSoon();
  }

  // Rows as they stand on the screen: data objects in order, and where each id stands.
  get shownRows() {
    if (!this.order) {
      this.order = this.table.getRows("active");
      this.positions = new Map(this.order.map((row, at) => [row.getData()._id, at]));
    }
    return this.order;
  }

  get count() {
    return this.shownRows.length;
  }

  idAt(row) {
    return this.shownRows[row]?.getData()._id;
  }

  get activeCell() {
    return { row: this.idAt(this.active.row), field: this.fields[this.active.col]?.id };
  }

  get range() {
    const { active, anchor } = this;
    return { top: Math.min(active.row, anchor.row), bottom: Math.max(active.row, anchor.row), left: Math.min(active.col, anchor.col), right: Math.max(active.col, anchor.col) };
  }

  _place(cell) {
    void this.shownRows;
    const col = this.fields.findIndex((field) => field.id === cell.getField());
    return { row: this.positions.get(cell.getData()._id) ?? 0, col };
  }

  _press(event, cell) {
    if (event.button !== 0) return;
    const place = this._place(cell);
    if (place.col < 0) {
      this.anchor = { row: event.shiftKey ? this.anchor.row : place.row, col: 0 };
      this.active = { row: place.row, col: this.fields.length - 1 };
      this._moved();
    } else {
      // a finger has no double click that one could rely on: a tap on the active cell opens it
      const again = matchMedia("(pointer: coarse)").matches && place.row === this.active.row && place.col === this.active.col;
      this.pressed = true;
      this._moveTo(place, event.shiftKey);
      if (again) return setTimeout(() => this.emit("edit", {}));
    }
    event.preventDefault();
    this.focus();
  }

  _moveTo({ row, col }, extend = false) {
    this.active = { row: clamp(row, this.count), col: clamp(col, this.fields.length) };
    if (!extend) this.anchor = { ...this.active };
    this._moved();
  }

  move(rows, cols, extend = false) {
    this._moveTo({ row: this.active.row + rows, col: this.active.col + cols }, extend);
    this.reveal();
  }

  goTo(id, field) {
    void this.shownRows;
    const row = this.positions.get(id);
    if (row === undefined) return false;
    this._moveTo({ row, col: Math.max(0, this.fields.findIndex((item) => item.id === field)) });
    this.reveal(true);
    this.focus();
    return true;
  }

  selectAll() {
    this.anchor = { row: 0, col: 0 };
    this.active = { row: Math.max(0, this.count - 1), col: this.fields.length - 1 };
    this._moved();
  }

  select(top, left, bottom, right) {
    this.anchor = { row: top, col: left };
    this.active = { row: clamp(bottom, this.count), col: clamp(right, this.fields.length) };
    this._moved();
  }

  _moved() {
    this.paint();
    this.emit("moved", this.activeCell);
  }

  // Scrolls so that the active cell is seen, clear of the frozen columns and of the head.
  reveal(centre = false) {
    const row = this.shownRows[this.active.row];
    if (!row) return;
    const { holder } = this;
    const top = this.active.row * 34;
    if (centre) holder.scrollTop = top - holder.clientHeight / 2;
    else if (top < holder.scrollTop) holder.scrollTop = top;
    else if (top + 34 > holder.scrollTop + holder.clientHeight) holder.scrollTop = top + 34 - holder.clientHeight;
    const column = this.table.getColumn(this.fields[this.active.col].id);
    if (column.getDefinition().frozen) return;
    const frozen = this.table.getColumns().filter((item) => item.getDefinition().frozen).reduce((sum, item) => sum + item.getWidth(), 0);
    const left = column.getElement().offsetLeft;
    if (left - frozen < holder.scrollLeft) holder.scrollLeft = left - frozen;
    else if (left + column.getWidth() > holder.scrollLeft + holder.clientWidth) holder.scrollLeft = left + column.getWidth() - holder.clientWidth;
  }

  element() {
    const { row, field } = this.activeCell;
    return row ? this.box.querySelector(`[data-id="${CSS.escape(row)}"] > .tabulator-cell[tabulator-field="${CSS.escape(field)}"]`) : null;
  }

  _paintSoon() {
    if (this.painting) return;
    this.painting = requestAnimationFrame(() => {
      this.painting = 0;
      this.paint();
    });
  }

  paint() {
    void this.shownRows;
    const { top, bottom, left, right } = this.range;
    const single = top === bottom && left === right;
    for (const element of this.box.querySelectorAll(".tabulator-row")) {
      const at = this.positions.get(element.dataset.id);
      const inside = at >= top && at <= bottom;
      if (!inside && !element.classList.contains("in-range")) continue;
      element.classList.toggle("in-range", inside);
      element.setAttribute("aria-rowindex", String(at + 2));
      let col = -1;
      for (const cell of element.children) {
        if (!cell.classList.contains("tabulator-cell")) continue;
        const within = inside && col >= left && col <= right;
        cell.classList.toggle("selected", within && !single);
        cell.classList.toggle("active", inside && at === this.active.row && col === this.active.col);
        if (within) cell.setAttribute("aria-selected", "true");
        else cell.removeAttribute("aria-selected");
        col++;
      }
    }
    const here = this.element();
    if (here) this.box.setAttribute("aria-activedescendant", here.id);
    else this.box.removeAttribute("aria-activedescendant");
    this.letIn();
  }

  // Brings the screen to the state of the model after changes. Few rows are changed in place, many at once are laid out anew.
  async show(changes) {
    const structure = changes.filter((change) => change.op !== "set");
    if (structure.length) {
      await this.table.replaceData(this.model.rows);
      this.box.setAttribute("aria-rowcount", String(this.model.rows.length + 1));
      this._reorder();
    } else this.redraw(new Set(changes.map((change) => change.row)));
    this.paint();
  }

  // Rows that were never on the screen need nothing: they are drawn from the data when they come.
  redraw(ids) {
    void this.shownRows;
    for (const row of this.table.getRows()) {
      if (!ids.has(row.getData()._id)) continue;
      for (const cell of row._row.cells) {
        cell.value = row.getData()[cell.column.field];
        if (cell.loaded) cell.layoutElement();
      }
    }
    this._paintSoon();
  }
}

function clamp(n, length) {
  return Math.max(0, Math.min(n, length - 1));
}

function compare(field, a, b, numeric) {
  if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
  if (numeric) {
    const [x, y] = [Number(a.replace(/\s/g, "").replace(",", ".")), Number(b.replace(/\s/g, "").replace(",", "."))];
    if (Number.isFinite(x) && Number.isFinite(y)) return x - y;
  }
  return shown(field, a).localeCompare(shown(field, b), document.documentElement.lang, { numeric: true });
}

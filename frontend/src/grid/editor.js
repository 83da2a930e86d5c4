// One input over the active cell; for code lists with the entries below it (the combobox pattern of ARIA).

import { h } from "../dom.js";
import { matches, shown, stored } from "./codes.js";

let serial = 0;

export class Editor extends EventTarget {
  constructor(sheet, say) {
    super();
    Object.assign(this, { sheet, say, open: false });
  }

  // `text` replaces the content (typing begins the edit); without it the content is there to be changed.
  start(text = null) {
    const cell = this.sheet.element();
    const { row, field: id } = this.sheet.activeCell;
    const field = this.sheet.model.byField.get(id);
    if (!cell || !field || field.readonly || this.sheet.model.readonly || this.open) return false;
    Object.assign(this, { open: true, row, field, before: this.sheet.model.value(row, id), at: -1 });
    this.input = h("input", { class: "cell-input", type: "text", "aria-label": field.title, autocomplete: "off", spellcheck: "false", maxlength: field.codes ? false : field.max_length });
    if (["integer", "decimal", "number"].includes(field.type)) this.input.inputMode = field.type === "integer" ? "numeric" : "decimal";
    this.input.value = text ?? shown(field, this.before);
    this._put(cell);
    if (field.codes) this._offer(text ?? "");
    this.input.addEventListener("keydown", (event) => this._key(event));
    this.input.addEventListener("input", () => field.codes && this._offer(this.input.value, true));
    this.input.addEventListener("blur", () => this.finish());
    this.input.focus({ preventScroll: true });
    if (text === null) this.input.select();
    return true;
  }

  _put(cell) {
    const { holder } = this.sheet;
    const [a, b] = [cell.getBoundingClientRect(), holder.getBoundingClientRect()];
    const style = this.input.style;
    style.left = `${a.left - b.left + holder.scrollLeft}px`;
    style.top = `${a.top - b.top + holder.scrollTop}px`;
    style.width = `${Math.max(a.width, this.field.codes ? 160 : 90)}px`;
    style.height = `${a.height}px`;
    holder.append(this.input);
  }

  _offer(text, typed = false) {
    this.list ||= this._list();
    this.entries = matches(this.field, text);
    const items = this.entries.map(([code, title], i) =>
      h("li", { role: "option", id: `${this.list.id}-${i}`, "aria-selected": "false", onmousedown: (event) => this._take(event, i) }, h("span", { class: "code" }, code), h("span", {}, title)),
    );
    if (!items.length) items.push(h("li", { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, this.say("nocode")));
    this.list.replaceChildren(...items);
    this.typed = typed;
    const here = this.entries.findIndex(([code]) => code === this.before);
    this._mark(typed ? (this.entries.length ? 0 : -1) : here);
    this._place();
  }

  _list() {
    const list = h("ul", { class: "cell-list", role: "listbox", id: `codes-${++serial}`, "aria-label": this.field.title });
    document.body.append(list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "true", "aria-controls": list.id, "aria-autocomplete": "list" })) this.input.setAttribute(name, value);
    return list;
  }

  _place() {
    const box = this.input.getBoundingClientRect();
    const below = innerHeight - box.bottom;
    const style = this.list.style;
    style.left = `${Math.min(box.left, innerWidth - 260)}px`;
    style.minWidth = `${Math.max(box.width, 220)}px`;
    style.maxHeight = `${Math.min(280, Math.max(below, box.top) - 12)}px`;
    style.top = below > 200 || below > box.top ? `${box.bottom + 2}px` : "auto";
    style.bottom = below > 200 || below > box.top ? "auto" : `${innerHeight - box.top + 2}px`;
  }

  _mark(at) {
    this.list.children[this.at]?.setAttribute("aria-selected", "false");
    this.at = at;
    const item = this.list.children[at];
    if (item && this.entries[at]) {
      item.setAttribute("aria-selected", "true");
      item.scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", item.id);
    } else this.input.removeAttribute("aria-activedescendant");
  }

  _take(event, at) {
    event.preventDefault();
    this.at = at;
    this.chosen = true;
    this.finish(1, 0);
  }

  _key(event) {
    event.stopPropagation();
    const { key } = event;
    if (this.list && (key === "ArrowDown" || key === "ArrowUp")) {
      event.preventDefault();
      this.chosen = true;
      this._mark(Math.max(0, Math.min(this.at + (key === "ArrowDown" ? 1 : -1), this.entries.length - 1)));
    } else if (key === "Enter") {
      event.preventDefault();
      this.finish(event.shiftKey ? -1 : 1, 0);
    } else if (key === "Tab") {
      event.preventDefault();
      this.finish(0, event.shiftKey ? -1 : 1);
    } else if (key === "Escape") {
      event.preventDefault();
      this.input.value = shown(this.field, this.before);
      this.chosen = this.typed = false;
      this.finish();
    } else if ((key === "ArrowDown" || key === "ArrowUp") && !this.list) {
      event.preventDefault();
      this.finish(key === "ArrowDown" ? 1 : -1, 0);
    }
  }

  // Writes what stands in the input and moves on. Of a code list the marked entry counts when it was chosen or typed towards.
  finish(rows = 0, cols = 0) {
    if (!this.open) return;
    this.open = false;
    const entry = this.entries?.[this.at];
    const text = this.input.value;
    let value = stored(this.field, text);
    if (this.field.codes && entry && (this.chosen || (this.typed && text.trim() && !this.field.codes.some(([code]) => code === value)))) value = entry[0];
    const had = document.activeElement === this.input;
    const { row, field } = this;
    this.input.remove();
    this.list?.remove();
    Object.assign(this, { list: null, entries: null, chosen: false, typed: false });
    this.dispatchEvent(new CustomEvent("done", { detail: { row, field: field.id, value, rows, cols, refocus: had || rows || cols } }));
  }
}

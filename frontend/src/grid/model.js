// The rows of a return with what was done to them. Knows nothing of the page.
// A change is as in the protocol: {op: "set"|"add"|"delete", row, …}; a step of undo is a list of changes with its inverse.

export class Model extends EventTarget {
  constructor({ fields, rows, readonly }) {
    super();
    this.fields = fields;
    this.byField = new Map(fields.map((field) => [field.id, field]));
    this.rows = rows;
    this.readonly = readonly;
    this.fixed = readonly || fields.some((field) => field.readonly); // somebody else's rows: none are added or deleted here
    this.byId = new Map(rows.map((row) => [row._id, row]));
    this.done = [];
    this.undone = [];
    this.findings = new Map(); // row id → Map(field id or "" → [finding])
    this.causes = [];
    this.list = [];
    this.open = new Set(); // rows with findings that are not explained
  }

  value(row, field) {
    return this.byId.get(row)?.[field] ?? "";
  }

  // Does the changes that change anything and tells about them. `origin` is "edit", "undo", "redo" or "server".
  apply(changes, origin = "edit") {
    const made = [];
    const inverse = [];
    for (const change of changes) {
      const back = this[`_${change.op}`](change);
      if (!back) continue;
      made.push(change);
      inverse.unshift(back);
    }
    if (!made.length) return made;
    if (origin === "edit") {
      this.done.push({ made, inverse });
      this.undone = [];
    }
    this.dispatchEvent(new CustomEvent("change", { detail: { changes: made, origin } }));
    return made;
  }

  undo() {
    return this._turn(this.done, this.undone, "undo");
  }

  redo() {
    return this._turn(this.undone, this.done, "redo");
  }

  // A step turned back is made of ordinary changes: `was` is what stands there now, not what stood there then.
  _turn(from, to, origin) {
    const step = from.pop();
    if (!step) return [];
    const changes = step.inverse.map((change) => (change.op === "set" ? { ...change, was: this.value(change.row, change.field) } : change));
    to.push({ made: changes, inverse: step.made.toReversed ? step.made.toReversed() : [...step.made].reverse() });
    return this.apply(changes, origin);
  }

  _set(change) {
    const row = this.byId.get(change.row);
    if (!row) return null;
    const before = row[change.field] ?? "";
    if (before === change.value) return null;
    row[change.field] = change.value;
    change.was ??= before;
    return { op: "set", row: change.row, field: change.field, value: before, was: change.value };
  }

  _add(change) {
    if (this.byId.has(change.row)) return null;
    const row = { _id: change.row, ...change.values };
    const at = change.after === null ? -1 : this.rows.findIndex((other) => other._id === change.after);
    if (change.first) this.rows.unshift(row);
    else if (at < 0) this.rows.push(row);
    else this.rows.splice(at + 1, 0, row);
    this.byId.set(change.row, row);
    return { op: "delete", row: change.row };
  }

  _delete(change) {
    const at = this.rows.findIndex((row) => row._id === change.row);
    if (at < 0) return null;
    const [row] = this.rows.splice(at, 1);
    this.byId.delete(change.row);
    const values = Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith("_")));
    const after = at > 0 ? this.rows[at - 1]._id : null;
    return { op: "add", row: change.row, after, first: after === null, values };
  }

  // What the server found; replaces what it had found before.
  judge(findings, causes) {
    const before = this.findings;
    this.findings = new Map();
    this.open = new Set();
    for (const finding of findings || []) {
      if (!this.byId.has(finding.row)) continue; // about the whole return, or about a row that was deleted meanwhile
      if (finding.severity !== "explained") this.open.add(finding.row);
      const fields = this.findings.get(finding.row) || new Map();
      const key = this.byField.has(finding.field) ? finding.field : "";
      fields.set(key, [...(fields.get(key) || []), finding]);
      this.findings.set(finding.row, fields);
    }
    this.causes = causes || [];
    this.list = findings || [];
    const rows = new Set([...before.keys(), ...this.findings.keys()]);
    this.dispatchEvent(new CustomEvent("judged", { detail: { rows } }));
  }

  at(row, field) {
    return this.findings.get(row)?.get(field) || [];
  }
}

const ORDER = ["blocks", "explain", "note", "explained"];
export const ICONS = { blocks: "alert-circle", explain: "alert-triangle", note: "info-circle", explained: "circle-check" };

export function worst(findings) {
  return ORDER.find((severity) => findings.some((finding) => finding.severity === severity)) || findings[0]?.severity || "";
}

export function newId() {
  return `n-${crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join("")}`;
}

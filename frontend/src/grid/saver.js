// Sends changes to the server some time after the last edit, keeps them in the browser until they are received, and tries
// again when the connection fails. Changes on their way are never altered: sent twice, they are the same and do nothing twice.

import { csrfToken } from "../dom.js";

const PAUSE = 600;
const RETRY = [2000, 4000, 8000, 15000, 30000];

export class Saver extends EventTarget {
  constructor({ url, key, version }) {
    super();
    Object.assign(this, { url, store: `sapa-grid:${key || url}`, version, queue: [], waiting: new Map(), sent: [], tries: 0, stopped: false });
    addEventListener("online", () => this.retry());
    addEventListener("pagehide", () => this._keep());
    addEventListener("beforeunload", (event) => {
      if (this.pending && !this.stopped) event.preventDefault();
    });
  }

  get pending() {
    return this.queue.length + this.sent.length;
  }

  // Changes left over from an earlier visit, or nothing.
  leftOver() {
    try {
      return JSON.parse(localStorage.getItem(this.store) || "null")?.changes || [];
    } catch {
      return [];
    }
  }

  add(changes) {
    for (const change of changes) this._queue(change);
    this._keep();
    this._say(this.offline || "waiting");
    this._later(PAUSE);
  }

  // Two changes of one cell that both still wait are one: from what stood there first to what stands there last. Adding or
  // deleting its row in between keeps them apart.
  _queue({ first, ...change }) {
    if (change.op !== "set") {
      this.waiting.delete(change.row);
      this.queue.push(change);
      return;
    }
    const cells = this.waiting.get(change.row) || new Map();
    const other = cells.get(change.field);
    if (!other) {
      this.waiting.set(change.row, cells.set(change.field, change));
      this.queue.push(change);
    } else {
      other.value = change.value;
      if (other.value !== other.was) return;
      cells.delete(change.field);
      this.queue.splice(this.queue.indexOf(other), 1);
    }
  }

  retry() {
    if (this.pending && !this.stopped) this._later(0);
  }

  _later(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this._send(), pause);
  }

  async _send() {
    if (this.busy || this.stopped || !this.pending) return;
    this.busy = true;
    if (!this.sent.length) {
      this.sent = this.queue;
      this._empty();
    }
    this._say("saving");
    try {
      await this._post();
    } finally {
      this.busy = false;
    }
  }

  async _post() {
    let response;
    let body = {};
    try {
      response = await fetch(this.url, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify({ version: this.version, changes: this.sent }),
        redirect: "manual",
      });
      if (response.headers.get("Content-Type")?.includes("json")) body = await response.json();
    } catch {
      return this._offline("offline");
    }
    if (response.ok) this._saved(body);
    else if (response.status === 409) this._conflict(body);
    else if (response.status === 423) this._stop("suspended", body.detail);
    else if (response.status === 400) this._stop("refused", body.detail);
    else if (response.type === "opaqueredirect" || [401, 403, 404].includes(response.status)) this._stop("signedout", body.detail);
    else this._offline("trouble");
  }

  _saved(body) {
    this.version = body.version;
    this.sent = [];
    this.tries = 0;
    this.offline = "";
    this._keep();
    this._say(this.queue.length ? "waiting" : "saved");
    this.dispatchEvent(new CustomEvent("received", { detail: body }));
    if (this.queue.length) this._later(PAUSE);
  }

  // The server did nothing: what was sent waits again, for the person to choose.
  _conflict(body) {
    this.version = body.version;
    const all = [...this.sent, ...this.queue];
    this.sent = [];
    this._empty();
    for (const change of all) this._queue(change);
    this._say("conflict");
    this.dispatchEvent(new CustomEvent("conflict", { detail: body }));
  }

  // After a choice: `keep` decides for each waiting change; kept ones start from what the other person wrote.
  settle(decide) {
    const all = this.queue;
    this._empty();
    for (const change of all.flatMap((change) => decide(change))) this._queue(change);
    this._keep();
    if (this.pending) this._later(0);
    else this._say("saved");
  }

  _offline(state) {
    this.offline = state;
    this._say(state);
    this._later(RETRY[Math.min(this.tries++, RETRY.length - 1)]);
  }

  // Nothing the page could do would help: the changes stay in this browser.
  _stop(state, detail) {
    this.stopped = true;
    this._keep();
    this._say(state, detail);
  }

  resume() {
    this.stopped = false;
    this.retry();
  }

  forget() {
    this.sent = [];
    this._empty();
    this._keep();
  }

  _empty() {
    this.queue = [];
    this.waiting = new Map();
  }

  _keep() {
    try {
      if (this.pending) localStorage.setItem(this.store, JSON.stringify({ changes: [...this.sent, ...this.queue] }));
      else localStorage.removeItem(this.store);
    } catch {
      // storage is full or forbidden: the page then asks before it is left
    }
  }

  _say(state, detail = "") {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, detail } }));
  }
}

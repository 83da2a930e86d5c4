// The questionnaire in the browser: the notice first, a draft that survives, sending that waits for a connection.
// The page works without it: then the server decides what is shown.
import { h, icon, words } from "../dom.js";
import { live } from "./live.js";
import { body, progress, putBack, show } from "./fields.js";
import { forget, keep, kept } from "./store.js";

const form = document.getElementById("answer");
const say = words("answer-words");
const arrived = document.getElementById("arrived");
if (arrived) forget(arrived.dataset.key);
if (form) begin();

function begin() {
  const { key, digest, worker } = form.dataset;
  takeCode();
  const draft = kept(key, "draft");
  const mine = draft && draft.digest === digest ? draft : null;
  if (mine) putBack(form, mine.body);
  const ballot = form.elements.ballot;
  ballot.value = mine?.ballot || number();
  hideCode();
  const react = live(form, (shown) => show(form, shown));
  const changed = () => {
    react();
    keep(key, "draft", { digest, ballot: ballot.value, body: body(form) });
    step();
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "more") return; // the server adds a turn
    event.preventDefault();
    send(changed);
  });
  react();
  notice(Boolean(mine));
  removal(key);
  step();
  if (kept(key, "waiting")) again();
  window.addEventListener("online", again);
  if (worker && "serviceWorker" in navigator) keepPage(worker).catch(() => undefined);
}

// The page, as it is opened first, and what it is drawn with: from now on it opens without a connection too.
async function keepPage(worker) {
  await navigator.serviceWorker.register(worker);
  const parts = [...document.querySelectorAll('link[rel="stylesheet"], link[rel="icon"], script[src]')].map((part) => part.href || part.src);
  const sprite = document.querySelector('meta[name="icons"]')?.content;
  await (await caches.open("sapa-answer-1")).addAll([location.pathname + location.search, ...parts, ...(sprite ? [sprite] : [])]);
}

// The code stands behind the #: it is taken into the form and leaves the address at once.
function takeCode() {
  const code = decodeURIComponent(location.hash.slice(1));
  if (!form.elements.code || !/^[0-9A-Za-z-]{8,40}$/.test(code)) return;
  form.elements.code.value = code;
  history.replaceState(null, "", location.pathname + location.search);
}

// Once it is known it needs no look: it comes back into sight where the server does not know it.
function hideCode() {
  const box = document.getElementById("code-box");
  if (box) box.hidden = Boolean(form.elements.code.value);
}

function number() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function notice(resumed) {
  const card = document.getElementById("notice");
  const button = document.getElementById("begin");
  if (!card || !button) return;
  form.hidden = true;
  button.hidden = false;
  if (resumed) button.firstChild.textContent = say("resume");
  button.addEventListener("click", () => {
    card.hidden = true;
    form.hidden = false;
    document.getElementById("progress").hidden = false;
    step(); // what was hidden did not count
    document.getElementById("main").focus();
    window.scrollTo(0, 0);
  });
}

function removal(key) {
  const button = document.getElementById("forget");
  button.hidden = false;
  button.addEventListener("click", () => {
    forget(key);
    form.reset();
    form.elements.ballot.value = number();
    tell("forgotten", "kept");
    step();
  });
}

function step() {
  const { done, of } = progress(form);
  const box = document.getElementById("progress");
  box.querySelector("progress").max = of || 1;
  box.querySelector("progress").value = done;
  box.querySelector(".num").textContent = say("step", { n: done, m: of });
}

async function send(changed) {
  const { key, digest } = form.dataset;
  const text = `${body(form)}&go=send`;
  tell("sending", "kept");
  let answer;
  try {
    answer = await fetch(form.action, {
      method: "POST",
      body: text,
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      credentials: "same-origin",
    });
  } catch {
    keep(key, "waiting", { digest, at: form.action });
    tell("waiting", "kept");
    return;
  }
  if (answer.ok) {
    forget(key);
    location.assign(form.dataset.thanks);
    return;
  }
  keep(key, "waiting", null);
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 422) refused(said, changed);
  else tell(["unknown", "shut"].includes(said.state) ? said.state : "refused", "bad");
  if (said.state === "unknown") document.getElementById("code-box").hidden = false;
}

function again() {
  if (kept(form.dataset.key, "waiting") && navigator.onLine) send(() => undefined);
}

function refused({ findings = [], shown = [], problem = "" }, changed) {
  const more = show(form, new Set(shown));
  const by = new Map();
  for (const { address, message } of findings) by.set(address, [...(by.get(address) || []), message]);
  let first = null;
  for (const box of form.querySelectorAll("fieldset[data-item]")) {
    const texts = by.get(box.dataset.item) || [];
    box.classList.toggle("has-error", texts.length > 0);
    box.querySelector("[data-errors]").replaceChildren(
      ...texts.map((text) => h("p", { class: "error" }, icon("alert-circle"), h("span", {}, text))),
    );
    if (texts.length && !first) first = box;
  }
  if (problem) tell(null, "bad", problem);
  else tell(more && findings.every((item) => item.code === "required") ? "further" : "wrong", "bad");
  const box = document.getElementById("code-box");
  if (problem && box) box.hidden = false;
  (problem ? document.getElementById("main") : first)?.scrollIntoView({ block: "center" });
  first?.querySelector("input:not([type=hidden]), select, textarea")?.focus({ preventScroll: true });
  changed();
}

function tell(key, tone, text = "") {
  const box = document.getElementById("told");
  box.className = tone;
  box.textContent = text || say(key);
  box.hidden = false;
  if (tone === "bad" || key === "waiting") box.scrollIntoView({ block: "nearest" });
}

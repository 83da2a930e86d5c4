// Checks a bundle in this browser: the file is not sent anywhere. Without this script, or where the browser lacks what it takes,
// the form is sent and the site checks.

import { h, icon, words } from "./dom.js";
import { Checker, NotABundle, factName, openBundle } from "./verify/bundle.js";
import { certificates, signatures } from "./verify/signature.js";

const TONES = { ok: ["tone-green", "circle-check"], failed: ["tone-red", "circle-x"], note: ["tone-grey", "circle-minus"] };
const able = globalThis.crypto?.subtle && globalThis.DecompressionStream;
const form = document.querySelector("form[data-verify]");
if (form && able) verifying(form);

function verifying(form) {
  const say = words(form.dataset.labels);
  const steps = JSON.parse(document.getElementById(form.dataset.steps).textContent);
  const said = document.getElementById(form.dataset.verdict);
  for (const part of form.querySelectorAll("[data-browser]")) part.hidden = false;

  form.addEventListener("submit", async (event) => {
    if (event.submitter?.name === "site") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    said.hidden = false;
    tell("info", say("checking"));
    try {
      const [data] = await given("bundle");
      if (data.length > Number(form.dataset.most)) throw new NotABundle();
      show(await checked(data));
    } catch (error) {
      tell("error", error instanceof NotABundle ? say("nobundle") : say("failed", { why: error.message }));
    }
    said.scrollIntoView({ block: "start" });
    said.focus({ preventScroll: true });
  }, true);

  async function checked(data) {
    const opened = await openBundle(data);
    const [witness] = await given("witness");
    const checker = new Checker(opened.document, opened.files, { log: (await given("log"))[0] ?? (await fetched()), witness });
    const roots = (await given("authorities")).flatMap(certificates);
    const found = (await checker.run()).filter(({ code }) => code !== "signature" && code !== "limit");
    return { checker, steps: [...found, ...(await signatures(opened, roots))] };
  }

  async function given(name) {
    const files = [...form.elements[name].files];
    return Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
  }

  async function fetched() {
    const answer = await fetch(form.dataset.log);
    if (!answer.ok) throw new Error(`${form.dataset.log}: ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  function show({ checker, steps: found }) {
    const holds = found.every(({ state }) => state !== "failed");
    said.replaceChildren(
      h("h2", {}, say("title")),
      notice(holds ? "success" : "error", holds ? say("holds") : say("broken")),
      facts(checker),
      h("ol", { class: "origin-way verdict" }, found.map(line)),
      h("p", { class: "quiet" }, `${say("here")} ${say("limit")}`),
    );
  }

  function facts({ fact, version }) {
    if (!fact.size || !version.size) return "";
    const [pack, number, name] = [version.get("pack"), version.get("version"), factName(fact)];
    const address = `${form.dataset.figure}${[pack, number, name.replaceAll("/", "%2F")].map(encodeURIComponent).join("/")}/`;
    const value = fact.get("value") === null ? say("hidden") : h("span", { class: "mono" }, String(fact.get("value")));
    return h(
      "dl", { class: "facts" },
      h("dt", {}, say("figure")), h("dd", {}, h("a", { class: "mono", href: address }, name)),
      h("dt", {}, say("value")), h("dd", {}, value),
      h("dt", {}, say("version")), h("dd", {}, `${pack} ${number}`),
    );
  }

  function line({ code, state, words: detail }) {
    const [title, meaning] = steps[code];
    const [tone, picture] = TONES[state];
    return h(
      "li", {},
      h("h2", {}, title, " ", h("span", { class: `state ${tone}` }, icon(picture), say(state === "failed" ? "failed_step" : state))),
      h("p", {}, meaning),
      h("details", { open: state === "failed" }, h("summary", {}, say("detail")), h("p", { class: "mono", lang: "en" }, detail)),
    );
  }

  function notice(tone, text) {
    const picture = { error: "alert-circle", success: "circle-check", info: "info-circle" }[tone];
    return h("div", { class: `notice ${tone}` }, icon(picture), h("div", { class: "body" }, h("p", {}, text)));
  }

  function tell(tone, text) {
    said.replaceChildren(notice(tone, text));
  }
}

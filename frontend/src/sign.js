// Signs the manifest of a return in this browser. The key file and its password never leave the page: what is sent is the
// form field "signature" with a detached CAdES-B-B signature (ETSI EN 319 122-1), base64 of DER.

import { h, icon, locale, words } from "./dom.js";
import { KeyFileError, openKeyFile } from "./sign/keyfile.js";
import { signDetached } from "./sign/cades.js";

for (const form of document.querySelectorAll("[data-sign]")) signing(form);

function signing(form) {
  const say = words(form.dataset.labels);
  const file = form.querySelector("input[type=file]");
  const password = form.querySelector("input[type=password]");
  const said = form.querySelector(".sign-said");
  const opener = form.querySelector("[data-sign-open]");
  const go = form.querySelector("[data-sign-go]");
  // The site's clock counts (a demonstration may stand at another day, and clocks of offices go wrong).
  const shift = form.dataset.now ? new Date(form.dataset.now) - Date.now() : 0;
  const now = () => new Date(Date.now() + shift);
  let key = null;

  const tell = (tone, text, ...more) => {
    const picture = { error: "alert-circle", success: "circle-check", info: "info-circle" }[tone];
    said.replaceChildren(h("div", { class: `notice ${tone}` }, icon(picture), h("div", { class: "body" }, h("p", {}, text), ...more)));
  };
  const close = () => {
    key = null;
    go.disabled = true;
  };
  const refuse = (error) => {
    close();
    tell("error", error instanceof KeyFileError ? say(error.code, error.values) : say("failed", { why: error.message || error }));
    if (error.code === "password") password.select();
  };

  async function open() {
    close();
    if (!file.files.length) return tell("error", say("nofile"));
    tell("info", say("reading"));
    opener.disabled = true;
    try {
      key = await openKeyFile(new Uint8Array(await file.files[0].arrayBuffer()), password.value, now(), form.dataset.unit);
      go.disabled = false;
      tell("success", say("ready"), facts(key));
      go.focus();
    } catch (error) {
      refuse(error);
    }
    opener.disabled = false;
  }

  function facts({ name, unit, issuer, until }) {
    const day = new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(until);
    const lines = [["signer", name], ["institution", unit], ["issuer", issuer], ["until", day]].filter(([, text]) => text);
    return h("dl", { class: "facts" }, lines.flatMap(([word, text]) => [h("dt", {}, say(word)), h("dd", {}, text)]));
  }

  file.addEventListener("change", () => {
    close();
    said.replaceChildren();
    password.focus();
  });
  password.addEventListener("input", close);
  password.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    open();
  });
  opener.addEventListener("click", open);
  form.addEventListener("submit", async (event) => {
    if (form.elements.signature.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!key) return open();
    go.disabled = true;
    tell("info", say("signing"));
    try {
      const manifest = JSON.parse(document.getElementById(form.dataset.manifest).textContent);
      const payload = Uint8Array.from(atob(manifest), (letter) => letter.charCodeAt(0));
      form.elements.signature.value = await signDetached(payload, key, now());
    } catch (error) {
      return refuse(error);
    }
    password.value = "";
    tell("success", say("signed"));
    // in a task of its own: a form is not submitted again while its submit event is still being handled
    setTimeout(() => form.requestSubmit());
  }, true);
  window.addEventListener("pageshow", () => (form.elements.signature.value = ""));
}

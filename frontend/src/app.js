import htmx from "htmx.org";
import "./behaviours.js";
import { csrfToken } from "./dom.js";

window.htmx = htmx;
// The same is in the page's htmx-config; here it can't be forgotten.
Object.assign(htmx.config, { allowEval: false, allowScriptTags: false, includeIndicatorStyles: false, selfRequestsOnly: true, historyCacheSize: 0 });

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
});


// A refusal is said, never swallowed: htmx leaves the page as it was when the answer is an error.
document.addEventListener("htmx:responseError", (event) => tell(event.detail.xhr.getResponseHeader("X-Message")));
document.addEventListener("htmx:sendError", () => tell());

function tell(text) {
  const box = document.getElementById("live");
  if (!box) return;
  box.textContent = text || box.dataset.failed;
  box.hidden = false;
}

document.addEventListener("htmx:beforeRequest", () => {
  const box = document.getElementById("live");
  if (box) box.hidden = true;
});

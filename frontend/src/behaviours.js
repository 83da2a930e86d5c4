// Small behaviours that pages ask for with data attributes. Each page works without them.

const root = document.documentElement;

// data-theme-switch: light ↔ dark, kept in this browser.
on("click", "[data-theme-switch]", () => {
  const dark = (root.dataset.bsTheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.bsTheme = dark ? "light" : "dark";
  try {
    localStorage.setItem("sapa-theme", root.dataset.bsTheme);
  } catch {
    // the choice then lasts as long as the page
  }
  document.dispatchEvent(new CustomEvent("sapa:theme"));
});

// The side navigation on a phone.
on("click", "[data-nav-switch]", (button) => {
  const open = root.classList.toggle("nav-open");
  button.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector("#side a")?.focus();
});

// <details class="menu">: one open at a time, closed by Escape and by a click elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (root.classList.contains("nav-open")) {
    document.querySelector("[data-nav-switch]").click();
    document.querySelector("[data-nav-switch]").focus();
  }
});

// <form data-confirm="Return this submission?">: asked before it is sent.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm || form.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A form is sent once: a second click while the first travels does nothing. Downloads (data-again) may be repeated.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || "again" in form.dataset || form.closest("[hx-post],[data-hx-post]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

on("click", "[data-print]", () => window.print());
on("click", "[data-dialog]", (button) => document.querySelector(button.dataset.dialog)?.showModal());
on("click", "[data-dialog-close]", (button) => button.closest("dialog").close());
on("click", "[data-dismiss]", (button) => button.closest(".notice, .alert")?.remove());

// data-copy="text": the button says so for two seconds.
on("click", "[data-copy]", async (button) => {
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.querySelector("[data-copy-label]") || button;
  const before = label.textContent;
  label.textContent = button.dataset.copied || "✓";
  setTimeout(() => (label.textContent = before), 2000);
});

// data-filter-list="#id": hides what does not contain the typed words. For short lists that are whole in the page.
on("input", "[data-filter-list]", (field) => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of document.querySelectorAll(`${field.dataset.filterList} > *`)) {
    const text = item.textContent.toLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
  }
});

// data-upload: a box where a file can be dropped on its <input type=file>.
for (const kind of ["dragover", "dragleave", "drop"]) {
  on(kind, "[data-upload]", (box, event) => {
    event.preventDefault();
    box.classList.toggle("dragging", kind === "dragover");
    if (kind !== "drop" || !event.dataTransfer.files.length) return;
    const input = box.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// data-show-when="field=value" on a part of a form.
document.addEventListener("change", showParts);
showParts();
function showParts() {
  for (const part of document.querySelectorAll("[data-show-when]")) {
    const [name, value] = part.dataset.showWhen.split("=");
    const fields = part.closest("form")?.querySelectorAll(`[name="${CSS.escape(name)}"]`) || [];
    const chosen = [...fields].some((field) => (field.type === "radio" || field.type === "checkbox" ? field.checked : true) && field.value === value);
    part.hidden = !chosen;
  }
}

function on(kind, selector, act) {
  document.addEventListener(kind, (event) => {
    const target = event.target instanceof Element ? event.target.closest(selector) : null;
    if (target) act(target, event);
  });
}

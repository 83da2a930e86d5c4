// What is looked at in a page, in the page itself. `examine` gives faults as texts; nothing in the page is changed for good.
(() => {
  const FOCUSABLE = "a[href], button, input, select, textarea, summary, iframe, audio[controls], video[controls], [tabindex], [contenteditable=true]";
  const SCROLLS_SIDEWAYS = "table, svg, pre, .tabulator, .chart-place, .chart-box img";
  const named = (node) => node.outerHTML.replace(/\s+/g, " ").slice(0, 110);
  const shown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const tabbable = () => [...document.querySelectorAll(FOCUSABLE)].filter((node) =>
    shown(node) && node.tabIndex >= 0 && !node.matches(":disabled") && node.type !== "hidden" && !radioLeftOut(node));

  // Of radio buttons with one name, Tab stops at the chosen one, or at the first.
  function radioLeftOut(node) {
    if (node.type !== "radio") return false;
    const group = [...document.querySelectorAll(`input[type=radio][name="${CSS.escape(node.name)}"]`)].filter((other) => other.form === node.form);
    return node !== (group.find((other) => other.checked) || group[0]);
  }

  // `pressed`: the size of targets counts. `colours`: only what may differ from the page in light, which was read before.
  const axeRun = async ({ pressed, colours }) => {
    const rules = colours ? { runOnly: ["color-contrast", "link-in-text-block"] } : { rules: { "target-size": { enabled: pressed } } };
    const found = await axe.run(document, { ...rules, resultTypes: ["violations", "incomplete"] });
    const told = (rules) => rules.map((rule) => `${rule.id}: ${rule.nodes.slice(0, 4).map((node) => node.html.replace(/\s+/g, " ").slice(0, 140)).join(" | ")}`);
    return { faults: told(found.violations), unsure: found.incomplete.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${[...node.any, ...node.all, ...node.none].map((check) => check.data?.messageKey || check.id)[0]}`)) };
  };

  // Nothing is wider than the window; only tables and charts scroll sideways, in boxes of their own that the keyboard reaches.
  function wide() {
    const faults = [];
    const boxes = [...document.querySelectorAll("body *")].filter((node) =>
      /auto|scroll/.test(getComputedStyle(node).overflowX) && node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 1 && shown(node));
    for (const box of boxes) {
      if (!box.matches("textarea, select") && !box.closest(".tabulator") && !box.matches(SCROLLS_SIDEWAYS) && !box.querySelector(SCROLLS_SIDEWAYS)) faults.push(`scrolls sideways: ${named(box)}`);
      if (!box.matches(FOCUSABLE) && !box.querySelector(FOCUSABLE)) faults.push(`scrolls and the keyboard does not reach it: ${named(box)}`);
    }
    if (document.documentElement.scrollWidth <= innerWidth) return faults;
    const out = [...document.querySelectorAll("body *")].filter((node) =>
      node.getBoundingClientRect().right > innerWidth + 1 && shown(node) && !boxes.some((box) => box !== node && box.contains(node)));
    return [...faults, `wider than the window by ${document.documentElement.scrollWidth - innerWidth}: ${out.slice(-3).map(named).join(" | ")}`];
  }

  // With the spacing of WCAG 1.4.12 no words are cut off that were whole before.
  function spaced() {
    const before = new Set(cut());
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    const faults = cut().filter((node) => !before.has(node)).map((node) => `cut off when letters are spaced: ${named(node)}`);
    if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the window when letters are spaced");
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    return faults;
  }
  function cut() {
    return [...document.querySelectorAll("body *")].filter((node) => {
      const style = getComputedStyle(node);
      const clips = (way) => /hidden|clip/.test(style[way]);
      if (!shown(node) || node.clientWidth < 3 || node.clientHeight < 3 || !node.textContent.trim() || node.closest("svg, .tabulator")) return false;
      return (clips("overflowX") && node.scrollWidth > node.clientWidth + 1) || (clips("overflowY") && node.scrollHeight > node.clientHeight + 1);
    });
  }

  // Each control can have the focus, shows it, and is not hidden behind anything when it has it. Of more than `most`, evenly chosen ones.
  function focus(most) {
    const faults = [], all = tabbable(), step = Math.max(1, Math.ceil(all.length / most));
    for (const node of all.filter((one, place) => place % step === 0 && !one.closest(".tabulator"))) { // the grid's cells move the focus themselves
      const plain = getComputedStyle(node).boxShadow;
      node.focus();
      if (document.activeElement !== node) {
        faults.push(`takes no focus: ${named(node)}`);
        continue;
      }
      const ringed = (one) => one && getComputedStyle(one).outlineStyle !== "none" && parseFloat(getComputedStyle(one).outlineWidth) >= 2;
      const ring = ringed(node) || ringed(node.closest("label")); // the label around it is the larger mark
      if (!ring && getComputedStyle(node).boxShadow === plain) faults.push(`focus is not seen: ${named(node)}`);
      if (!uncovered(node)) faults.push(`hidden when it has the focus: ${named(node)}`);
    }
    document.activeElement?.blur();
    scrollTo(0, 0);
    return faults;
  }
  function uncovered(node) {
    const whole = node.getClientRects()[0];
    if (!whole || whole.width < 2 || whole.height < 2) return true; // drawn by its label
    const left = Math.max(whole.left, 0), top = Math.max(whole.top, 0); // of what is larger than the window, what is in it
    const part = { left, top, width: Math.min(whole.right, innerWidth) - left, height: Math.min(whole.bottom, innerHeight) - top };
    if (part.width <= 0 || part.height <= 0) return false;
    const labels = [...(node.labels || [])];
    const places = [.5, .1, .9].flatMap((x) => [.5, .15, .85].map((y) => [part.left + part.width * x, part.top + part.height * y]));
    return places.some(([x, y]) => {
      const top = document.elementFromPoint(x, y);
      return top && (node.contains(top) || top.contains(node) && top.matches(FOCUSABLE) || labels.some((label) => label.contains(top)));
    });
  }

  // Where Tab has been, in order; `begin` clears it. A grid is one stop: inside it Tab goes from cell to cell until Escape.
  const visited = new Set();
  document.addEventListener("focusin", (event) => visited.add(event.target.closest("[data-grid]") || event.target));
  const stops = () => [...new Set(tabbable().map((node) => node.closest("[data-grid]") || node))];
  // How often Tab is pressed to leave it: dates have parts, a grid has its tools.
  const presses = (node) => (/^(date|datetime-local|time|month|week)$/.test(node.type) ? 7 : node.matches("[data-grid]") ? 20 : 1);
  function begin() {
    document.activeElement?.blur();
    getSelection().removeAllRanges();
    visited.clear();
    return stops().reduce((sum, node) => sum + presses(node), 0);
  }
  function missed(pressed) {
    const faults = [];
    for (const node of stops()) {
      pressed -= presses(node);
      if (pressed < 0) break;
      if (!visited.has(node)) faults.push(`Tab does not come to: ${named(node)}`);
    }
    return faults;
  }

  window.everywhere = { axe: axeRun, wide, spaced, focus, begin, missed };
})();

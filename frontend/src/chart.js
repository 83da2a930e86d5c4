// Draws the Vega-Lite specifications of a page in the place of the pictures that the server has drawn. Expressions are
// interpreted (no eval), the style is the site's own, and if anything fails the server's picture stays.

import embed from "vega-embed";
import { expressionInterpreter } from "vega-interpreter";

const settled = new WeakMap();

async function draw(box) {
  const spec = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  const place = box.querySelector("[data-chart-place]");
  const fresh = document.createElement("div");
  settled.get(box)?.finalize();
  if (spec.width === undefined && !spec.facet && !spec.hconcat && !spec.vconcat && !spec.repeat && !spec.encoding?.facet && !spec.encoding?.column && !spec.encoding?.row) {
    spec.width = Math.max(220, place.clientWidth - 140);
  }
  place.setAttribute("aria-busy", "true");
  fresh.className = "chart-live";
  try {
    const result = await embed(fresh, spec, {
      actions: false, ast: true, expr: expressionInterpreter, renderer: "svg", defaultStyle: false,
      tooltip: { disableDefaultStyle: true }, config: look(), formatLocale: numbers(),
    });
    settled.set(box, result);
    place.replaceChildren(fresh);
    box.dataset.drawn = "1";
  } catch (error) {
    console.warn("the chart could not be drawn here, the picture of the server stays:", error);
  }
  place.removeAttribute("aria-busy");
}

// The colours of the page, so that a chart changes with the theme; what the specification says itself holds.
function look() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  const [ink, quiet, line] = [token("ink"), token("ink-2"), token("line")];
  return {
    background: "transparent", font: "Noto Sans, system-ui, sans-serif", padding: 4,
    view: { stroke: null }, mark: { color: token("accent") }, bar: { color: token("accent") }, line: { color: token("accent") }, rule: { color: quiet }, text: { color: ink },
    axis: { labelColor: quiet, titleColor: quiet, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 },
    legend: { labelColor: quiet, titleColor: quiet, labelFontSize: 12 }, title: { color: ink, fontSize: 14 }, header: { labelColor: quiet, titleColor: quiet },
    range: { category: ["#2f7ea6", "#c4761b", "#4c9a6a", "#8a6bbf", "#b5524b", "#6e8a93", "#a39a3a", "#c06a9b"] },
  };
}

// Decimal point and grouping of the page's language, as the browser knows them.
function numbers() {
  const parts = new Intl.NumberFormat(document.documentElement.lang || "en", { minimumFractionDigits: 1, useGrouping: true }).formatToParts(1234567.8);
  const of = (type, other) => parts.find((part) => part.type === type)?.value ?? other;
  return { decimal: of("decimal", "."), thousands: of("group", " "), grouping: [3], currency: ["", ""], percent: "%", minus: "−" };
}

async function drawAll() {
  for (const box of document.querySelectorAll("[data-chart]")) await draw(box);
}

drawAll();
document.addEventListener("sapa:theme", drawAll);
document.addEventListener("htmx:afterSettle", (event) => {
  for (const box of event.target.querySelectorAll?.("[data-chart]:not([data-drawn])") ?? []) draw(box);
});

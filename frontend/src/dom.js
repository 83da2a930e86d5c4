// Building elements without HTML text: nothing a person typed is ever parsed as markup.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const sprite = document.querySelector('meta[name="icons"]')?.content || "";

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

// The words of a page's JSON dictionary; {n} and the like are filled in.
export function words(id) {
  const texts = JSON.parse(document.getElementById(id)?.textContent || "{}");
  return (key, values = {}) => (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// English dates are written with the day first, as the server writes them.
const language = document.documentElement.lang || "en";
export const locale = language === "en" ? "en-GB" : language;

export const figure = (n) => new Intl.NumberFormat(locale).format(n);

export function csrfToken() {
  const meta = document.querySelector('meta[name="csrf-token"]')?.content;
  return meta || document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";
}

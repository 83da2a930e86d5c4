// The functions of expressions, each the same as under its name in sapa.instruments.functions on the server.

import { boolean, dayOf, days, momentOf, nodes, number, string } from "./values.js";

const DIGITS = 12;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEK = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

export function halfUp(value, places = 0) {
  if (!Number.isFinite(value)) return value;
  const kept = Math.max(-15, Math.min(15, Number.isNaN(places) ? 0 : places));
  const scale = Number(`1e${Math.abs(Math.trunc(kept))}`);
  const moved = kept >= 0 ? value * scale : value / scale;
  if (!Number.isFinite(moved)) return value;
  const floor = Math.floor(moved);
  const whole = moved - floor < 0.5 ? floor : floor + 1;
  return kept >= 0 ? whole / scale : whole * scale;
}

function steady(value) {
  return Number.isFinite(value) ? Number(value.toExponential(DIGITS - 1)) : value;
}

function power(base, exponent) {
  if (Number.isInteger(exponent) && Math.abs(exponent) <= 1024) {
    let result = 1;
    for (let turn = 0; turn < Math.abs(exponent); turn += 1) result *= base;
    return exponent >= 0 ? result : 1 / result;
  }
  if (base === 1) return 1;
  if (Number.isNaN(base) || Number.isNaN(exponent)) return NaN;
  if (!Number.isFinite(exponent)) return Math.abs(base) === 1 ? 1 : Math.abs(base) > 1 === exponent > 0 ? Infinity : 0;
  if (base === 0) return exponent > 0 ? 0 : Infinity;
  const result = steady(Math.pow(Math.abs(base), exponent));
  if (base > 0 || !Number.isFinite(base)) return result;
  return !Number.isInteger(exponent) ? NaN : exponent % 2 ? -result : result;
}

function letters(value) {
  return Array.from(string(value));
}

export function tokens(text) {
  return string(text).split(/[ \t\n\r]+/).filter(Boolean);
}

function numbers(values) {
  return values.flatMap((value) => (Array.isArray(value) ? value.map(number) : [number(value)]));
}

function extreme(best) {
  return (...values) => {
    const all = numbers(values);
    if (!all.length || all.some(Number.isNaN)) return NaN;
    return all.reduce((kept, next) => best(kept, next));
  };
}

function substr(text, start, end) {
  const said = letters(text);
  const first = number(start);
  const last = end === undefined ? said.length : number(end);
  if (!Number.isFinite(first) || !Number.isFinite(last)) return "";
  return said.slice(Math.trunc(first), Math.trunc(last)).join("");
}

function substring(text, start, length) {
  const first = halfUp(number(start));
  const past = length === undefined ? Infinity : first + halfUp(number(length));
  return letters(text).filter((_, at) => first <= at + 1 && at + 1 < past).join("");
}

function translate(text, old, fresh) {
  const replaced = new Map();
  const given = letters(fresh);
  letters(old).forEach((letter, at) => {
    if (!replaced.has(letter)) replaced.set(letter, given[at] ?? "");
  });
  return letters(text).map((letter) => (replaced.has(letter) ? replaced.get(letter) : letter)).join("");
}

function selectedAt(text, index) {
  const at = number(index);
  const words = tokens(text);
  return at >= 0 && at < words.length ? words[Math.trunc(at)] : "";
}

function ticked(value) {
  return value === "true" || number(value) > 0;
}

function between(least, most, total) {
  return (least === -1 || total >= least) && (most === -1 || total <= most);
}

function checklist(least, most, ...values) {
  return between(number(least), number(most), values.flatMap(nodes).filter(ticked).length);
}

function weighted(least, most, ...pairs) {
  let total = 0;
  for (let at = 0; at + 1 < pairs.length; at += 2) total += ticked(string(pairs[at])) ? number(pairs[at + 1]) : 0;
  return between(number(least), number(most), total);
}

function timeShare(value) {
  const said = string(value);
  const share = said.includes("T") ? days(said) : days(`1970-01-01T${said}`);
  return share - Math.floor(share);
}

function formatted(value, pattern) {
  const moment = momentOf(value);
  if (!moment) return "";
  const [year, month, day] = [moment.slice(0, 4), moment.slice(5, 7), moment.slice(8, 10)];
  const week = Math.floor(days(moment.slice(0, 10)));
  const parts = {
    Y: year, y: year.slice(2), m: month, n: String(Number(month)), b: MONTHS[Number(month) - 1], d: day, e: String(Number(day)),
    a: WEEK[((week % 7) + 7) % 7], H: moment.slice(11, 13), h: String(Number(moment.slice(11, 13))), M: moment.slice(14, 16),
    S: moment[16] === ":" ? moment.slice(17, 19) : "00", 3: "000", "%": "%",
  };
  const said = string(pattern);
  let out = "";
  for (let at = 0; at < said.length; at += 1) {
    if (said[at] === "%" && Object.hasOwn(parts, said[at + 1])) {
      out += parts[said[at + 1]];
      at += 1;
    } else out += said[at];
  }
  return out;
}

function before(text, mark) {
  const at = string(text).indexOf(string(mark));
  return at < 0 ? "" : string(text).slice(0, at);
}

function after(text, mark) {
  const at = string(text).indexOf(string(mark));
  return at < 0 ? "" : string(text).slice(at + string(mark).length);
}

const one = (action) => (value) => action(number(value));
const calm = (action) => (...values) => steady(action(...values.map(number)));

export const functions = {
  string,
  concat: (...values) => values.flatMap(nodes).join(""),
  join: (mark, ...values) => values.flatMap(nodes).join(string(mark)),
  substr,
  substring,
  "substring-before": before,
  "substring-after": after,
  translate,
  "string-length": (value) => letters(value).length,
  "normalize-space": (value) => tokens(value).join(" "),
  contains: (text, part) => string(text).includes(string(part)),
  "starts-with": (text, part) => string(text).startsWith(string(part)),
  "ends-with": (text, part) => string(text).endsWith(string(part)),
  coalesce: (...values) => values.map(string).find((said) => said !== "") ?? "",
  true: () => true,
  false: () => false,
  boolean,
  "boolean-from-string": (value) => ["true", "1"].includes(string(value)),
  not: (value) => !boolean(value),
  checklist,
  "weighted-checklist": weighted,
  number,
  int: one(Math.trunc),
  floor: one(Math.floor),
  ceiling: one(Math.ceil),
  round: (value, places = 0) => halfUp(number(value), number(places)),
  abs: one(Math.abs),
  sum: (...values) => numbers(values).reduce((total, next) => total + next, 0),
  max: extreme((a, b) => (b > a ? b : a)),
  min: extreme((a, b) => (b < a ? b : a)),
  pow: (base, exponent) => power(number(base), number(exponent)),
  exp10: (value) => power(10, number(value)),
  sqrt: one(Math.sqrt),
  pi: () => Math.PI,
  log: calm(Math.log),
  log10: calm(Math.log10),
  exp: calm(Math.exp),
  sin: calm(Math.sin),
  cos: calm(Math.cos),
  tan: calm(Math.tan),
  asin: calm(Math.asin),
  acos: calm(Math.acos),
  atan: calm(Math.atan),
  atan2: calm(Math.atan2),
  count: (value) => nodes(value).length,
  "count-non-empty": (value) => nodes(value).filter((each) => each !== "").length,
  selected: (text, code) => tokens(text).includes(string(code)),
  "selected-at": selectedAt,
  "count-selected": (text) => tokens(text).length,
  date: dayOf,
  "date-time": momentOf,
  "decimal-date-time": (value) => days(string(value)),
  "decimal-time": timeShare,
  "format-date": formatted,
  "format-date-time": formatted,
};

// What answers to a form come to, as sapa.instruments.answers.check_answers says on the server: the server judges, the page
// shows it early. `form` is what sapa.instruments.page.page_form gives; `now` is "YYYY-MM-DDTHH:MM:SS".
// Gives {answers, findings: [{address, item, code, message, value}], shown: Set, required: Set, offered: Map}.

import { evaluate, Frame, holds } from "./evaluate.js";
import { tokens } from "./functions.js";
import { number, string, written } from "./values.js";

const INSTANCES = 200;
const ROOM = 2000;
const LONGEST = 10000;
const OTHER = "other";
const INTEGER = /^[+-]?[0-9]{1,15}$/;
const DECIMAL = /^[+-]?([0-9]{1,15}([.,][0-9]{0,15})?|[.,][0-9]{1,15})$/;
const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const TIME = /^([0-9]{2}:[0-9]{2})(:[0-9]{2}(\.[0-9]{1,6})?)?$/;
const MOMENT = /^([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2})(:[0-9]{2}(\.[0-9]{1,6})?)?$/;

export function check(form, answers, { now, partial = false }) {
  const root = compute(form, answers, now);
  const verdict = { answers: {}, findings: [], shown: new Set(), required: new Set(), offered: new Map() };
  judgeFrame(form, root, form.order, "", verdict, partial, verdict.answers);
  return verdict;
}

export function compute(form, answers, now) {
  const root = new Frame({ now, today: now.slice(0, 10), labels: form.labels, room: [ROOM] }, answers);
  for (const name of form.steps) {
    const item = form.items[name];
    for (const frame of framesOf(root, item.repeats)) {
      if (item.group && !frame.shown.has(item.group)) continue;
      if (item.trees.relevant && !holds(item.trees.relevant, frame)) continue;
      frame.shown.add(name);
      if (item.type === "repeat") openRepeat(item, name, frame);
      else if (item.type !== "group" && item.type !== "note") fill(form, item, name, frame);
    }
  }
  return root;
}

function framesOf(root, repeats) {
  let frames = [root];
  for (const repeat of repeats) frames = frames.flatMap((frame) => frame.kids.get(repeat) ?? []);
  return frames;
}

function openRepeat(item, name, frame) {
  const raw = frame.given(name);
  let given = Array.isArray(raw) ? raw.filter((each) => each && typeof each === "object" && !Array.isArray(each)) : [];
  const room = frame.environment.room;
  let limit = Math.min(INSTANCES, room[0]);
  if (item.trees.count) {
    const wanted = number(evaluate(item.trees.count, frame));
    limit = Number.isNaN(wanted) ? 0 : Math.max(0, Math.trunc(Math.min(wanted, limit)));
    while (given.length < limit) given.push({});
  }
  if (given.length > limit) {
    frame.unread.set(name, { kind: "count", words: "count", named: { limit: String(limit) }, value: given.length });
    given = given.slice(0, limit);
  }
  room[0] -= given.length;
  frame.kids.set(name, given.map((each, index) => new Frame(frame.environment, each, frame, index)));
}

function fill(form, item, name, frame) {
  if (item.trees.calculation && (item.type === "calculate" || item.readOnly)) return calculate(form, item, name, frame);
  const given = frame.given(name);
  const read = readAnswer(form, item, given);
  if (read.problem) {
    frame.unread.set(name, { ...read.problem, value: given });
  } else if (read.value !== null) {
    frame.kept.set(name, read.value);
    frame.texts.set(name, read.text);
    if (item.other && [].concat(read.value).includes(OTHER)) fillOther(item, name, frame);
  } else if (item.trees.calculation) {
    calculate(form, item, name, frame);
  }
  return undefined;
}

function fillOther(item, name, frame) {
  const other = `${name}_${OTHER}`;
  frame.shown.add(other);
  const raw = frame.given(other);
  const said = typeof raw === "string" ? stripped(raw.replaceAll("\0", "")) : "";
  if (Array.from(said).length > LONGEST) {
    frame.unread.set(other, { kind: "length", words: "length", named: { limit: String(LONGEST) }, value: said });
  } else if (said) {
    frame.kept.set(other, said);
    frame.texts.set(other, said);
  }
}

function calculate(form, item, name, frame) {
  const given = frame.given(name);
  const value = evaluate(item.trees.calculation, frame, typeof given === "string" ? given : "");
  const text = typeof value === "number" && Number.isNaN(value) ? "" : string(value);
  if (!text) return;
  const read = item.type === "calculate" ? { value: text, text } : readAnswer(form, item, text);
  if (read.problem) frame.unread.set(name, { ...read.problem, value: text });
  else if (read.value !== null) {
    frame.kept.set(name, read.value);
    frame.texts.set(name, read.text);
  }
}

// Reading one answer

const nothing = { value: null, text: "" };
const problem = (words, kind = "type", named = {}) => ({ problem: { words, kind, named } });

function stripped(text) {
  return text.replace(/^[\s\x1c-\x1f\x85]+|[\s\x1c-\x1f\x85]+$/g, "");
}

function plain(given) {
  if (typeof given === "number") return written(given);
  return typeof given === "string" ? stripped(given).replaceAll("\u2212", "-") : null;
}

function readAnswer(form, item, given) {
  if (given === undefined || given === null || given === "" || (Array.isArray(given) && !given.length)) return nothing;
  return readers[item.type](item, given, form);
}

function codesOf(item, form) {
  const codes = (form.lists[item.choices] ?? []).map((choice) => choice.code);
  return new Set(item.other ? [...codes, OTHER] : codes);
}

function readMany(item, given, form) {
  const parts = [].concat(given).map(plain);
  if (parts.includes(null)) return problem("choice");
  const said = [...new Set(parts.flatMap(tokens))];
  if (!said.length) return nothing;
  const codes = codesOf(item, form);
  return said.every((each) => codes.has(each)) ? { value: said, text: said.join(" ") } : problem("choice", "choice");
}

function readMoment(words, pattern, shape) {
  return (item, given) => {
    const said = plain(given);
    const match = said === null ? null : pattern.exec(said);
    const kept = match && shape(match[1] ?? match[0]);
    return kept ? { value: kept, text: kept } : problem(words);
  };
}

function realDay(text) {
  const [year, month, day] = text.slice(0, 10).split("-").map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

const realTime = (text) => Number(text.slice(0, 2)) < 24 && Number(text.slice(3, 5)) < 60;

const readers = {
  integer(item, given) {
    const said = plain(given);
    if (said === "") return nothing;
    if (said === null || !INTEGER.test(said)) return problem("integer");
    return { value: Number(said) + 0, text: written(Number(said)) };
  },
  decimal(item, given) {
    const said = plain(given);
    if (said === "") return nothing;
    if (said === null || !DECIMAL.test(said)) return problem("decimal");
    const value = Number(said.replace(",", "."));
    return { value, text: written(value) };
  },
  text(item, given) {
    const raw = typeof given === "string" ? given : plain(given);
    if (raw === null) return problem("text");
    const said = stripped(raw.replaceAll("\r\n", "\n").replaceAll("\r", "\n").replaceAll("\0", ""));
    if (Array.from(said).length > LONGEST) return problem("length", "length", { limit: String(LONGEST) });
    return said ? { value: said, text: said } : nothing;
  },
  "select-one"(item, given, form) {
    const single = Array.isArray(given) && given.length === 1 ? given[0] : given;
    if (Array.isArray(single)) return problem("choice", "choice");
    const said = plain(single);
    if (said === null) return problem("choice");
    return codesOf(item, form).has(said) ? { value: said, text: said } : problem("choice", "choice");
  },
  "select-many": readMany,
  rank: readMany,
  date: readMoment("date", DATE, (text) => realDay(text) && text),
  time: readMoment("time", TIME, (text) => realTime(text) && text),
  datetime: readMoment("datetime", MOMENT, (text) => realDay(text) && realTime(text.slice(11)) && text.replace(" ", "T")),
  scale(item, given) {
    const said = plain(given);
    if (said === null) return problem("scale");
    const [low, high, step] = item.scale;
    const value = Number(said);
    const point = INTEGER.test(said) && value >= low && value <= high && (value - low) % step === 0;
    return point ? { value, text: written(value) } : problem("scale", "range", { low: String(low), high: String(high) });
  },
  acknowledge: (item, given) => ([true, "OK", "on", "true", "yes"].includes(given) ? { value: "OK", text: "OK" } : nothing),
};

// Judging, in the order of the form

function judgeFrame(form, frame, order, prefix, verdict, partial, kept) {
  judgeItems(form, frame, order, prefix, verdict, partial, kept);
  for (const name of Object.keys(frame.raw ?? {})) {
    if (!form.names.includes(name)) {
      find(form, verdict, prefix, name, "unknown", say(form, "unknown", { name: Array.from(name).slice(0, 80).join("") }));
    }
  }
  return kept;
}

function judgeItems(form, frame, order, prefix, verdict, partial, kept) {
  for (const [name, inside] of order) {
    if (!frame.shown.has(name)) continue;
    const item = form.items[name];
    verdict.shown.add(prefix + name);
    if (item.type === "group") judgeItems(form, frame, inside, prefix, verdict, partial, kept);
    else if (item.type === "repeat") {
      sayUnread(form, frame, prefix, name, verdict);
      const kids = frame.kids.get(name) ?? [];
      const all = kids.map((kid, at) => judgeFrame(form, kid, inside, `${prefix}${name}[${at}].`, verdict, partial, {}));
      if (all.length) kept[name] = all;
    } else if (item.type !== "note") judgeQuestion(form, item, name, frame, prefix, verdict, partial, kept);
  }
}

function judgeQuestion(form, item, name, frame, prefix, verdict, partial, kept) {
  const left = item.trees.choice_filter ? offer(form, item, name, frame, prefix, verdict) : null;
  const required = Boolean(item.trees.required) && holds(item.trees.required, frame, frame.texts.get(name) ?? "");
  if (required) verdict.required.add(prefix + name);
  if (sayUnread(form, frame, prefix, name, verdict)) return;
  if (!frame.kept.has(name)) {
    if (required && !partial) find(form, verdict, prefix, name, "required", item.words.required || say(form, "required"));
    return;
  }
  const value = frame.kept.get(name);
  kept[name] = value;
  if (left && [].concat(value).some((each) => !left.has(each))) {
    find(form, verdict, prefix, name, "choice", say(form, "choice"), value);
  } else if (item.type === "rank" && value.length < (left ?? codesOf(item, form)).size && !partial) {
    find(form, verdict, prefix, name, "choice", say(form, "rank"), value);
  } else if (item.trees.constraint && !holds(item.trees.constraint, frame, frame.texts.get(name))) {
    find(form, verdict, prefix, name, "constraint", item.words.constraint || say(form, "constraint"), value);
  }
  if (item.other) judgeOther(form, name, frame, prefix, verdict, partial, kept);
}

function judgeOther(form, name, frame, prefix, verdict, partial, kept) {
  const other = `${name}_${OTHER}`;
  if (!frame.shown.has(other)) return;
  verdict.shown.add(prefix + other);
  if (frame.kept.has(other)) kept[other] = frame.kept.get(other);
  else if (!sayUnread(form, frame, prefix, other, verdict) && !partial) {
    find(form, verdict, prefix, other, "other", say(form, "other"));
  }
}

function offer(form, item, name, frame, prefix, verdict) {
  const left = (form.lists[item.choices] ?? []).filter((choice) =>
    holds(item.trees.choice_filter, frame, { ...choice.values, name: choice.code, label: choice.label }),
  );
  verdict.offered.set(prefix + name, left.map((choice) => choice.code));
  return new Set(left.map((choice) => choice.code));
}

function sayUnread(form, frame, prefix, name, verdict) {
  const found = frame.unread.get(name);
  if (!found) return false;
  find(form, verdict, prefix, name, found.kind, say(form, found.words, found.named), found.value);
  return true;
}

function say(form, code, named = {}) {
  return Object.entries(named).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), form.words[code] ?? code);
}

function find(form, verdict, prefix, name, code, message, value = null) {
  verdict.findings.push({ address: prefix + name, item: name, code, message, value });
}

// Runs the settled trees that the server hands out (sapa.instruments.resolve says what each kind means). Nothing is parsed or
// compiled here, so the content policy needs no exception.

import { functions } from "./functions.js";
import { atMost, boolean, equal, less, number, string, unequal } from "./values.js";

// The answers of the form, or of one instance of a repeat: texts by name; what is hidden has none.
export class Frame {
  constructor(environment, raw, parent = null, index = 0) {
    Object.assign(this, { environment, raw, parent, index });
    this.texts = new Map();
    this.kept = new Map();
    this.kids = new Map();
    this.shown = new Set();
    this.unread = new Map();
  }

  given(name) {
    return this.raw && typeof this.raw === "object" && Object.hasOwn(this.raw, name) ? this.raw[name] : undefined;
  }
}

function out(frame, up) {
  let found = frame;
  for (let step = 0; step < up && found.parent; step += 1) found = found.parent;
  return found;
}

function all([, up, repeats, name], frame) {
  let frames = [out(frame, up)];
  for (const repeat of repeats) frames = frames.flatMap((each) => each.kids.get(repeat) ?? []);
  if (name === null) return frames.map(() => "");
  return frames.filter((each) => each.shown.has(name)).map((each) => each.texts.get(name) ?? "");
}

function indexed([, up, pairs, name], frame, here) {
  let place = out(frame, up);
  for (const [repeat, index] of pairs) {
    const at = number(evaluate(index, frame, here));
    const kids = place.kids.get(repeat) ?? [];
    if (!(at >= 1 && at <= kids.length)) return "";
    place = kids[Math.trunc(at) - 1];
  }
  return place.texts.get(name) ?? "";
}

const patterns = new Map();

function matches(pattern, text) {
  if (!patterns.has(pattern)) patterns.set(pattern, new RegExp(pattern, "u"));
  return patterns.get(pattern).test(text);
}

const arithmetic = { "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, div: (a, b) => a / b, mod: (a, b) => a % b };
const comparison = {
  "=": equal, "!=": unequal, "<": less, "<=": atMost, ">": (a, b) => less(b, a), ">=": (a, b) => atMost(b, a),
};

const kinds = {
  n: (tree) => tree[1],
  s: (tree) => tree[1],
  dot: (tree, frame, here) => here,
  neg: (tree, frame, here) => -number(evaluate(tree[1], frame, here)),
  or: (tree, frame, here) => boolean(evaluate(tree[1], frame, here)) || boolean(evaluate(tree[2], frame, here)),
  and: (tree, frame, here) => boolean(evaluate(tree[1], frame, here)) && boolean(evaluate(tree[2], frame, here)),
  if: (tree, frame, here) => evaluate(boolean(evaluate(tree[1], frame, here)) ? tree[2] : tree[3], frame, here),
  once: (tree, frame, here) => here || evaluate(tree[1], frame, here),
  get: (tree, frame) => out(frame, tree[1]).texts.get(tree[2]) ?? "",
  all,
  index: (tree, frame) => out(frame, tree[1]).index + 1,
  indexed,
  label: (tree, frame, here) => frame.environment.labels[tree[2]]?.[string(evaluate(tree[1], frame, here))] ?? "",
  rx: (tree, frame, here) => matches(tree[2], string(evaluate(tree[1], frame, here))),
  col: (tree, frame, here) => (Object.hasOwn(here, tree[1]) ? here[tree[1]] : ""),
  today: (tree, frame) => frame.environment.today,
  now: (tree, frame) => frame.environment.now,
  f: (tree, frame, here) => functions[tree[1]](...tree.slice(2).map((each) => evaluate(each, frame, here))),
};

export function evaluate(tree, frame, here = "") {
  const kind = tree[0];
  const sum = arithmetic[kind];
  if (sum) return sum(number(evaluate(tree[1], frame, here)), number(evaluate(tree[2], frame, here)));
  const test = comparison[kind];
  if (test) return test(evaluate(tree[1], frame, here), evaluate(tree[2], frame, here));
  return kinds[kind](tree, frame, here);
}

export function holds(tree, frame, here = "") {
  return boolean(evaluate(tree, frame, here));
}

// Checks the bundle of a published figure: the same steps with the same words as sapa.archive.standalone_bundle, which is the
// readable account of what is checked and why. tests/web/portal/test_verify_browser.py holds the two together.

import { parse } from "./json.js";
import { Failed, count, digest, hash, leads, leafHash, rootOf, same } from "./tree.js";
import { NotABundle, unzip } from "./zip.js";

export { NotABundle };

const [FORMAT, FIGURES, LOG] = ["sapa-bundle/1", "sapa-figures/1", "sapa-rootlog/1"];
const FACT_KEYS = ["count", "cut", "denominator", "flag", "indicator", "numerator", "period", "snapshot", "value"];
const VERSION_KEYS = ["digest", "facts", "format", "pack", "pack_digest", "pack_version", "roots", "salt", "version"];
const MEASURES = ["value", "numerator", "denominator", "count"];
const LIMIT = "that the figure follows from the returns: who may hold the rows computes it anew with sapa verify and sapa trace";
const UNSIGNED = "not checked here (it takes more than the standard library): see README.md";

const encoder = new TextEncoder();

export async function openBundle(data) {
  const files = await unzip(data);
  let document;
  try {
    document = parse(decoded(files.get("bundle.json")));
  } catch {
    throw new NotABundle("the file is no bundle");
  }
  if (!(document instanceof Map) || document.get("format") !== FORMAT) throw new NotABundle(`the file is not of the format ${FORMAT}`);
  return { document, files };
}

// All steps: {code, state, words}. `further` holds the bytes of facts, log and witness, where they are given.
export async function check({ document, files }, further = {}) {
  return new Checker(document, files, further).run();
}

export class Checker {
  constructor(document, files, { facts, log, witness } = {}) {
    Object.assign(this, { document, files, facts, log, witness, steps: [], fact: new Map(), version: new Map() });
  }

  async run() {
    await this.step("figure", () => this.figure());
    await this.step("statement", () => this.statement());
    await this.step("figures_logged", () => this.figuresLogged());
    const snapshots = this.document.get("snapshots");
    if (!Array.isArray(snapshots) || !snapshots.length) {
      this.steps.push({ code: "snapshot", state: "failed", words: "the bundle names no frozen state" });
    } else {
      for (const item of snapshots) await this.step("snapshot", () => this.snapshot(item));
    }
    await this.step("description", () => this.description());
    if (this.facts) await this.step("file", () => this.file());
    if (this.log) await this.step("log", () => this.wholeLog());
    if (this.witness) await this.step("witness", () => this.witnessed());
    this.steps.push({ code: "signature", state: "note", words: UNSIGNED });
    this.steps.push({ code: "limit", state: "note", words: LIMIT });
    return this.steps;
  }

  async step(code, work) {
    try {
      this.steps.push({ code, state: "ok", words: await work() });
    } catch (error) {
      this.steps.push({ code, state: "failed", words: error instanceof Failed ? error.message : "it cannot be read" });
    }
  }

  // The object in a leaf of the figures' tree, after its proof was checked.
  async leaf(part, keys) {
    const entry = of(this.document, part);
    const tree = of(this.document, "figures");
    const data = encoded(of(entry, "leaf"));
    const [index, size, proof, root] = [of(entry, "index"), of(tree, "size"), of(entry, "proof"), hash(of(tree, "root"))];
    if (!(await leads(data, index, size, proof, root))) {
      throw new Failed("the inclusion proof does not lead to the root of the version's figures");
    }
    const found = parse(of(entry, "leaf"));
    if (!(found instanceof Map) || found.size !== keys.length || !keys.every((name) => found.has(name))) {
      throw new Failed("the leaf holds other members than it must");
    }
    return found;
  }

  async figure() {
    const fact = await this.leaf("fact", FACT_KEYS);
    const index = of(of(this.document, "fact"), "index");
    if (index === 0n) throw new Failed("the leaf stands where the version's statement must");
    if (!isFact(fact)) throw new Failed("the leaf is no figure");
    this.fact = fact;
    const value = fact.get("value") === null ? "no value" : `value ${text(fact.get("value"))}`;
    const tree = of(this.document, "figures");
    return `${factName(fact)}, ${value}, is leaf ${index} of ${tree.get("size")} under ${tree.get("root")}`;
  }

  async statement() {
    const version = await this.leaf("version", VERSION_KEYS);
    const tree = of(this.document, "figures");
    if (of(of(this.document, "version"), "index") !== 0n || version.get("format") !== FIGURES || !isStatement(version)) {
      throw new Failed("it is no statement of a version");
    }
    if (count(version.get("facts")) + 1n !== tree.get("size")) throw new Failed("it counts other figures than the tree has");
    this.version = version;
    const [roots, fact] = [version.get("roots"), this.fact];
    if (fact.size && !roots.has(fact.get("period"))) throw new Failed("it names no frozen state of the figure's period");
    if (fact.size && ![...roots.values()].some((root) => root === fact.get("snapshot"))) {
      throw new Failed("the figure rests on a frozen state the statement does not name");
    }
    if (fact.size) {
      const given = each(of(this.document, "snapshots")).map((item) => of(item, "root"));
      if (!given.includes(fact.get("snapshot"))) throw new Failed("the bundle lacks the frozen state the figure rests on");
    }
    return `version ${version.get("version")} of ${version.get("pack")}, ${version.get("facts")} figures, file with digest ${version.get("digest")}`;
  }

  // The logged line that fits, its proof checked under the bundle's head.
  async line(wanted) {
    const log = of(this.document, "log");
    for (const entry of each(of(log, "lines"))) {
      const written = of(entry, "line");
      if (typeof written !== "string") throw new TypeError("a line is no text");
      const line = parse(written);
      if (line instanceof Map && wanted(line)) {
        const [index, size, proof, root] = [of(entry, "index"), of(log, "size"), of(entry, "proof"), hash(of(log, "root"))];
        if (!(await leads(encoded(written), index, size, proof, root))) {
          throw new Failed("the proof of its line does not lead to the head of the log");
        }
        return [index, line];
      }
    }
    throw new Failed("no line of the log names it");
  }

  async figuresLogged() {
    const root = of(of(this.document, "figures"), "root");
    const [index, line] = await this.line((line) => line.size === 2 && line.has("at") && equal(line.get("figures"), root));
    const log = this.document.get("log");
    return `logged at ${text(line.get("at"))} as line ${index} of ${log.get("size")} under ${log.get("root")}`;
  }

  async snapshot(item) {
    const [period, root] = [of(item, "period"), of(item, "root")];
    const named = this.version.size ? this.version.get("roots").get(period) : undefined;
    if (named === undefined || named !== root) throw new Failed(`the version rests on another state of ${text(period)}`);
    const leaves = words(this.files.get(`snapshots/${period}/leaves.txt`)).map(hash);
    if (!same(await rootOf(leaves), hash(root))) throw new Failed(`the leaves of ${period} give another root`);
    const wanted = { pack: this.version.get("pack"), period, root, size: BigInt(leaves.length) };
    const [index, line] = await this.line((line) => Object.entries(wanted).every(([name, value]) => equal(line.get(name), value)));
    const signed = this.files.get(`snapshots/${period}/root.json`);
    if (signed) {
      const statement = parse(decoded(signed));
      const fitting = { root, period, size: BigInt(leaves.length), as_of: of(line, "as_of") };
      const said = Object.entries(fitting).map(([name, value]) => equal(of(statement, name), value));
      if (said.includes(false)) {
        throw new Failed(`the signed statement of ${period} says something else`);
      }
    }
    return `${period}: ${leaves.length} signed returns as of ${text(of(line, "as_of"))} under ${root}, line ${index} of the log`;
  }

  description() {
    const about = of(this.document, "about");
    const told = new Map(each(of(about, "cut")).map((item) => [plain(of(item, "dimension")), of(item, "code")]));
    const [id, period] = [of(of(about, "indicator"), "id"), of(about, "period")];
    const here = equal(id, of(this.fact, "indicator")) && equal(period, of(this.fact, "period")) && equal(told, of(this.fact, "cut"));
    const title = of(of(about, "indicator"), "title");
    if (!here || MEASURES.some((name) => !equal(of(about, name), of(this.fact, name))) || typeof title !== "string") {
      throw new Failed("it describes another figure than the proved one");
    }
    return `it speaks of the proved figure: ${title}`;
  }

  async file() {
    const found = await digest(this.facts);
    if (!this.version.size || found !== this.version.get("digest")) {
      throw new Failed(`it has the digest ${found}, the statement names another`);
    }
    return "it is the file the statement names";
  }

  // The leaf hashes of the whole log, which give its own head.
  async hashes() {
    const document = parse(decoded(this.log));
    const lines = each(of(document, "lines")).map((line) => encoded(line));
    const leaves = await Promise.all(lines.map(leafHash));
    if (of(document, "log") !== LOG || !same(await rootOf(leaves), hash(of(document, "root")))) {
      throw new Failed("the lines of the log do not give its head");
    }
    return leaves;
  }

  async wholeLog() {
    const leaves = await this.hashes();
    const head = of(this.document, "log");
    const size = count(of(head, "size"));
    if (size > leaves.length || !same(await rootOf(leaves.slice(0, Number(size))), hash(of(head, "root")))) {
      throw new Failed("the bundle's head is none the log has ever had");
    }
    return `its first ${size} of ${leaves.length} lines give the bundle's head`;
  }

  async witnessed() {
    if (!this.log) throw new Failed("give the whole log too, with --log");
    const head = parse(decoded(this.witness));
    const leaves = await this.hashes();
    const size = count(of(head, "size"));
    if (of(head, "log") !== LOG || size > leaves.length || !same(await rootOf(leaves.slice(0, Number(size))), hash(of(head, "root")))) {
      throw new Failed("the log does not begin with the lines the witness saw");
    }
    return `the log still begins with the ${size} lines the witness saw`;
  }
}

export function factName(fact) {
  const cut = [...fact.get("cut")].sort(([one], [other]) => byLetters(one, other)).map(([name, code]) => `${name}=${code}`);
  return `${fact.get("indicator")}@${fact.get("period")}${cut.length ? `[${cut.join(",")}]` : ""}`;
}

function byLetters(one, other) {
  const [a, b] = [Array.from(one, (letter) => letter.codePointAt(0)), Array.from(other, (letter) => letter.codePointAt(0))];
  const at = a.findIndex((letter, n) => letter !== b[n]);
  return at < 0 ? a.length - b.length : a[at] - (b[at] ?? -1);
}

function isFact(fact) {
  const texts = ["indicator", "period", "snapshot"].every((name) => typeof fact.get(name) === "string");
  const cut = fact.get("cut");
  const numbers = MEASURES.every((name) => fact.get(name) === null || ["bigint", "number"].includes(typeof fact.get(name)));
  return texts && numbers && cut instanceof Map && [...cut.values()].every((code) => typeof code === "string");
}

function isStatement(version) {
  const texts = ["digest", "pack", "version"].every((name) => typeof version.get(name) === "string");
  const roots = version.get("roots");
  return texts && roots instanceof Map && [...roots.values()].every((root) => typeof root === "string");
}

function of(object, name) {
  if (!(object instanceof Map) || !object.has(name)) throw new TypeError(`${name} is missing`);
  return object.get(name);
}

function plain(value) {
  if (value instanceof Map || Array.isArray(value)) throw new TypeError("no plain value");
  return value;
}

function each(list) {
  if (!Array.isArray(list)) throw new TypeError("no list");
  return list;
}

function decoded(bytes) {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes ?? missing());
}

function missing() {
  throw new TypeError("a file is missing");
}

function encoded(given) {
  if (typeof given !== "string" || /\p{Surrogate}/u.test(given)) throw new TypeError("no text");
  return encoder.encode(given);
}

function words(bytes) {
  if ((bytes ?? missing()).some((byte) => byte > 127)) throw new TypeError("no plain text");
  return decoded(bytes).split(/[\t-\r\x1c-\x20]+/).filter(Boolean);
}

// A value in words, as Python writes it.
function text(value) {
  if (typeof value === "string" || typeof value === "bigint") return String(value);
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "number") throw new TypeError("no plain value");
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const [mantissa, exponent] = value.toExponential().split("e");
  const power = Number(exponent);
  if (Object.is(value, -0)) return "-0.0";
  if (value !== 0 && (power < -4 || power >= 16)) return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  const plain = plainly(mantissa, power);
  return plain.includes(".") ? plain : `${plain}.0`;
}

function plainly(mantissa, power) {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  if (power < 0) return `${sign}0.${"0".repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, "0");
  const rest = digits.slice(power + 1);
  return sign + whole + (rest ? `.${rest}` : "");
}

// Equal as in Python: 4 is 4.0, true is 1; objects and lists by what they hold.
function equal(one, other) {
  const [a, b] = [one, other].map((value) => (typeof value === "boolean" ? BigInt(value) : value));
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && equal(value, b.get(key)));
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((value, n) => equal(value, b[n]));
  const numbers = ["bigint", "number"];
  if (numbers.includes(typeof a) && numbers.includes(typeof b)) return a == b; // eslint-disable-line eqeqeq -- 4n and 4 are one
  return a === b;
}

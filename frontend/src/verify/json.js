// JSON as the stand-alone verifier reads it (sapa.archive.standalone_bundle): a key stands once, whole numbers keep every digit.
// Objects become Maps, whole numbers BigInts, others Numbers. Throws on everything that is no JSON.

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const DEEPEST = 500;

export function parse(text) {
  let at = 0;
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const fail = () => {
    throw new SyntaxError(`no JSON at ${at}`);
  };
  const expect = (letter) => (text[at] === letter ? at++ : fail());

  function string() {
    expect('"');
    let out = "";
    for (;;) {
      out += take(PLAIN)[0];
      if (text[at] === '"') {
        at++;
        return out;
      }
      expect("\\");
      const letter = text[at++];
      if (letter === "u") {
        const digits = text.slice(at, at + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) fail();
        out += String.fromCharCode(parseInt(digits, 16));
        at += 4;
      } else out += Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : fail();
    }
  }

  function number() {
    const found = take(NUMBER);
    if (!found) fail();
    if (found[1] || found[2]) return Number(found[0]);
    return found[0].length > 4300 ? fail() : BigInt(found[0]);
  }

  function several(close, one) {
    at++;
    take(SPACE);
    if (text[at] === close) return at++;
    for (;;) {
      take(SPACE);
      one();
      take(SPACE);
      if (text[at] === close) return at++;
      expect(",");
    }
  }

  function value(depth) {
    if (depth > DEEPEST) fail();
    const letter = text[at];
    if (letter === "{") {
      const out = new Map();
      several("}", () => {
        const key = string();
        take(SPACE);
        expect(":");
        take(SPACE);
        if (out.has(key)) fail();
        out.set(key, value(depth + 1));
      });
      return out;
    }
    if (letter === "[") {
      const out = [];
      several("]", () => out.push(value(depth + 1)));
      return out;
    }
    if (letter === '"') return string();
    for (const [word, meant] of [["true", true], ["false", false], ["null", null]]) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meant;
      }
    }
    return number();
  }

  take(SPACE);
  const found = value(0);
  take(SPACE);
  return at === text.length ? found : fail();
}

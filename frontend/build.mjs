// Bundles the pages' assets into src/sapa_web/static/build/: `node build.mjs` (add --watch while working on them).
// Everything is served by the site itself under `default-src 'self'`: no inline code, no data: addresses, no eval.
import { build, context } from "esbuild";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const web = join(here, "..", "src", "sapa_web");
const out = join(web, "static", "build");
const modules = join(here, "node_modules");

// Tabler's style sheet carries small pictures as data: addresses, which the content policy refuses: each becomes a file.
const picturesAsFiles = {
  name: "pictures-as-files",
  setup(bundle) {
    bundle.onLoad({ filter: /\.css$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8").replace(
        /url\((["'])data:image\/svg\+xml(;base64|;charset=utf-?8|;utf8)?,(.*?)\1\)/gi,
        (_, quote, coding, body) => {
          const svg = /base64/i.test(coding || "") ? Buffer.from(body, "base64").toString() : decodeURIComponent(body);
          const name = `picture-${createHash("sha256").update(svg).digest("hex").slice(0, 10)}.svg`;
          mkdirSync(join(out, "assets"), { recursive: true });
          writeFileSync(join(out, "assets", name), svg);
          return `url("./assets/${name}")`;
        },
      );
      return { contents: text, loader: "css", resolveDir: dirname(path) };
    });
    bundle.onResolve({ filter: /^\.\/assets\/picture-/ }, ({ path }) => ({ path, external: true }));
  },
};

const options = {
  entryPoints: ["theme", "app", "grid", "sign", "chart", "answer", "verify"].map((name) => join(here, "src", `${name}.js`)).concat(join(here, "src", "app.css")),
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome109", "firefox115", "safari16"],
  loader: { ".woff2": "file" },
  assetNames: "assets/[name]-[hash]",
  legalComments: "none",
  logLevel: "warning",
  logOverride: { "unsupported-css-property": "silent" },
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [picturesAsFiles],
};

// One sprite: the icons of icons.txt and every name that a template or a Python file of the site asks for.
function sprite() {
  const names = new Set(readFileSync(join(here, "src", "icons.txt"), "utf8").split(/\s+/).filter(Boolean));
  for (const file of sources(web)) {
    const text = readFileSync(file, "utf8");
    for (const found of text.matchAll(/\{%-?\s*icon\s+["']([a-z0-9-]+)["']|\bicon["']?\s*[=:]\s*["']([a-z0-9-]+)["']/g)) {
      names.add(found[1] ?? found[2]);
    }
  }
  const symbols = [...names].sort().flatMap(symbol);
  writeFileSync(join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
  return symbols.length;
}

function symbol(name) {
  const path = join(modules, "@tabler", "icons", "icons", "outline", `${name}.svg`);
  if (!existsSync(path)) {
    console.warn(`icon "${name}" does not exist in Tabler's outline icons: see https://tabler.io/icons`);
    return [];
  }
  const drawing = readFileSync(path, "utf8").replace(/<!--[^]*?-->/g, "").replace(/^[^]*?<svg[^]*?>|<\/svg>\s*$/g, "");
  const tidy = drawing.replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "").replace(/\s*\n\s*/g, "");
  return [`<symbol id="${name}" viewBox="0 0 24 24">${tidy}</symbol>`];
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ["static", "locale", "__pycache__"].includes(entry.name) ? [] : sources(path);
    return /\.(html|py|txt)$/.test(entry.name) ? [path] : [];
  });
}

function copies() {
  cpSync(join(web, "static", "sapa", "logo.svg"), join(out, "logo.svg"));
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
copies();
sprite();
if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  await build(options);
}

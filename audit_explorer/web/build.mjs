/**
 * Builds the pages' bundles: `node build.mjs` writes them to ../static, `--check` compares them with the committed ones, and
 * `--tests [FOLDER]` bundles the tests and the probe into built/ or FOLDER (not committed).
 *
 * esbuild's output depends on the sources and on the pinned versions alone, so that anybody gets the same bytes.
 */
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const STATIC = join(here, "..", "static");
const PAGES = ["check", "desk", "demoWallet"];

const common = {
  absWorkingDir: here,
  bundle: true,
  charset: "utf8",
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
  write: false,
};

async function pages() {
  const found = await build({
    ...common,
    entryPoints: PAGES.map((name) => `src/pages/${name}.tsx`),
    minify: true,
    outdir: STATIC,
    outbase: "src/pages",
    platform: "browser",
    target: ["es2022"],
  });
  return found.outputFiles;
}

async function tests(folder) {
  const names = readdirSync(join(here, "test")).filter((name) => name.endsWith(".ts"));
  const found = await build({
    ...common,
    entryPoints: names.map((name) => `test/${name}`),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    target: ["node20"],
  });
  return found.outputFiles;
}

async function written(files) {
  for (const file of files) {
    await mkdir(dirname(file.path), { recursive: true });
    await writeFile(file.path, file.contents);
  }
}

function differs(file) {
  try {
    return !readFileSync(file.path).equals(Buffer.from(file.contents));
  } catch {
    return true;
  }
}

if (process.argv.includes("--tests")) {
  await written(await tests(process.argv.at(process.argv.indexOf("--tests") + 1) ?? join(here, "built")));
} else if (process.argv.includes("--check")) {
  const stale = (await pages()).filter(differs);
  for (const file of stale) process.stderr.write(`${file.path} is not what its sources give: run \`make web\`\n`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  await written(await pages());
}

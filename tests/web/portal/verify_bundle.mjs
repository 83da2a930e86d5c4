// Checks bundles as the page does, for test_verify_browser.py: one JSON line of arguments a bundle, one of steps in answer.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { NotABundle, check, openBundle } from "../../../frontend/src/verify/bundle.js";

const read = (path) => (path ? new Uint8Array(readFileSync(path)) : undefined);

for await (const asked of createInterface({ input: process.stdin })) {
  const { bundle, facts, log, witness, signatures, authorities } = JSON.parse(asked);
  let told;
  try {
    const opened = await openBundle(read(bundle));
    if (signatures) {
      const signed = await import("../../../frontend/src/verify/signature.js"); // needs PKI.js, the other steps do not
      told = await signed.signatures(opened, authorities ? signed.certificates(read(authorities)) : []);
    } else told = await check(opened, { facts: read(facts), log: read(log), witness: read(witness) });
  } catch (error) {
    if (!(error instanceof NotABundle)) throw error;
    told = "no bundle";
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

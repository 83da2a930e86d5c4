// Reads forms with answers as JSON, writes what the page's script makes of each.
import { readFileSync } from "node:fs";
import { check } from "../../frontend/src/instruments/answers.js";

const verdicts = JSON.parse(readFileSync(0, "utf8")).map(({ form, answers, now, partial }) => {
  const { answers: kept, findings, shown, required, offered } = check(form, answers, { now, partial });
  return {
    answers: kept,
    findings: findings.map(({ address, item, code, message }) => [address, item, code, message]),
    shown: [...shown].sort(),
    required: [...required].sort(),
    offered: Object.fromEntries(offered),
  };
});
process.stdout.write(JSON.stringify(verdicts));

"""The report of the complete matrix, to be read."""

from __future__ import annotations

from pathlib import Path

from tests.web.browser.everywhere.modes import Seen
from tests.web.browser.everywhere.reached import Reached


def written(folder: Path, seen: Seen, found: Reached) -> Path:
    """``report.md``: what was looked at, how often, what was wrong, what axe leaves to people."""
    languages = sorted({language for _mode, language in seen.modes})
    modes = list(dict.fromkeys(mode for mode, _language in seen.modes))
    lines = [
        "# Every page in every mode",
        "",
        f"{len(found.pages)} pages of {len({page.route for page in found.pages})} routes, {len(found.templates)} templates; "
        f"{seen.loads} loads, {sum(seen.modes.values())} readings; {len(seen.faults)} faults.",
        "",
        "| mode | " + " | ".join(languages) + " | templates |",
        "|---|" + "---|" * (len(languages) + 1),
    ]
    for mode in modes:
        names = set().union(*(names for (shown, _), names in seen.templates.items() if shown == mode))
        lines.append(f"| {mode} | " + " | ".join(str(seen.modes[mode, item]) for item in languages) + f" | {len(names)} |")
    lines += ["", "## Faults", "", *(f"- {fault}" for fault in seen.told()), *([] if seen.faults else ["None."])]
    lines += ["", "## What axe leaves to people (elements, all readings together)", ""]
    lines += [f"- {rule}: {count}" for rule, count in seen.unsure.most_common()]
    lines += ["", "## Pages", "", *(f"- {page}: {page.route or page.path}" for page in found.pages), ""]
    target = folder / "report.md"
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(lines))
    return target

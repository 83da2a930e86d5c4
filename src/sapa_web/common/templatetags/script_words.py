"""The words that the scripts of the pages show: here, so that they are translated with all others.

``{n}`` and the like are filled in by the script; figures stand after a colon, so that no word depends on a number.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

GRID: dict[str, Any] = {
    "row": _("Row"),
    "required": _("must be filled"),
    "finding": _("Finding"),
    "blocks": _("Must be corrected"),
    "explain": _("Correct or explain"),
    "note": _("Please check"),
    "explained": _("Explained"),
    "empty": _("There are no rows yet. Add a row, or paste rows from a spreadsheet."),
    "none": _("There are no rows."),
    "tools": _("Tools of the table"),
    "search": _("Search in the rows"),
    "only": _("Only rows with findings"),
    "sort": _("Sort by"),
    "entered": _("In the order of entry"),
    "undo": _("Undo"),
    "redo": _("Redo"),
    "add": _("Add a row"),
    "remove": _("Delete rows"),
    "keys": _("Keys"),
    "close": _("Close"),
    "retry": _("Try again"),
    "noload": _("The rows could not be loaded. Check the connection."),
    "nocode": _("Nothing in the code list fits. What you type is kept and will be reported as a finding."),
    "saved": _("Saved {at}"),
    "waiting": _("Not saved yet …"),
    "saving": _("Saving …"),
    "offline": _("Not saved: offline, will retry. Your changes are kept in this browser."),
    "trouble": _("Not saved: the server has trouble, will retry. Your changes are kept in this browser."),
    "conflict": _("Not saved: somebody else has changed the same cells."),
    "suspended": _("Not saved: updates are suspended. Your changes are kept in this browser."),
    "refused": _("Not saved: the server refused."),
    "signedout": _(
        "Not saved: you are signed out. Sign in in another tab, then try again. Your changes are kept in this browser."
    ),
    "kept": _("Changes of your last visit are kept in this browser."),
    "restored": _("Unsaved changes of your last visit were taken up: {n}"),
    "removed": _("Rows deleted: {n}"),
    "pasted": _("Rows pasted: {n}"),
    "pastedlost": _("Rows pasted: {n}. Columns that did not fit and were left out: {m}"),
    "causes": _("Findings: {n}"),
    "clean": _("No findings"),
    "next": _("Next place"),
    "explainit": _("Explain"),
    "previous": _("Previous place"),
    "c_title": _("Somebody else has changed the same cells"),
    "c_text": _("Nothing is lost. Choose which value holds."),
    "c_allmine": _("All mine"),
    "c_alltheirs": _("All theirs"),
    "c_go": _("Continue"),
    "c_mine": _("Yours"),
    "c_theirs": _("Theirs"),
    "c_deleted": _("The row was deleted"),
    "c_empty": _("Empty"),
    "c_row": _("Whole row"),
    "k_move": _("move; at the last row a new one begins"),
    "k_edit": _("change what stands in the cell; typing replaces it"),
    "k_list": _("open the code list"),
    "k_clear": _("empty the chosen cells"),
    "k_copy": _("copy, cut, paste, also from and to a spreadsheet"),
    "k_undo": _("undo, redo"),
    "k_fill": _("fill downwards"),
    "k_add": _("add a row"),
    "k_remove": _("delete the chosen rows"),
    "k_leave": _("leave the table"),
}

SIGN: dict[str, Any] = {
    "reading": _("Opening the key file …"),
    "nofile": _("Choose your key file first."),
    "notp12": _(
        "This file is not a key file (PKCS#12). Choose the file from the certification authority that ends in .p12 or .pfx."
    ),
    "password": _("The password is wrong. Check the keyboard layout and capital letters, and try again."),
    "algorithm": _("The key file is protected in an old way. Export it again with AES-256, or sign outside the browser."),
    "nokey": _("The key file holds no certificate with a key that can sign."),
    "keytype": _("This kind of key cannot sign in the browser. Sign outside the browser and upload the signature."),
    "expired": _("The certificate ended on {day}. Ask the certification authority for a new one."),
    "early": _("The certificate begins only on {day}."),
    "unit": _("The certificate speaks for {unit}, not for {wanted}. Choose the key file of this institution."),
    "signer": _("Signer"),
    "institution": _("Institution"),
    "issuer": _("Issued by"),
    "until": _("Valid until"),
    "ready": _("The key file is open. Check the name, then sign."),
    "signing": _("Signing …"),
    "signed": _("Signed. Sending …"),
    "failed": _("Signing failed in this browser: {why}. Sign outside the browser and upload the signature."),
}

ANSWER: dict[str, Any] = {
    "resume": _("Go on where you stopped"),
    "step": _("Answered: {n} of {m}"),
    "wrong": _("Nothing was sent yet. Please look at the marked questions."),
    "further": _("Your answers have opened further questions. Nothing was sent yet."),
    "waiting": _("There is no connection. Your answers are kept on this device and are sent as soon as there is one."),
    "refused": _("The answers could not be sent. They are kept on this device: please try again later."),
    "unknown": _("There is no such code. Please compare it with your letter or card. Nothing was sent."),
    "shut": _("The survey is over: no more answers are taken in."),
    "forgotten": _("The draft was removed from this browser."),
    "sending": _("Sending …"),
}

VERIFY: dict[str, Any] = {
    "title": _("Checked in this browser"),
    "checking": _("Checking …"),
    "nobundle": _("The file is no bundle. Take the zip file from the page of a figure as it is."),
    "failed": _("The check could not be done: {why}"),
    "holds": _("Every step holds: this is what was published."),
    "broken": _("Something does not hold. Do not rely on this bundle; compare it with the page of the figure."),
    "here": _("The file was not sent anywhere."),
    "limit": _("Not shown by any bundle: that the figure follows from the returns. Whoever may hold the rows computes it anew."),
    "figure": _("Figure"),
    "value": _("Value"),
    "version": _("Version"),
    "hidden": _("none: hidden, not applicable or missing"),
    "detail": _("In detail"),
    "ok": _("holds"),
    "note": _("not shown by this bundle"),
    "failed_step": _("does not hold"),
}

GROUPS: dict[str, dict[str, Any]] = {"grid": GRID, "sign": SIGN, "answer": ANSWER, "verify": VERIFY}

// Runs before the page is painted, so that a reader of the dark theme never sees a white flash.
// Without a choice of the reader the system decides; without this script too, by `prefers-color-scheme`.
const root = document.documentElement;
root.classList.add("js");
let chosen = null;
try {
  chosen = localStorage.getItem("sapa-theme");
} catch {
  // storage may be forbidden: the system's theme is as good
}
if (chosen === "light" || chosen === "dark") root.dataset.bsTheme = chosen;
else if (matchMedia("(prefers-color-scheme: dark)").matches) root.dataset.bsTheme = "dark";

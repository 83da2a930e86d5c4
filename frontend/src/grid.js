import { openGrid } from "./grid/open.js";

for (const box of document.querySelectorAll("[data-grid]")) openGrid(box);

import "./answer/page.js";

// Text of spreadsheets: tabs between cells, line ends between rows, quotes around cells that hold either.

export function parse(text) {
  const rows = [[]];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (quoted) {
      if (letter === '"' && text[i + 1] === '"') cell += text[++i];
      else if (letter === '"') quoted = false;
      else cell += letter;
    } else if (letter === '"' && cell === "" && closes(text, i)) quoted = true;
    else if (letter === "\t") {
      rows.at(-1).push(cell);
      cell = "";
    } else if (letter === "\n" || letter === "\r") {
      if (letter === "\r" && text[i + 1] === "\n") i++;
      rows.at(-1).push(cell);
      cell = "";
      rows.push([]);
    } else cell += letter;
  }
  if (cell !== "" || rows.at(-1).length) rows.at(-1).push(cell);
  else rows.pop();
  return rows;
}

// A quote opens a quoted cell only where one closes it before a tab, a line end or the end: «"Bolashak" school» is plain text.
function closes(text, from) {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] !== '"') continue;
    if (text[i + 1] === '"') i++;
    else return i + 1 >= text.length || "\t\r\n".includes(text[i + 1]);
  }
  return false;
}

export function write(rows) {
  return rows.map((row) => row.map((cell) => (/["\t\r\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell)).join("\t")).join("\r\n");
}

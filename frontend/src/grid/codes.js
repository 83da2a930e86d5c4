// Code lists: a cell stores the code and shows the title. People type and paste either.

const tables = new WeakMap();

function table(field) {
  if (!tables.has(field)) {
    const titles = new Map(field.codes.map(([code, title]) => [code, title]));
    const codes = new Map();
    for (const [code, title] of field.codes) {
      const key = fold(title);
      codes.set(key, codes.has(key) ? null : code); // two codes with one title: only the code says which
    }
    for (const [code] of field.codes) codes.set(fold(code), code);
    tables.set(field, { titles, codes });
  }
  return tables.get(field);
}

export function fold(text) {
  return String(text).trim().toLocaleLowerCase().replace(/\s+/g, " ");
}

export function shown(field, value) {
  return field.codes ? (table(field).titles.get(value) ?? value) : value;
}

// What is stored for a typed or pasted text; an unknown one stays as typed, and the server says what is wrong with it.
export function stored(field, text) {
  const tidy = text.replace(/\u00a0/g, " ").trim();
  if (!field.codes) return tidy;
  return table(field).codes.get(fold(tidy)) ?? tidy;
}

// Entries for the typed text: those that begin with it first, then those that contain it.
export function matches(field, text, most = 200) {
  const wanted = fold(text);
  const begin = [];
  const inside = [];
  for (const entry of field.codes) {
    const [code, title] = [fold(entry[0]), fold(entry[1])];
    if (code.startsWith(wanted) || title.startsWith(wanted)) begin.push(entry);
    else if (title.includes(wanted)) inside.push(entry);
  }
  return [...begin, ...inside].slice(0, most);
}

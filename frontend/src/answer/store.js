// What waits in this browser: the draft of one survey, and answers that found no connection. Nothing else is kept, nowhere else.

const name = (key, what) => `sapa-answer-${key}-${what}`;

export function kept(key, what) {
  try {
    return JSON.parse(localStorage.getItem(name(key, what)) || "null");
  } catch {
    return null; // a browser that keeps nothing: then a draft lasts as long as the page
  }
}

export function keep(key, what, value) {
  try {
    localStorage.setItem(name(key, what), JSON.stringify(value));
  } catch {
    // see above
  }
}

export function forget(key) {
  for (const what of ["draft", "waiting"]) {
    try {
      localStorage.removeItem(name(key, what));
    } catch {
      // see above
    }
  }
}

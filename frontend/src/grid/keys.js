// What the keys do while no cell is being edited: as in a spreadsheet. Escape lets Tab leave the grid.

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const FAR = 1e9;

export function listen(sheet, act) {
  let leaving = false;
  sheet.box.addEventListener("keydown", (event) => {
    if (event.target !== sheet.box) return;
    const was = leaving;
    leaving = event.key === "Escape" || (leaving && ["Shift", "Tab"].includes(event.key));
    if (event.key === "Tab" && was) return sheet.letGo();
    const taken = (event.ctrlKey || event.metaKey ? command : plain)(event, sheet, act);
    if (taken) event.preventDefault();
    else if (event.key === "Tab") sheet.letGo();
  });
  sheet.box.addEventListener("copy", (event) => act.copy(event));
  sheet.box.addEventListener("cut", (event) => act.copy(event, true));
  sheet.box.addEventListener("paste", (event) => act.paste(event));
}

// Physical keys, so that the shortcuts work while a Cyrillic layout is on.
function command(event, sheet, act) {
  const far = { ArrowUp: [-FAR, 0], ArrowDown: [FAR, 0], ArrowLeft: [0, -FAR], ArrowRight: [0, FAR], Home: [-FAR, -FAR], End: [FAR, FAR] }[event.key];
  if (far) sheet.move(...far, event.shiftKey);
  else if (event.code === "KeyZ") event.shiftKey ? act.redo() : act.undo();
  else if (event.code === "KeyY") act.redo();
  else if (event.code === "KeyA") sheet.selectAll();
  else if (event.code === "KeyD") act.fillDown();
  else if (event.key === "Enter") act.addRow();
  else if (event.key === "-" || event.code === "Minus") act.deleteRows();
  else return false;
  return true;
}

function plain(event, sheet, act) {
  const { key, shiftKey } = event;
  if (key === "ArrowDown" && event.altKey) act.edit();
  else if (event.altKey) return false;
  else if (STEPS[key]) sheet.move(...STEPS[key], shiftKey);
  else if (key === "Enter") act.down(shiftKey ? -1 : 1);
  else if (key === "Tab") return act.along(shiftKey ? -1 : 1);
  else if (key === "F2") act.edit();
  else if (key === "Delete" || key === "Backspace") act.clear();
  else if (key === "Home") sheet.move(0, -FAR, shiftKey);
  else if (key === "End") sheet.move(0, FAR, shiftKey);
  else if (key === "PageUp") sheet.move(-12, 0, shiftKey);
  else if (key === "PageDown") sheet.move(12, 0, shiftKey);
  else if (key.length === 1 || key === "Process") {
    act.type(); // the input is focused now, and the browser itself puts the letter there: every layout and input method works
    return false;
  } else return false;
  return true;
}

// Values of expressions and how one becomes another: the same as sapa.instruments.values on the server, which cites the
// specifications. A value is a string, a number, a boolean, or an array of strings (answers of several instances).

const NUMBER = /^[ \t\r\n]*-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[ \t\r\n]*$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?$/;
const DAY = 86400;

export function number(value) {
  if (typeof value === "number") return value;
  if (typeof value === "string") {
    if (value === "") return NaN;
    if (NUMBER.test(value)) return Number(value.replace(/[ \t\r\n]/g, ""));
    return value.length >= 10 && value[4] === "-" ? days(value) : NaN;
  }
  if (typeof value === "boolean") return value ? 1 : 0;
  return value.length ? number(value[0]) : NaN;
}

export function string(value) {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") return written(value);
  return value.length ? value[0] : "";
}

export function boolean(value) {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return value !== "";
  if (typeof value === "number") return !Number.isNaN(value) && value !== 0;
  return value.some((each) => each !== "");
}

export function nodes(value) {
  return Array.isArray(value) ? value : [string(value)];
}

// No exponent, no point where it is whole, the fewest digits that tell it.
export function written(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value === 0) return "0";
  const [digits, power] = String(Math.abs(value)).split("e");
  let [whole, part = ""] = digits.split(".");
  const shift = Number(power || 0);
  if (shift > 0) {
    [whole, part] = [whole + part.slice(0, shift).padEnd(shift, "0"), part.slice(shift)];
  } else if (shift < 0) {
    const filled = whole.padStart(1 - shift, "0");
    [whole, part] = [filled.slice(0, shift), filled.slice(shift) + part];
  }
  return `${value < 0 ? "-" : ""}${whole.replace(/^0+/, "") || "0"}${part ? `.${part}` : ""}`;
}

function leap(year) {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function monthLength(year, month) {
  return month === 2 ? (leap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function midnight(year, month, day) {
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  return moment.getTime() / 1000 / DAY;
}

// Days since 1970-01-01; a date-time without an offset is taken as it stands; NaN where it is neither.
export function days(text) {
  const match = DATE.exec(text);
  if (!match) return NaN;
  const [year, month, day] = match.slice(1, 4).map(Number);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > monthLength(year, month)) return NaN;
  const whole = midnight(year, month, day);
  if (match[4] === undefined) return whole;
  const [hour, minute, second] = match.slice(4, 7).map((each) => Number(each || 0));
  if (hour > 23 || minute > 59 || second > 59) return NaN;
  let seconds = hour * 3600 + minute * 60 + second + (match[7] ? Number(`0.${match[7]}`) : 0);
  const offset = match[8];
  if (offset && offset !== "Z") {
    const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6));
    seconds += (offset[0] === "+" ? -60 : 60) * minutes;
  }
  return whole + seconds / DAY;
}

function isMoment(value) {
  return typeof value === "string" && DATE.test(value) && !Number.isNaN(days(value));
}

const FIRST = midnight(1, 1, 1);
const LAST = midnight(9999, 12, 31);

export function dayOf(value) {
  if (isMoment(value)) return value.slice(0, 10);
  const count = number(value);
  if (Number.isNaN(count) || Math.abs(count) > 3000000) return "";
  const day = Math.floor(count);
  if (day < FIRST || day > LAST) return "";
  const moment = new Date(day * DAY * 1000);
  const year = String(moment.getUTCFullYear()).padStart(4, "0");
  return `${year}-${two(moment.getUTCMonth() + 1)}-${two(moment.getUTCDate())}`;
}

export function two(value) {
  return String(value).padStart(2, "0");
}

export function momentOf(value) {
  if (isMoment(value) && value.includes("T")) return value;
  const count = number(value);
  let day = Number.isFinite(count) ? dayOf(Math.floor(count)) : "";
  if (!day) return "";
  let seconds = Math.floor((count - Math.floor(count)) * DAY + 0.5);
  if (seconds >= DAY) {
    day = dayOf(Math.floor(count) + 1);
    seconds = 0;
  }
  return `${day}T${two(Math.floor(seconds / 3600))}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
}

function each(value) {
  return Array.isArray(value) ? value : [value];
}

function compare(left, right, test) {
  if (typeof left === "boolean" || typeof right === "boolean") return test(boolean(left), boolean(right));
  if (Array.isArray(left) || Array.isArray(right)) {
    return each(left).some((a) => each(right).some((b) => compare(a, b, test)));
  }
  if (typeof left === "number" || typeof right === "number") return test(number(left), number(right));
  return test(left, right);
}

export const equal = (left, right) => compare(left, right, (a, b) => a === b);
export const unequal = (left, right) => compare(left, right, (a, b) => a !== b);
export const less = (left, right) => each(left).some((a) => each(right).some((b) => number(a) < number(b)));
export const atMost = (left, right) => each(left).some((a) => each(right).some((b) => number(a) <= number(b)));

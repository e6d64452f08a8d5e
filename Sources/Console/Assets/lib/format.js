// Numbers, sizes, times and names as people read them.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const monthDay = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const monthDayYear = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", year: "numeric" });
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/** 12408 → "12 408", with narrow no-break spaces. */
export function number(value) {
  return value === null || value === undefined ? "–" : grouped.format(value).replaceAll(",", "\u202F");
}

/** 1536 → "1.5 KiB". */
export function bytes(value) {
  if (value === null || value === undefined) return "–";
  let unit = 0;
  let size = value;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  // 1023.97 KiB must not read "1024 KiB".
  if (unit > 0 && size >= 1023.95 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

function date(value) {
  const parsed = value instanceof Date ? value : new Date(value);
  return Number.isNaN(parsed.getTime()) ? null : parsed;
}

/** "Today 16:37", "Yesterday 09:00", "3 d ago", "May 2", "Jan 3, 2024". */
export function when(value, now = new Date()) {
  const at = value === null || value === undefined || value === "" ? null : date(value);
  if (at === null) return "–";
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const days = Math.ceil((midnight - at) / 86_400_000);
  if (at > now && at - now > 60_000) return days > -1 ? `${monthDay.format(at)} ${clock.format(at)}` : monthDayYear.format(at);
  if (days <= 0) return `Today ${clock.format(at)}`;
  if (days === 1) return `Yesterday ${clock.format(at)}`;
  if (days < 7) return `${days} d ago`;
  return at.getFullYear() === now.getFullYear() ? monthDay.format(at) : monthDayYear.format(at);
}

/** The time to the second with its zone, for titles and copies. */
export function exact(value) {
  const at = value === null || value === undefined || value === "" ? null : date(value);
  if (at === null) return "";
  const two = (n) => String(n).padStart(2, "0");
  const zone = -at.getTimezoneOffset();
  const offset = zone === 0 ? "UTC" : `${zone < 0 ? "−" : "+"}${two(Math.floor(Math.abs(zone) / 60))}:${two(Math.abs(zone) % 60)}`;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${offset}`;
}

/** Seconds → "45 s", "2 min", "3 h 10 min", "4 d". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Milliseconds → "3 ms", "0.4 ms", "1.2 s". */
export function milliseconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 10) return `${value < 0.1 ? "< 0.1" : Number(value.toFixed(1))} ms`;
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

export function percent(part, whole) {
  return whole > 0 ? `${Math.floor((100 * part) / whole)} %` : "–";
}

// C0, C1, soft hyphen, marks and overrides of direction, joiners, separators, fillers, variation selectors, tags.
const UNSEEN = /[\u0000-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\u{E0000}-\u{E0FFF}]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/gu;

/** A name in which nothing is unseen: controls and what changes the direction are drawn as ‹U+202E›. */
export function visible(text) {
  return String(text ?? "").replace(UNSEEN, (mark) => `‹U+${mark.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}›`);
}

/** The last part of a key: "a/b/c.txt" → "c.txt", "a/b/" → "b/". */
export function lastPart(key) {
  const at = key.length < 2 ? -1 : key.lastIndexOf("/", key.length - 2);
  return key.slice(at + 1);
}

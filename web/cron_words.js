// A cron line in words, for people who do not read it daily; null fields and odd lines stay as they are written. Pure.

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = [
  "",
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const NAMED = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

const two = (n) => String(n).padStart(2, "0");
const listed = (all) => (all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`);

function number(text, names) {
  const at = names?.findIndex((n) => n !== "" && n.slice(0, 3).toLowerCase() === text.toLowerCase()) ?? -1;
  return at >= 0 ? at : /^\d+$/.test(text) ? Number(text) : NaN;
}

// {every: n} | {values: [n...]} | {from, to} | "any" | null for what is not said simply
function field(text, names) {
  if (text === "*") return "any";
  const step = text.match(/^\*\/(\d+)$/);
  if (step) return Number(step[1]) === 1 ? "any" : { every: Number(step[1]) };
  const range = text.match(/^(\w+)-(\w+)$/);
  if (range) return { from: number(range[1], names), to: number(range[2], names) };
  const values = text.split(",").map((each) => number(each, names));
  return values.some(Number.isNaN) ? null : { values };
}

function clock(minute, hour) {
  if (minute === "any" && hour === "any") return "every minute";
  if (minute.every && hour === "any") return `every ${minute.every} minutes`;
  if (minute.values?.length === 1 && hour === "any")
    return minute.values[0] === 0 ? "every hour" : `every hour at minute ${minute.values[0]}`;
  if (minute.values?.length === 1 && hour.every) return `every ${hour.every} hours at minute ${minute.values[0]}`;
  if (minute.values && hour.values && minute.values.length * hour.values.length <= 6)
    return `at ${listed(hour.values.flatMap((h) => minute.values.map((m) => `${two(h)}:${two(m)}`)))}`;
  const often =
    minute === "any"
      ? "every minute"
      : minute.every
        ? `every ${minute.every} minutes`
        : minute.values
          ? `at minute ${listed(minute.values)}`
          : null;
  if (often === null) return null;
  if (hour.from !== undefined) return `${often} from ${two(hour.from)}:00 to ${two(hour.to)}:59`;
  if (hour.values) return `${often} of the hours ${listed(hour.values)}`;
  return null;
}

function days(day, month, weekday) {
  const parts = [];
  if (weekday !== "any") {
    if (weekday.from === 1 && weekday.to === 5) parts.push("Monday to Friday");
    else if (weekday.from !== undefined) parts.push(`${DAYS[weekday.from]} to ${DAYS[weekday.to]}`);
    else if (weekday.values) parts.push(listed(weekday.values.map((d) => `${DAYS[d]}s`)));
    else return null;
  }
  if (day !== "any") {
    if (day.values) parts.push(`day ${listed(day.values)} of the month`);
    else if (day.from !== undefined) parts.push(`day ${day.from} to ${day.to} of the month`);
    else return null;
  }
  const when = parts.length ? `on ${parts.join(" or ")}` : "";
  if (month === "any") return when;
  if (month.values) return `${when} in ${listed(month.values.map((m) => MONTHS[m]))}`.trim();
  if (month.from !== undefined) return `${when} from ${MONTHS[month.from]} to ${MONTHS[month.to]}`.trim();
  return null;
}

/// "at 02:00 every day", "every 15 minutes, on Monday to Friday"; the line itself where words would be longer.
export function cronWords(line) {
  const parts = (NAMED[line.trim()] ?? line).trim().split(/\s+/);
  if (parts.length !== 5) return line;
  const [minute, hour, day] = parts.slice(0, 3).map((p) => field(p));
  const month = field(parts[3], MONTHS);
  const weekday = field(parts[4], DAYS);
  if ([minute, hour, day, month, weekday].includes(null)) return line;
  const time = clock(minute, hour);
  const date = days(day, month, weekday);
  if (time === null || date === null || /undefined|NaN/.test(time + date)) return line;
  if (date === "") return time.startsWith("at ") ? `${time} every day` : time;
  return `${time}${time.startsWith("at ") ? " " : ", "}${date}`;
}

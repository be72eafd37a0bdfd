// expand.mjs FEED FIRST LAST: [[day, summary], …] of every occurrence from FIRST to LAST, both included.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const [feed, first, last] = process.argv.slice(2);
const calendar = new ICAL.Component(ICAL.parse(readFileSync(feed, "utf8")));
const seen = [];

for (const component of calendar.getAllSubcomponents("vevent")) {
  const event = new ICAL.Event(component);
  const iterator = event.isRecurring() ? event.iterator() : null;
  for (let start = iterator ? iterator.next() : event.startDate; start; start = iterator && iterator.next()) {
    const day = start.toString().slice(0, 10);
    if (day > last) break;
    if (day >= first) seen.push([day, event.summary]);
  }
}
process.stdout.write(JSON.stringify(seen));

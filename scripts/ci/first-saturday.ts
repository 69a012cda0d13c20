/** Whether a drill is due, and why. */
export interface Due {
    readonly due: boolean;
    readonly why: string;
    /** The day in the zone, YYYY-MM-DD: the drill's name for that month. */
    readonly day: string;
}

const HOUR = 9;

/**
 * Whether the monthly drill is due: on the first Saturday of a month, from 09:00 in the zone on. A cron line cannot say
 * that: it joins day-of-month and day-of-week by "or", and GitHub's knows no zone. Later that day it is still due, for
 * GitHub starts schedules late, and drops some.
 * @param zone an IANA name, such as Europe/Berlin.
 * @throws RangeError for a zone that does not exist.
 */
export function drillDue(now: Date, zone: string): Due {
    const { year, month, day, weekday, hour } = partsOf(now, zone);
    const date = `${year}-${month}-${day}`;
    const no = (why: string): Due => ({ due: false, why: `${why} (${zone})`, day: date });
    if (weekday !== "Sat") return no(`${date} is no Saturday`);
    if (Number(day) > 7) return no(`${date} is not the month's first Saturday`);
    if (Number(hour) < HOUR) return no(`it is ${hour} h, and the drill is due at ${HOUR}`);
    return { due: true, why: `${date} is the month's first Saturday (${zone})`, day: date };
}

function partsOf(now: Date, timeZone: string) {
    const format = new Intl.DateTimeFormat("en-US", {
        timeZone,
        year: "numeric",
        month: "2-digit",
        day: "2-digit",
        weekday: "short",
        hour: "2-digit",
        hourCycle: "h23",
    });
    const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
    const { year = "", month = "", day = "", weekday = "", hour = "" } = parts;
    return { year, month, day, weekday, hour };
}

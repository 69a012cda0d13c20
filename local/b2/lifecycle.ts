import { child, escapeXml, parseXml, type Element } from "./xml.ts";

/** One of B2's own rules, which are by prefix only. */
export interface NativeRule {
    readonly id: string;
    readonly prefix: string;
    readonly daysFromUploadingToHiding: number | null;
    readonly daysFromHidingToDeleting: number | null;
    readonly daysFromStartingToCancelingUnfinishedLargeFiles: number | null;
}

/** B2 takes no more rules for a bucket. */
const mostRules = 100;

/** What B2 does not take in a lifecycle configuration; the message says what. */
export class UnsupportedLifecycle extends Error {}

/**
 * A LifecycleConfiguration as B2's own rules (apidocs/s3-put-lifecycle-configuration).
 * @throws UnsupportedLifecycle for what has no counterpart there: dates, transitions, filters by tag or size.
 */
export function nativeRules(xml: string): NativeRule[] {
    const rules = parseXml(xml, "LifecycleConfiguration").children.get("Rule") ?? [];
    if (rules.length === 0) throw new UnsupportedLifecycle("a lifecycle configuration needs at least one Rule");
    if (rules.length > mostRules) throw new UnsupportedLifecycle(`more than ${mostRules} lifecycle rules`);
    return rules.filter((rule) => child(rule, "Status")?.text !== "Disabled").map(nativeRule);
}

function nativeRule(rule: Element, index: number): NativeRule {
    for (const name of ["Transition", "NoncurrentVersionTransition"])
        if (rule.children.has(name)) throw new UnsupportedLifecycle(`${name} is not supported`);
    const expiration = child(rule, "Expiration");
    if (expiration?.children.has("Date") === true) throw new UnsupportedLifecycle("Expiration Date is not supported");
    if (child(rule, "NoncurrentVersionExpiration")?.children.has("NewerNoncurrentVersions") === true)
        throw new UnsupportedLifecycle("NewerNoncurrentVersions is not supported");
    const native = {
        id: child(rule, "ID")?.text ?? `rule-${index + 1}`,
        prefix: prefixOf(rule),
        daysFromUploadingToHiding: days(expiration, "Days"),
        daysFromHidingToDeleting: days(child(rule, "NoncurrentVersionExpiration"), "NoncurrentDays"),
        daysFromStartingToCancelingUnfinishedLargeFiles: days(
            child(rule, "AbortIncompleteMultipartUpload"),
            "DaysAfterInitiation",
        ),
    };
    return native;
}

function prefixOf(rule: Element): string {
    const filter = child(rule, "Filter");
    if (filter === undefined) return child(rule, "Prefix")?.text ?? "";
    for (const name of filter.children.keys())
        if (name !== "Prefix") throw new UnsupportedLifecycle(`a filter by ${name} is not supported, only by Prefix`);
    return child(filter, "Prefix")?.text ?? "";
}

function days(action: Element | undefined, name: string): number | null {
    const text = action === undefined ? undefined : child(action, name)?.text;
    if (text === undefined) return null;
    if (!/^[1-9]\d*$/.test(text)) throw new UnsupportedLifecycle(`${name} ${text} is not a number of days`);
    return Number(text);
}

/** What B2 answers to a Get: each hiding rule comes back as two (apidocs/s3-get-lifecycle-configuration). */
export function lifecycleXml(rules: readonly NativeRule[]): string {
    const body = rules.flatMap((rule) => {
        const hide = rule.daysFromUploadingToHiding;
        const rest = [
            element("NoncurrentVersionExpiration", "NoncurrentDays", rule.daysFromHidingToDeleting),
            element(
                "AbortIncompleteMultipartUpload",
                "DaysAfterInitiation",
                rule.daysFromStartingToCancelingUnfinishedLargeFiles,
            ),
        ].join("");
        return [
            ...(hide === null
                ? []
                : [
                      ruleXml(rule.id, rule.prefix, element("Expiration", "Days", hide)),
                      ruleXml(
                          `${rule.id}-markers`,
                          rule.prefix,
                          "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
                      ),
                  ]),
            ...(rest === "" ? [] : [ruleXml(hide === null ? rule.id : `${rule.id}-versions`, rule.prefix, rest)]),
        ];
    });
    return `<?xml version="1.0" encoding="UTF-8"?><LifecycleConfiguration>${body.join("")}</LifecycleConfiguration>`;
}

const element = (name: string, inner: string, value: number | null): string =>
    value === null ? "" : `<${name}><${inner}>${value}</${inner}></${name}>`;

const ruleXml = (id: string, prefix: string, actions: string): string =>
    `<Rule><ID>${escapeXml(id)}</ID><Filter><Prefix>${escapeXml(prefix)}</Prefix></Filter><Status>Enabled</Status>${actions}</Rule>`;

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PolicyPack, type Policies, type PolicyProviderResource, type PolicyResource } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { kindOf, plainProps, type Resource, type Stack } from "./resource.ts";
import type { ResourceRule, Rule, StackMember, StackRule } from "./rule.ts";
import { rules } from "./rules.ts";
import { stackOf } from "./stack.ts";

/** The pack that `pulumi preview --policy-pack policy` runs; each rule is mandatory: a violation fails the preview or `up`. */
new PolicyPack("slotkeeper", { enforcementLevel: "mandatory", policies: policies(rules(dependencies()), thisStack()) });

function policies(all: readonly Rule[], stack: Stack): Policies {
    return all.map((rule) => ("problems" in rule ? resourcePolicy(rule, stack) : stackPolicy(rule, stack)));
}

function resourcePolicy({ name, description, problems }: ResourceRule, stack: Stack): Policies[number] {
    return {
        name,
        description,
        validateResource(args, report) {
            for (const problem of problems(resourceOf(args), stack)) report(problem);
        },
    };
}

function stackPolicy({ name, description, findings }: StackRule, stack: Stack): Policies[number] {
    return {
        name,
        description,
        validateStack({ resources }, report) {
            for (const { urn, problem } of findings(resources.map(memberOf), stack)) report(problem, urn);
        },
    };
}

interface Judged extends Pick<PolicyResource, "type" | "name" | "props" | "opts"> {
    readonly provider?: PolicyProviderResource;
}

function resourceOf({ type, name, props, opts, provider }: Judged): Resource {
    return {
        kind: kindOf(type),
        name,
        props: plainProps(props),
        protect: opts.protect,
        provider: provider && { name: provider.name, props: plainProps(provider.props) },
    };
}

function memberOf(resource: PolicyResource): StackMember {
    return {
        ...resourceOf(resource),
        urn: resource.urn,
        uses: (property) => (resource.propertyDependencies[property] ?? []).map(({ urn }) => urn),
    };
}

/** The language host hands a pack the stack's configuration as it does to a program. */
function thisStack(): Stack {
    const config = pulumi.runtime.allConfig() as Record<string, string>;
    return stackOf(pulumi.getStack(), config);
}

function dependencies(): Record<string, string> {
    const text = readFileSync(join(import.meta.dirname, "../package.json"), "utf8");
    return (JSON.parse(text) as { dependencies: Record<string, string> }).dependencies;
}

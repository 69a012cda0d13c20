import { UNKNOWN, type Resource } from "../resource.ts";
import type { StackRule } from "../rule.ts";

const exact = /^\d+\.\d+\.\d+$/;

/**
 * Plugins run in exactly the versions that the project was tested with.
 * @param pinned the project's dependencies, name → version as package.json has it.
 */
export function pinnedPlugins(pinned: Readonly<Record<string, string>>): StackRule {
    return {
        name: "pinned-plugins",
        description: "Each plugin runs in exactly the version that package.json pins.",
        findings: (resources) =>
            resources.flatMap((resource) => {
                const problem = versionProblem(resource, pinned);
                return problem === undefined ? [] : [{ urn: resource.urn, problem }];
            }),
    };
}

function versionProblem({ kind, props }: Resource, pinned: Readonly<Record<string, string>>): string | undefined {
    if (!kind.startsWith("pulumi.providers.") || props["version"] === UNKNOWN) return undefined;
    const name = kind.slice("pulumi.providers.".length);
    // Part of the CLI: it reads other stacks' outputs.
    if (name === "pulumi") return undefined;
    const wanted = pinned[`@pulumi/${name}`];
    if (wanted === undefined)
        return `the plugin ${name} is none of the project's: add its package to package.json, pinned`;
    if (!exact.test(wanted))
        return `package.json has @pulumi/${name} as ${JSON.stringify(wanted)}, so an install may bring another version: pin one (npm install --save-exact)`;
    if (props["version"] === wanted) return undefined;
    return `the plugin ${name} is used in version ${typeof props["version"] === "string" ? props["version"] : "(any)"}, and package.json pins ${wanted}: run npm ci`;
}

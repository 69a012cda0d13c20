import { load } from "js-yaml";

export interface Step {
    readonly name?: string;
    readonly if?: string;
    readonly uses?: string;
    readonly run?: string;
    readonly env?: Readonly<Record<string, unknown>>;
    readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
    readonly if?: string;
    readonly "runs-on"?: string;
    readonly "timeout-minutes"?: number;
    readonly permissions?: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, unknown>>;
    readonly steps: readonly Step[];
}
export interface Workflow {
    readonly on: Readonly<Record<string, unknown>>;
    readonly permissions?: Readonly<Record<string, string>> | string;
    readonly env?: Readonly<Record<string, unknown>>;
    readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": unknown };
    readonly jobs: Readonly<Record<string, Job>>;
}

const forkGuard = "github.event.pull_request.head.repo.full_name == github.repository";
/** What a stranger writes: a title, a branch, a message. Only numbers and hashes of an event are safe anywhere. */
const untrusted = /github\.(head_ref|event\.(?!pull_request\.(number|head\.sha|head\.repo\.full_name)))/;

export const parseWorkflow = (text: string): Workflow => load(text) as Workflow;

/** What is unsafe in a workflow, a line each. */
export function workflowProblems(text: string): string[] {
    const workflow = parseWorkflow(text);
    const problems: string[] = [];
    for (const event of ["pull_request_target", "workflow_run", "issue_comment"])
        if (event in workflow.on) problems.push(`${event} runs a stranger's words with this repository's secrets`);
    const top = workflow.permissions;
    if (typeof top !== "object") problems.push("permissions are not stated at the top");
    else if (Object.entries(top).some(([, level]) => level === "write")) problems.push("permissions to write belong to one job"); // prettier-ignore
    if (holdsSecret(workflow.env)) problems.push("a secret is in every job's environment");
    for (const [name, job] of Object.entries(workflow.jobs)) problems.push(...jobProblems(workflow, job).map((problem) => `${name}: ${problem}`)); // prettier-ignore
    for (const line of text.split("\n"))
        if (/uses:/.test(line) && !/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))
            problems.push(`not pinned to a commit, with its version beside it: ${line.trim()}`);
    return problems;
}

function jobProblems(workflow: Workflow, job: Job): string[] {
    const problems: string[] = [];
    if (job["timeout-minutes"] === undefined) problems.push("has no timeout");
    if (job["runs-on"]?.endsWith("-latest") !== false) problems.push("runs on a system that changes by itself");
    if (holdsSecret(job.env)) problems.push("a secret is in every step's environment");
    const hasSecrets = JSON.stringify(job).includes("secrets.") || job.permissions?.["id-token"] === "write";
    if ("pull_request" in workflow.on && hasSecrets && job.if !== forkGuard)
        problems.push("has secrets and runs for forks");
    if (Object.keys(workflow.permissions ?? {}).length === 0 && job.permissions === undefined) problems.push("states no permissions"); // prettier-ignore
    for (const step of job.steps) {
        if (step.run?.includes("${{") === true)
            problems.push(`an expression is pasted into a shell: ${step.run.trim()}`);
        if (untrusted.test(JSON.stringify(step))) problems.push(`a stranger's words are used: ${JSON.stringify(step)}`);
        if (step.uses?.startsWith("actions/checkout@") === true && step.with?.["persist-credentials"] !== false)
            problems.push("a checkout leaves its token on the disk");
    }
    return problems;
}

function holdsSecret(env: Readonly<Record<string, unknown>> | undefined): boolean {
    return JSON.stringify(env ?? {}).includes("secrets.");
}

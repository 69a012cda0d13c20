import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { EXIT, SlotkeeperError } from "../../scripts/errors.ts";
import { Fleet } from "./fleet.ts";
import { seedFleet } from "./seed.ts";
import { appServer } from "./server.ts";

const usage = `Usage: main.ts seed  --data DIR --slots N --seed N
       main.ts serve --data DIR --port N [--host ADDRESS] --token-file FILE`;

function say(line: string): void {
    process.stderr.write(`${line}\n`);
}

function seed(args: string[]): void {
    const { values } = parse(args, ["data", "slots", "seed"]);
    const slots = whole("slots", values["slots"], 1, 100_000);
    seedFleet({
        dataDir: given("data", values["data"]),
        slots,
        seed: whole("seed", values["seed"], 0, 2 ** 32 - 1),
        progress: say,
    });
}

/** Serves until SIGTERM or SIGINT; then answers what it has begun, checkpoints and closes every database. */
async function serve(args: string[]): Promise<void> {
    const { values } = parse(args, ["data", "port", "host", "token-file"]);
    const port = whole("port", values["port"], 0, 65_535);
    const host = values["host"] ?? "127.0.0.1";
    const token = readToken(given("token-file", values["token-file"]));
    const fleet = new Fleet(given("data", values["data"]), say);
    const server = appServer(fleet, token, say);
    server.listen(port, host);
    await once(server, "listening").catch((cause: unknown) => {
        const message = `cannot listen on ${host} port ${port}: ${(cause as Error).message}`;
        throw new SlotkeeperError("usage", message, "Give --port another number, or end what uses it.", { cause });
    });
    const address = server.address() as AddressInfo;
    say(`serving ${fleet.activeSlots().length} slots on http://${host}:${address.port}`);
    await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
    server.close();
    server.closeIdleConnections();
    const patience = setTimeout(() => {
        server.closeAllConnections();
    }, 2_000);
    await once(server, "close");
    clearTimeout(patience);
    fleet.close();
}

function parse(args: string[], names: string[]) {
    const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
    try {
        return parseArgs({ args, options, strict: true });
    } catch (cause) {
        throw new SlotkeeperError("usage", (cause as Error).message, usage, { cause });
    }
}

function given(name: string, value: string | undefined): string {
    if (value === undefined || value === "") throw new SlotkeeperError("usage", `--${name} is missing`, usage);
    return value;
}

function whole(name: string, value: string | undefined, least: number, most: number): number {
    const number = Number(given(name, value));
    if (/^\d+$/.test(value ?? "") && number >= least && number <= most) return number;
    throw new SlotkeeperError(
        "usage",
        `--${name} ${JSON.stringify(value)} is not a whole number from ${least} to ${most}`,
        usage,
    );
}

function readToken(path: string): string {
    let token: string;
    try {
        token = readFileSync(path, "utf8").trim();
    } catch (cause) {
        throw new SlotkeeperError("usage", `the token file cannot be read: ${(cause as Error).message}`, usage, {
            cause,
        });
    }
    if (token === "")
        throw new SlotkeeperError("usage", `the token file ${path} is empty`, "Write a long random text into it.");
    return token;
}

const [command, ...args] = process.argv.slice(2);
try {
    if (command === "seed") seed(args);
    else if (command === "serve") await serve(args);
    else throw new SlotkeeperError("usage", `there is no command ${JSON.stringify(command ?? "")}`, usage);
} catch (error) {
    if (!(error instanceof SlotkeeperError)) throw error;
    say(error.message);
    if (error.hint !== undefined) say(error.hint);
    process.exitCode = EXIT[error.kind];
}

// Runs a TypeScript program of this project with nothing installed but Node and npm:
//     node local/bootstrap.mjs <script.ts> [arguments...]
// Installs the locked packages when they are missing or stale, then becomes the project's own Node on that script.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
    cpSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    readdirSync,
    renameSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { exclusively } from "./lock.mjs";

const LEAST_NODE = 20;
/** The Node that runs TypeScript as it is; where npm has no package of it, the user's own has to do. */
const PROJECT_NODE = 24;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stampFile = join(modules, ".slotkeeper-installed");
const INSTALLING = ".installing-";

const say = (line) => process.stderr.write(`${line}\n`);
const nodeMajor = Number(process.versions.node.split(".")[0]);

/** Ends with the status that the project uses for what the operator can act on (scripts/errors.ts). */
function refuse(status, message, hint) {
    say(`Error: ${message}`);
    say(`Try: ${hint}`);
    process.exit(status);
}

/** What node_modules was installed from, and for which machine. */
function wantedStamp() {
    const lock = createHash("sha256")
        .update(readFileSync(join(root, "package-lock.json")))
        .digest("hex");
    return `${lock} ${process.platform} ${process.arch}\n`;
}

const isFresh = (stamp) => existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp;

/** Whether npm itself (its record in node_modules) has installed exactly what the lockfile says, as `npm install` does. */
function isInstalledByHand() {
    const record = join(modules, ".package-lock.json");
    if (!existsSync(record)) return false;
    const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
    const installed = JSON.parse(readFileSync(record, "utf8")).packages;
    const same = (one, other) => one.version === other.version && one.integrity === other.integrity;
    return (
        Object.keys(installed).every((path) => wanted[path] !== undefined && existsSync(join(root, path))) &&
        Object.entries(wanted).every(([path, entry]) =>
            path === "" ? true : installed[path] === undefined ? isForOthers(entry) : same(entry, installed[path]),
        )
    );
}

/** Whether npm was right to leave a package out: an optional one that is not plainly made for this machine. */
function isForOthers({ optional, os, cpu, libc }) {
    const own = os?.includes(process.platform) && cpu?.includes(process.arch) && libc === undefined;
    return optional === true && own !== true;
}

/** PATH without node_modules/.bin: npm must not run on a Node that it is about to replace. */
function outsidePath() {
    const folders = (process.env.PATH ?? "").split(delimiter);
    return folders.filter((folder) => !folder.includes("node_modules")).join(delimiter);
}

/** Installs into a folder beside, and puts it in place when it is whole: killed half-way, the old packages stay. */
async function install(stamp) {
    for (const left of readdirSync(root).filter((name) => name.startsWith(INSTALLING))) {
        rmSync(join(root, left), { recursive: true, force: true });
    }
    const count = Object.keys(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages).length - 1;
    const started = Date.now();
    say(`installing the locked npm packages (${count}; about a minute the first time)`);
    const beside = mkdtempSync(join(root, INSTALLING));
    const remove = () => rmSync(beside, { recursive: true, force: true });
    try {
        writeFileSync(join(beside, ".gitignore"), "*\n");
        for (const name of ["package.json", "package-lock.json", ".npmrc"]) {
            if (existsSync(join(root, name))) cpSync(join(root, name), join(beside, name));
        }
        await npmCi(beside, started);
        const fresh = join(beside, "node_modules");
        mkdirSync(fresh, { recursive: true });
        writeFileSync(join(fresh, ".slotkeeper-installed"), stamp);
        if (existsSync(modules)) renameSync(modules, join(beside, "replaced"));
        renameSync(fresh, modules);
        say(`installed the npm packages in ${Math.round((Date.now() - started) / 1000)} s`);
    } finally {
        remove();
    }
}

function npmCi(folder, started) {
    const env = { ...process.env, PATH: outsidePath() };
    // These would make npm leave out what the project needs, or install it elsewhere.
    for (const name of ["NODE_ENV", "npm_config_omit", "npm_config_prefix", "npm_config_global", "INIT_CWD"]) {
        delete env[name];
    }
    const args = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
    return new Promise((done) => {
        const npm = spawn("npm", args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
        let output = "";
        npm.stdout.on("data", (chunk) => (output += chunk));
        npm.stderr.on("data", (chunk) => (output += chunk));
        const timer = setInterval(() => {
            say(`installing the locked npm packages: ${Math.round((Date.now() - started) / 1000)} s so far`);
        }, 10_000);
        const stopped = (signal) => {
            npm.kill(signal);
            rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
            process.exit(128 + constants.signals[signal]);
        };
        for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stopped);
        npm.on("error", (error) => {
            rmSync(folder, { recursive: true, force: true });
            refuse(2, `npm cannot be run: ${error.message}`, "install Node with npm (https://nodejs.org), or fix PATH");
        });
        npm.on("close", (code) => {
            clearInterval(timer);
            for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, stopped);
            if (code === 0) return done();
            rmSync(folder, { recursive: true, force: true });
            say(output.trim());
            const full = output.includes("ENOSPC");
            refuse(
                full ? 2 : 13,
                full ? "the disk is full: the npm packages were not installed" : "npm could not install the packages",
                full ? "free some space" : "see npm's message above; the npm registry must be reachable the first time",
            );
        });
    });
}

/** The packages of the lockfile, in node_modules; one process at a time. */
async function ensurePackages() {
    const stamp = wantedStamp();
    if (isFresh(stamp)) return;
    const onWait = (owner) => say(`waiting for process ${owner}, which installs the npm packages`);
    await exclusively(`packages ${root}`, onWait, async () => {
        if (isFresh(stamp)) return;
        if (isInstalledByHand()) writeFileSync(stampFile, stamp);
        else await install(stamp);
    });
}

function projectNode() {
    const packaged = join(modules, ".bin", "node");
    if (existsSync(packaged)) return packaged;
    if (nodeMajor >= PROJECT_NODE) return process.execPath;
    return refuse(
        2,
        `npm has no Node ${PROJECT_NODE} for ${process.platform} ${process.arch}, and this is Node ${process.versions.node}`,
        `install Node ${PROJECT_NODE} or newer (https://nodejs.org)`,
    );
}

/**
 * Whether the terminal sends Ctrl-C to this process's group, and so to the program too; without /proc a terminal on
 * standard input has to tell. Fields of /proc/self/stat after the name: state ppid pgrp session tty_nr tpgid (proc(5)).
 */
function isForeground() {
    if (!existsSync("/proc/self/stat")) return process.stdin.isTTY === true;
    const stat = readFileSync("/proc/self/stat", "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[2] === fields[5];
}

/** Becomes the program where Node can (22.15 and later); else stands in front of it and ends as it does. */
function run(node, args) {
    if (typeof process.execve === "function") process.execve(node, [node, ...args], process.env);
    const program = spawn(node, args, { stdio: "inherit" });
    const forward = (signal) => {
        // What the terminal sends to the whole group has reached the program already.
        if (signal === "SIGTERM" || !isForeground()) program.kill(signal);
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, forward);
    program.on("error", (error) =>
        refuse(2, `${node} cannot be run: ${error.message}`, "remove node_modules and try again"),
    );
    program.on("close", (code, signal) => {
        for (const name of signals) process.off(name, forward);
        if (signal === null) process.exit(code);
        process.kill(process.pid, signal);
    });
}

const [script, ...args] = process.argv.slice(2);
if (nodeMajor < LEAST_NODE) {
    refuse(
        2,
        `Slotkeeper needs Node ${LEAST_NODE} or newer, and this is ${process.versions.node}`,
        "https://nodejs.org",
    );
}
if (script === undefined) refuse(2, "no script to run", "npm run drill");
await ensurePackages();
run(projectNode(), [resolve(root, script), ...args]);

import { Command } from "commander";

import { programRelease, recordRelease, settleRelease } from "../fleet/release.ts";

import { printProgress } from "./terminal.ts";

/** `release settle` and `release record`: for the deployment's scripts, after they have switched a release. */
export function releaseCommand(): Command {
    return new Command("release")
        .description("make the services run the current release, and remember what it consists of")
        .addCommand(settleCommand())
        .addCommand(recordCommand());
}

function settleCommand(): Command {
    return new Command("settle")
        .description("restart, safely, the services that run another executable than the current release's")
        .option("--back", "on the way back to the release before: start the app whatever happens")
        .action(async ({ back }: { back?: boolean }) => {
            await settleRelease({ back: back ?? false, progress: printProgress });
        });
}

interface RecordOptions {
    name: string;
    generation: string;
    program?: string;
    folder?: string;
    link?: string;
}

function recordCommand(): Command {
    return new Command("record")
        .description("remember the files of a release, for `slotkeeper drift`")
        .requiredOption("--name <name>", "under which it was applied")
        .requiredOption("--generation <generation>", "as which it was applied")
        .option("--program <release>", "a release of this program")
        .option("--folder <folder>", "the folder of another one")
        .option("--link <path>", "the link that leads to that folder")
        .action(async ({ name, generation, program, folder, link }: RecordOptions) => {
            if (program !== undefined) await recordRelease({ name, generation }, programRelease(program));
            else if (folder !== undefined) {
                const target = folder.split("/").slice(-2).join("/");
                const links = link === undefined ? [] : [{ path: link, target }];
                await recordRelease({ name, generation }, { folder, links, release: null });
            }
        });
}

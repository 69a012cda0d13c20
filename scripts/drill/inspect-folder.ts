import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { SlotkeeperError } from "../errors.ts";
import { parseSlotId } from "../fleet/slot-id.ts";

/** A user's fleet as it lies on disk, before anything of it is opened. */
export interface InspectedFolder {
    /** Names in slots/ that a slot can have: "<id>.db". */
    readonly slotFiles: readonly string[];
    /** Of global.db and these. */
    readonly bytes: number;
}

/**
 * Looks whether a folder holds a fleet: global.db and slots/*.db.
 * @throws SlotkeeperError (usage) that names what is missing or cannot be read.
 */
export async function inspectFolder(folder: string): Promise<InspectedFolder> {
    const refuse = (message: string, cause?: unknown) =>
        new SlotkeeperError(
            "usage",
            message,
            "Give --data a folder that holds global.db and slots/*.db, readable by you.",
            { cause },
        );
    const list = (path: string) =>
        readdir(path).catch((cause: unknown) => {
            throw refuse(`--data: ${path} cannot be read: ${(cause as Error).message}`, cause);
        });
    if (!(await list(folder)).includes("global.db")) throw refuse(`--data: there is no ${join(folder, "global.db")}`);
    const slots = join(folder, "slots");
    const files = (await list(slots)).filter((file) => file.endsWith(".db"));
    if (files.length === 0) throw refuse(`--data: there is no *.db file in ${slots}`);
    const slotFiles = files.filter((file) => parseSlotId(basename(file, ".db")) !== null);
    const paths = [join(folder, "global.db"), ...slotFiles.map((file) => join(slots, file))];
    const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
    return { slotFiles, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

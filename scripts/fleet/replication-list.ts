import { basename } from "node:path";

import pMap from "p-map";

import type { FleetSettings } from "../../components/fleet-settings.ts";
import { askDaemon, askTxid } from "../adapters/litestream-socket.ts";
import { SlotkeeperError } from "../errors.ts";

import { fleetFolder } from "./fleet-folder.ts";

/** One database as a Litestream daemon on this server sees it. */
export interface ReplicatedDatabase {
    /** "global", or the slot's id. */
    id: string;
    path: string;
    /** Litestream's word: "replicating", "open" or "stopped"; it says "replicating" during an outage of the store, too. */
    status: string;
    /** Epoch ms of the last upload; null when there was none. */
    lastSyncAt: number | null;
    /** The newest transaction that Litestream has taken from the database, 16 hex digits; null when it does not say. */
    txid: string | null;
    /** The daemon's socket. */
    socket: string;
}

/**
 * What the daemons on this server say they replicate, by path.
 * @throws SlotkeeperError "notFound" when no daemon is running here, "remote" when one does not answer.
 */
export async function listReplicated(settings: FleetSettings, sockets: string[]): Promise<ReplicatedDatabase[]> {
    if (sockets.length === 0) {
        const hint = "start it: systemctl start litestream@global litestream@1";
        throw new SlotkeeperError("notFound", "no Litestream daemon is running on this server", hint);
    }
    const { globalPath } = fleetFolder(settings);
    const lists = await Promise.all(
        sockets.map(async (socket) => (await askDaemon(socket)).map((database) => ({ ...database, socket }))),
    );
    const look = async (database: (typeof lists)[number][number]): Promise<ReplicatedDatabase> => {
        const id = database.path === globalPath ? "global" : basename(database.path).replace(/\.db$/, "");
        const txid = await askTxid(database.socket, database.path);
        return { id, ...database, txid };
    };
    const databases = await pMap(lists.flat(), look, { concurrency: 8 });
    return databases.sort((a, b) => (a.path < b.path ? -1 : 1));
}

import { App, AppService } from "./components/app.ts";
import { serverArtifact } from "./components/artifact.ts";
import { backupsOf } from "./components/backups.ts";
import { loadConfig } from "./components/config.ts";
import { archOf } from "./components/config/server.ts";
import { Dns } from "./components/dns.ts";
import { generationsOn } from "./components/drift.ts";
import { Recovery } from "./components/recovery.ts";
import { Replication } from "./components/replication.ts";
import { Runtime } from "./components/runtime.ts";
import { Server } from "./components/server.ts";

/** Production: storage, server, recovery of what is already backed up, then replication and the app. Staging: the same, without the power to write. */
export default async function slotkeeper() {
    const config = loadConfig();
    const artifact = await serverArtifact(archOf(config.server));

    const server = new Server("server", config);
    // Where the cloud cannot be asked, no bucket is made either.
    await server.found;
    const backups = backupsOf(config);
    const runtime = new Runtime("runtime", { server, artifact, backups, config });
    const recovery = new Recovery(
        "recovery",
        { server, mayBeNew: config.role === "production", dataDir: config.fleet.dataDir },
        { dependsOn: runtime },
    );

    const app = config.app && new App("app", { server, app: config.app, config }, { dependsOn: recovery });
    const replication =
        config.role === "production"
            ? new Replication("replication", { server, location: backups.location, config }, { dependsOn: app ?? recovery }) // prettier-ignore
            : undefined;
    const service =
        config.app?.serve &&
        new AppService("app-service", { server, app: config.app }, { dependsOn: [replication ?? app ?? recovery] });

    if (config.role === "production" && config.server.kind === "ec2" && config.server.dns)
        new Dns("dns", { server, record: config.server.dns }, { dependsOn: service ?? replication ?? recovery });

    return {
        role: config.role,
        ...backups.exports,
        fleet: { dataDir: config.fleet.dataDir, catalogQuery: config.fleet.catalogQuery },
        server: server.address,
        applied: generationsOn(server),
        recovery: recovery.summary,
        ...(service && { appUrl: service.url }),
    };
}

import { App, AppService } from "./components/app.ts";
import { serverArtifact } from "./components/artifact.ts";
import { backupsOf } from "./components/backups.ts";
import { loadConfig } from "./components/config.ts";
import { archOf } from "./components/config/server.ts";
import { Disposal } from "./components/disposal.ts";
import { Dns } from "./components/dns.ts";
import { generationsOn } from "./components/drift.ts";
import { requireEveryGeneration } from "./components/encryption-secret.ts";
import { Expiry } from "./components/expiry.ts";
import { Recovery } from "./components/recovery.ts";
import { Replication } from "./components/replication.ts";
import { Runtime } from "./components/runtime.ts";
import { Server } from "./components/server.ts";
import { Verification } from "./components/verification.ts";

/** Production: storage, server, recovery of what is already backed up, then replication and the app. Staging: the same, without the power to write. */
export default async function slotkeeper() {
    const config = loadConfig();
    if (config.role === "production") await requireEveryGeneration(config.encryption);
    const artifact = await serverArtifact(archOf(config.server));

    // What staging makes has an end before it has a beginning.
    const expiry = config.role === "staging" ? new Expiry(config) : undefined;
    const server = new Server("server", config, { dependsOn: expiry ?? [] });
    // Where the cloud cannot be asked, no bucket is made either.
    await server.found;
    const backups = backupsOf(config);
    const disposal =
        config.role === "staging" && expiry
            ? new Disposal("disposal", { server, config, expiresAt: expiry.expiresAt })
            : undefined;
    const runtime = new Runtime("runtime", { server, artifact, backups, config }, { dependsOn: disposal ?? [] });
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
    const verification =
        config.role === "staging"
            ? new Verification("verification", { server, failedCheck: config.failedCheck }, { dependsOn: service ?? app ?? recovery }) // prettier-ignore
            : undefined;

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
        ...(verification && { verdict: verification.verdict, record: verification.record }),
        ...(expiry && { expiresAt: expiry.expiresAt }),
    };
}

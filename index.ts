import { App, AppService } from "./components/app.ts";
import { serverArtifact } from "./components/artifact.ts";
import { Buckets } from "./components/buckets.ts";
import { loadConfig } from "./components/config.ts";
import { EncryptionSecret } from "./components/encryption-secret.ts";
import { productionLocation } from "./components/production.ts";
import { Recovery } from "./components/recovery.ts";
import { Replication } from "./components/replication.ts";
import { Runtime } from "./components/runtime.ts";
import { Server } from "./components/server.ts";

/** Production: storage, server, recovery of what is already backed up, then replication and the app. Staging: the same, without the power to write. */
export default async function slotkeeper() {
    const config = loadConfig();
    const artifact = await serverArtifact();
    const disposable = config.drill;

    const location =
        config.role === "production"
            ? new Buckets("storage", { storage: config.storage, disposable }).location
            : productionLocation(config.production);
    const encryption = config.role === "production" ? new EncryptionSecret("encryption", { disposable }) : undefined;

    const server = new Server("server", config);
    const runtime = new Runtime("runtime", { server, artifact, location, config });
    const recovery = new Recovery(
        "recovery",
        { server, mayBeNew: config.role === "production", dataDir: config.fleet.dataDir },
        { dependsOn: runtime },
    );

    const app = config.app && new App("app", { server, app: config.app, config }, { dependsOn: recovery });
    const replication =
        config.role === "production"
            ? new Replication("replication", { server, location, config }, { dependsOn: app ?? recovery })
            : undefined;
    const service =
        config.app?.serve &&
        new AppService("app-service", { server, app: config.app }, { dependsOn: [replication ?? app ?? recovery] });

    return {
        role: config.role,
        location,
        server: server.address,
        recovery: recovery.summary,
        ...(encryption && { encryptionSecret: encryption.value }),
        ...(service && { appUrl: service.url }),
    };
}

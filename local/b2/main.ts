import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { storeClient } from "../store-admin.ts";
import { RequestCounts } from "./counts.ts";
import { Double } from "./double.ts";
import { b2KeySchema } from "./keys.ts";
import { Throttle, throttleSchema } from "./throttle.ts";
import { Upstream } from "./upstream.ts";

/** What the double reads from stdin, for a secret is in it; it then prints the port it listens on, and nothing more. */
export const doubleConfigSchema = z.strictObject({
    /** The address to listen on, and no other. */
    address: z.string(),
    upstream: z.strictObject({
        endpoint: z.string(),
        region: z.string(),
        root: z.strictObject({ accessKey: z.string(), secretKey: z.string() }),
    }),
    keys: z.array(b2KeySchema),
    throttle: throttleSchema,
    countsFile: z.string().nullable(),
});

/** See {@link doubleConfigSchema}. */
export type DoubleConfig = z.infer<typeof doubleConfigSchema>;

async function main(): Promise<void> {
    const config = doubleConfigSchema.parse(JSON.parse(await text(process.stdin)));
    const { endpoint, region, root } = config.upstream;
    const counts = new RequestCounts(config.countsFile);
    const upstream = new Upstream(endpoint, storeClient(endpoint, root, region), config.keys);
    const { server } = new Double({ upstream, keys: config.keys, throttle: new Throttle(config.throttle), counts });
    server.listen(0, config.address, () => {
        process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
    });
    process.on("SIGTERM", () => {
        counts.write();
        process.exit(0);
    });
}

if (import.meta.main) await main();

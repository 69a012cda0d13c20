import { createHash } from "node:crypto";
import type { S3Client } from "@aws-sdk/client-s3";
import { storeClient as clientOf } from "../scripts/adapters/s3.ts";

/** The keys of one account of the object store. */
export interface Account {
    accessKey: string;
    secretKey: string;
}

/** An S3 client of one account. */
export function storeClient(
    endpoint: string,
    { accessKey, secretKey }: Account,
    region: string = "us-east-1",
): S3Client {
    return clientOf({ endpoint, region, keyId: accessKey, secret: secretKey });
}

/**
 * Creates an account through versitygw's admin API (its own command line would show the secret to every user of this
 * host): a user may do only what bucket policies allow it, an admin everything. @throws when the store refuses.
 */
export async function createAccount(
    endpoint: string,
    root: Account,
    account: Account,
    { region = "us-east-1", role = "user" }: { region?: string; role?: "user" | "admin" } = {},
): Promise<void> {
    const client = storeClient(endpoint, root, region);
    try {
        const url = new URL("/create-user", endpoint);
        // Keys are made of letters, digits, "-" and "_": nothing to escape.
        const body = `<Account><Access>${account.accessKey}</Access><Secret>${account.secretKey}</Secret><Role>${role}</Role></Account>`;
        const signer = await client.config.signer({
            name: "sigv4",
            signingName: "s3",
            signingRegion: region,
            properties: {},
        });
        const signed = await signer.sign({
            method: "PATCH",
            protocol: url.protocol,
            hostname: url.hostname,
            port: Number(url.port),
            path: url.pathname,
            query: {},
            headers: {
                host: url.host,
                "content-type": "application/xml",
                "x-amz-content-sha256": createHash("sha256").update(body).digest("hex"),
            },
            body,
        });
        const response = await fetch(url, { method: "PATCH", headers: signed.headers, body });
        if (!response.ok)
            throw new Error(
                `the object store refused to create an account: ${response.status} ${await response.text()}`,
            );
    } finally {
        client.destroy();
    }
}

import { S3Client } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";

/** The keys of one account of the object store. */
export interface Account {
    accessKey: string;
    secretKey: string;
}

/** An S3 client of one account for a store with path-style addresses that knows no newer checksums than MD5. */
export function storeClient(endpoint: string, { accessKey, secretKey }: Account): S3Client {
    return new S3Client({
        endpoint,
        region: "us-east-1",
        forcePathStyle: true,
        credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
        requestChecksumCalculation: "WHEN_REQUIRED",
        responseChecksumValidation: "WHEN_REQUIRED",
    });
}

/**
 * Creates an account that may do only what bucket policies allow it, through versitygw's admin API (its own command
 * line would show the secret to every user of this host). @throws when the store refuses.
 */
export async function createAccount(endpoint: string, root: Account, account: Account): Promise<void> {
    const client = storeClient(endpoint, root);
    try {
        const url = new URL("/create-user", endpoint);
        // Keys are made of letters, digits, "-" and "_": nothing to escape.
        const body = `<Account><Access>${account.accessKey}</Access><Secret>${account.secretKey}</Secret><Role>user</Role></Account>`;
        const signer = await client.config.signer({
            name: "sigv4",
            signingName: "s3",
            signingRegion: "us-east-1",
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

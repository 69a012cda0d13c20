import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { listFolders, listObjects, tryWrite } from "../../../scripts/adapters/s3.ts";

const page = (token: string | null, content: string) => `<?xml version="1.0"?><ListBucketResult>
    <IsTruncated>${token !== null}</IsTruncated>${token === null ? "" : `<NextContinuationToken>${token}</NextContinuationToken>`}
    ${content}</ListBucketResult>`;

describe("looking at a bucket", () => {
    let server: Server;
    let endpoint: string;
    const connections = new Set<Socket>();

    before(async () => {
        server = createServer((request, response) => {
            const url = new URL(request.url ?? "/", "http://store");
            if (request.method === "PUT") response.writeHead(403).end("<Error><Code>AccessDenied</Code></Error>");
            else if (url.searchParams.has("continuation-token"))
                response.end(
                    page(null, "<CommonPrefixes><Prefix>slots/b.db/</Prefix></CommonPrefixes><Contents><Key>k</Key><Size>2</Size></Contents>"), // prettier-ignore
                );
            else
                response.end(
                    page("next", "<CommonPrefixes><Prefix>slots/a.db/</Prefix></CommonPrefixes><Contents><Key>j</Key><Size>40</Size></Contents>"), // prettier-ignore
                );
        }).listen(0, "127.0.0.1");
        server.on("connection", (socket) => {
            connections.add(socket);
            socket.on("close", () => connections.delete(socket));
        });
        await once(server, "listening");
        endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => {
        server.closeAllConnections();
        server.close();
    });

    it("goes through all pages, and leaves no connection open", async () => {
        const access = { endpoint, region: "us-east-1", bucket: "replicas", keyId: "id", secret: "secret" };
        assert.deepEqual(await listFolders(access, "slots/"), ["a.db", "b.db"]);
        assert.deepEqual(
            (await listObjects(access)).map(({ bytes }) => bytes),
            [40, 2],
        );
        assert.deepEqual(await tryWrite(access, "x"), { refused: true, answer: "AccessDenied (403)" });
        for (let waited = 0; connections.size > 0 && waited < 2000; waited += 20)
            await new Promise((done) => setTimeout(done, 20));
        assert.equal(connections.size, 0);
    });
});

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** One answer of the API: a console's text, or an error code. */
export type ConsoleAnswer = { readonly console: string | null } | { readonly error: string };

/** EC2's query API on loopback, as far as GetConsoleOutput goes. */
export interface Ec2Api extends AsyncDisposable {
    readonly endpoint: string;
    /** The parameters of each request so far. */
    readonly requests: Record<string, string>[];
}

/** Starts an API that gives one answer after the other, and then the last for ever. */
export async function startEc2Api(...answers: readonly ConsoleAnswer[]): Promise<Ec2Api> {
    const requests: Record<string, string>[] = [];
    const server = createServer((request, response) => {
        void text(request).then((body) => {
            const asked = Object.fromEntries(new URLSearchParams(body));
            const answer = answers[Math.min(requests.length, answers.length - 1)] ?? { console: null };
            requests.push(asked);
            const failed = "error" in answer;
            response.writeHead(failed ? 400 : 200, { "content-type": "text/xml" });
            response.end(failed ? errorXml(answer.error) : consoleXml(asked["InstanceId"] ?? "", answer.console));
        });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return {
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        requests,
        async [Symbol.asyncDispose]() {
            server.closeAllConnections();
            server.close();
            await once(server, "close");
        },
    };
}

// The shapes of docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html and errors-overview.html.
function consoleXml(instance: string, console: string | null): string {
    const output = console === null ? "" : `<output>${Buffer.from(console).toString("base64")}</output>`;
    return `<GetConsoleOutputResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><instanceId>${instance}</instanceId><timestamp>2026-01-01T00:00:00.000Z</timestamp>${output}</GetConsoleOutputResponse>`;
}

function errorXml(code: string): string {
    return `<Response><Errors><Error><Code>${code}</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>`;
}

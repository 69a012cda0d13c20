import { EC2Client, GetConsoleOutputCommand } from "@aws-sdk/client-ec2";
import { SlotkeeperError } from "../errors.ts";

/** What an instance wrote to its console last (64 KB at most); null while there is nothing, or no such instance yet. */
export type ReadConsole = () => Promise<string | null>;

/** Error codes of an instance that was just made: EC2 answers before all of it knows (eventual consistency). */
const notYet = ["InvalidInstanceID.NotFound", "IncorrectInstanceState", "RequestLimitExceeded"];

/**
 * Opens the console of an instance, with the key that the environment holds. AWS_ENDPOINT_URL_EC2 names another endpoint.
 * The reader throws SlotkeeperError "remote" when EC2 refuses, or cannot be reached.
 */
export function openConsole(instance: string, region: string): ReadConsole & Disposable {
    const client = new EC2Client({ region });
    let latest = true;
    const ask = async () => {
        const { Output } = await client.send(new GetConsoleOutputCommand({ InstanceId: instance, Latest: latest }));
        return Output === undefined ? null : Buffer.from(Output, "base64").toString("utf8");
    };
    const read = async (): Promise<string | null> => {
        try {
            return await ask();
        } catch (error) {
            const code = error instanceof Error ? error.name : "";
            if (notYet.includes(code)) return null;
            if (code !== "UnsupportedOperation" || !latest) throw refusal(error, instance, region);
            // A type of instance whose console is only kept from time to time.
            latest = false;
            return null;
        }
    };
    return Object.assign(read, {
        [Symbol.dispose]: () => {
            client.destroy();
        },
    });
}

function refusal(error: unknown, instance: string, region: string): SlotkeeperError {
    const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return new SlotkeeperError(
        "remote",
        `EC2 does not show the console of ${instance} in ${region}: ${words}`,
        "the AWS credentials of this shell (AWS_PROFILE, AWS_ACCESS_KEY_ID, …) must allow ec2:GetConsoleOutput",
        { cause: error },
    );
}

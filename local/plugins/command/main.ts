import { serve } from "../provider/serve.ts";
import { sdkVersion } from "../sdk-version.ts";
import { copyToRemote } from "./copy-to-remote.ts";
import { localCommand } from "./local-command.ts";
import { remoteCommand } from "./remote-command.ts";

const resources = {
    "command:local:Command": localCommand,
    "command:remote:Command": remoteCommand,
    "command:remote:CopyToRemote": copyToRemote,
};

serve({
    name: "command",
    version: sdkVersion("command"),
    resource: (type) => (Object.hasOwn(resources, type) ? resources[type as keyof typeof resources] : undefined),
});

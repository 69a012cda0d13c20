import type { Rule } from "./rule.ts";
import { backendLimits, explicitProvider, foreignProvider } from "./rules/backend.ts";
import { pinnedHostKey } from "./rules/host-keys.ts";
import { encryptedVolumes, imdsv2 } from "./rules/instances.ts";
import { pinnedPlugins } from "./rules/plugins.ts";
import { drillBuckets, noForceDestroy, protectedStorage } from "./rules/protection.ts";
import { noPublicAccess, publicAccessBlock } from "./rules/public-access.ts";
import { secretsStayPut } from "./rules/secrets.ts";
import { noOpenSsh } from "./rules/ssh.ts";
import { stagingOnlyReads } from "./rules/staging.ts";

/**
 * Every rule of the pack, in the order of docs/policy.md.
 * @param pinned the project's dependencies, name → version as package.json has it.
 */
export function rules(pinned: Readonly<Record<string, string>>): Rule[] {
    return [
        protectedStorage,
        drillBuckets,
        noForceDestroy,
        noPublicAccess,
        publicAccessBlock,
        stagingOnlyReads,
        secretsStayPut,
        pinnedHostKey,
        noOpenSsh,
        imdsv2,
        encryptedVolumes,
        backendLimits,
        foreignProvider,
        explicitProvider,
        pinnedPlugins(pinned),
    ];
}

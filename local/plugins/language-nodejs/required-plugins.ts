import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { z } from "zod";

const programSchema = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });
const packageSchema = z.object({
    name: z.string(),
    version: z.string(),
    pulumi: z.object({
        resource: z.boolean().default(false),
        name: z.string().optional(),
        version: z.string().optional(),
    }),
});

/** The resource plugins of the SDKs that a program depends on: those whose package.json says `"pulumi": {"resource": true}`. */
export async function requiredPlugins(programDirectory: string): Promise<{ name: string; version: string }[]> {
    const manifest = join(programDirectory, "package.json");
    const { dependencies } = programSchema.parse(JSON.parse(await readFile(manifest, "utf8")));
    const { resolve } = createRequire(manifest);
    const found = await Promise.all(
        Object.keys(dependencies).map(async (dependency) => {
            const parsed = packageSchema.safeParse(await manifestOf(dependency, resolve));
            if (!parsed.success || !parsed.data.pulumi.resource) return [];
            const { name, version, pulumi } = parsed.data;
            return [{ name: pulumi.name ?? name.replace("@pulumi/", ""), version: pulumi.version ?? version }];
        }),
    );
    return found.flat();
}

/** A package's package.json; undefined where the package is not installed or does not show it: no Pulumi SDK does that. */
async function manifestOf(dependency: string, resolve: NodeJS.RequireResolve): Promise<unknown> {
    let path: string;
    try {
        path = resolve(`${dependency}/package.json`);
    } catch {
        return undefined;
    }
    return JSON.parse(await readFile(path, "utf8"));
}

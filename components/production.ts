import * as pulumi from "@pulumi/pulumi";
import type { Location } from "./buckets.ts";

/**
 * Where production keeps its backups, as production's stack says. Staging owns none of it and holds the reader's key only.
 * @param stack production's full stack name, organization/project/stack.
 */
export function productionLocation(stack: string): pulumi.Output<Location> {
    const production = new pulumi.StackReference("production", { name: stack });
    return production.requireOutput("location") as pulumi.Output<Location>;
}

import { type RecoveryOutputs, recoveryOutputsSchema } from "../../components/outputs.ts";
import { SlotkeeperError } from "../errors.ts";

/**
 * What a sheet is made from, out of all that a stack exports.
 * @throws SlotkeeperError "usage" for a staging stack, and for a stack of another version; no value is shown.
 */
export function sheetOutputs(stack: string, outputs: Record<string, unknown>): RecoveryOutputs {
    if (outputs["role"] === "staging")
        throw new SlotkeeperError(
            "usage",
            `${stack} is a staging stack: it has no backups of its own`,
            "name production's stack with --stack",
        );
    const parsed = recoveryOutputsSchema.safeParse(outputs);
    if (parsed.success) return parsed.data;
    // Of secrets, only where they are missing may be told.
    const where = [...new Set(parsed.error.issues.map(({ path }) => path.join(".")))].join(", ");
    throw new SlotkeeperError(
        "usage",
        `the outputs of the stack ${stack} are not what a recovery sheet is made from: ${where} missing or wrong`,
        `bring it up with this version of the program: npm run pulumi -- up --stack ${stack}`,
    );
}

import type { Props } from "../provider/wire.ts";

/** What a plan shows of an image that only the official plugin can look up; no such id exists. */
export const unknownImage = "ami-looked-up-at-up";

/** Lookups on AWS, as far as a preview without AWS can show what follows from them. */
export function lookUpInPreview(token: string, args: Props): Props | undefined {
    return token === "aws:ec2/getAmi:getAmi" ? { ...args, id: unknownImage } : undefined;
}

import { UNKNOWN, isKnownFalse, objectsIn, type Props } from "../resource.ts";
import type { ResourceRule } from "../rule.ts";

const instances = ["aws.ec2.Instance", "aws.ec2.SpotInstanceRequest", "aws.ec2.LaunchTemplate", "aws.ec2.LaunchConfiguration"]; // prettier-ignore

/** A request that an app can be tricked into must not give away the instance's credentials: tokens come first. */
export const imdsv2: ResourceRule = {
    name: "imdsv2",
    description: "Instances give metadata only to who asks for a token first (IMDSv2).",
    problems({ kind, name, props }) {
        if (!instances.includes(kind) || isFromTemplate(props, "metadataOptions")) return [];
        if (props["metadataOptions"] === UNKNOWN) return [];
        const [options] = objectsIn(props, "metadataOptions");
        const tokens = options?.["httpTokens"];
        if (tokens === UNKNOWN || tokens === "required" || options?.["httpEndpoint"] === "disabled") return [];
        return [`${name} answers metadata requests without a token: set metadataOptions.httpTokens to "required"`];
    },
};

/** Disks hold customers' data, and so do the copies that a cloud makes of them. */
export const encryptedVolumes: ResourceRule = {
    name: "encrypted-volumes",
    description: "Every volume is encrypted: data volumes, and the root volumes of instances.",
    problems({ kind, name, props }) {
        if (kind === "aws.ebs.Volume")
            return isKnownFalse(props["encrypted"]) ? [`the volume ${name} is not encrypted: set encrypted to true`] : [];
        if (!instances.includes(kind)) return [];
        if (kind === "aws.ec2.LaunchTemplate")
            return objectsIn(props, "blockDeviceMappings")
                .flatMap((mapping) => objectsIn(mapping, "ebs"))
                .some(({ encrypted }) => isKnownFalse(encrypted))
                ? [`${name} makes volumes that are not encrypted: set blockDeviceMappings[].ebs.encrypted to "true"`]
                : [];
        const problems: string[] = [];
        const root = props["rootBlockDevice"];
        if (root !== UNKNOWN && !isFromTemplate(props, "rootBlockDevice") && isKnownFalse(objectsIn(props, "rootBlockDevice")[0]?.["encrypted"]))
            problems.push(`the root volume of ${name} is not encrypted: set rootBlockDevice.encrypted to true`);
        if (objectsIn(props, "ebsBlockDevices").some(({ encrypted }) => isKnownFalse(encrypted)))
            problems.push(`a volume of ${name} is not encrypted: set ebsBlockDevices[].encrypted to true`);
        return problems;
    }, // prettier-ignore
};

/** What an instance does not say itself, its launch template does: the rule judges that one. */
function isFromTemplate(props: Props, key: string): boolean {
    return props[key] === undefined && props["launchTemplate"] !== undefined;
}

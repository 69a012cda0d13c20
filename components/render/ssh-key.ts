import ssh2 from "ssh2";

/** The types of key that EC2 takes for a Linux server (docs.aws.amazon.com/AWSEC2, "Amazon EC2 key pairs"). */
const taken = ["ssh-ed25519", "ssh-rsa"];

/**
 * The public half of a private key, as authorized_keys has it.
 * @throws Error that says what is wrong with it and shows nothing of it.
 */
export function publicHalf(privateKey: string): string {
    const key = parse(privateKey);
    if (key === undefined)
        throw new Error("it is not a private key without passphrase, in OpenSSH or PEM format (ssh-keygen -t ed25519)");
    if (!taken.includes(key.type))
        throw new Error(`it is a key of type ${key.type}, and EC2 takes only ${taken.join(" and ")}`);
    return `${key.type} ${key.getPublicSSH().toString("base64")}`;
}

function parse(privateKey: string): ssh2.ParsedKey | undefined {
    const parsed = ssh2.utils.parseKey(privateKey);
    if (parsed instanceof Error) return undefined;
    // A file may hold several; ssh2's types do not say so.
    const key = [parsed].flat()[0];
    return key?.isPrivateKey() === true ? key : undefined;
}

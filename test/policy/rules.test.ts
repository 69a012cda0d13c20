import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UNKNOWN, type Props, type Resource } from "../../policy/resource.ts";
import type { ResourceRule, StackMember } from "../../policy/rule.ts";
import { rules } from "../../policy/rules.ts";
import { backendLimits, explicitProvider, foreignProvider } from "../../policy/rules/backend.ts";
import { pinnedHostKey } from "../../policy/rules/host-keys.ts";
import { encryptedVolumes, imdsv2 } from "../../policy/rules/instances.ts";
import { pinnedPlugins } from "../../policy/rules/plugins.ts";
import { drillBuckets, noForceDestroy, protectedStorage } from "../../policy/rules/protection.ts";
import { noPublicAccess } from "../../policy/rules/public-access.ts";
import { secretsStayPut } from "../../policy/rules/secrets.ts";
import { stagingOnlyReads } from "../../policy/rules/staging.ts";
import { storeOf } from "../../policy/store.ts";
import { resource, said, stack } from "./subject.ts";

const root = join(import.meta.dirname, "../..");
const drill = stack({ drill: "true" });
const at = (s3: string): Partial<Resource> => ({
    provider: { name: "store", props: { endpoints: JSON.stringify([{ s3 }]) } },
});
const allow = (statement: Props) => ({ policy: JSON.stringify({ Statement: [{ Effect: "Allow", ...statement }] }) });

type Case = [ResourceRule, string, kind: string, props: Props, more?: Partial<Resource>, of?: typeof drill];
const bucket = "aws.s3.Bucket";
const secret = "K004-a-secret-of-31-characters-x";

const refused: Case[] = [
    [protectedStorage, "an encryption secret that a destroy takes", "random.index.RandomBytes", {}],
    [drillBuckets, "a drill's bucket with a name that Pulumi makes up", bucket, {}, {}, drill],
    [drillBuckets, "a drill's bucket that is called like production's", bucket, { bucket: "my-drill-1" }, {}, drill],
    [noForceDestroy, "forceDestroy as text, as a provider has it", "aws.iam.User", { forceDestroy: "true" }],
    [noPublicAccess, "an object that everybody may read", "aws.s3.BucketObjectv2", { acl: "public-read" }],
    [noPublicAccess, "a grant to everybody who has an account", "aws.s3.BucketAcl", { accessControlPolicy: { grants: [{ grantee: { uri: "http://acs.amazonaws.com/groups/global/AuthenticatedUsers" } }] } }], // prettier-ignore
    [noPublicAccess, "a policy for everybody among others", "aws.s3.BucketPolicy", allow({ Principal: { AWS: ["arn:aws:iam::1:root", "*"] } })], // prettier-ignore
    [noPublicAccess, "a policy for everybody but one", "aws.s3.BucketPolicy", allow({ NotPrincipal: { AWS: "1" } })],
    [noPublicAccess, "a policy for everybody on a condition", "aws.s3.BucketPolicy", allow({ Principal: "*", Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } } })], // prettier-ignore
    [noPublicAccess, "a policy that cannot be read", "aws.s3.BucketPolicy", { policy: "{" }],
    [noPublicAccess, "a policy of one statement without a list", bucket, { policy: { Statement: { Effect: "Allow", Principal: "*" } } }], // prettier-ignore
    [noPublicAccess, "a block that is half open", "aws.s3.BucketPublicAccessBlock", { blockPublicAcls: true }],
    [pinnedHostKey, "a connection without the server's key", "command.remote.Command", { connection: { host: "h" } }],
    [pinnedHostKey, "an empty key", "command.remote.CopyFile", { connection: { hostKey: " " } }],
    [imdsv2, "tokens that are optional", "aws.ec2.Instance", { metadataOptions: { httpTokens: "optional" } }],
    [imdsv2, "a launch template that says nothing", "aws.ec2.LaunchTemplate", {}],
    [encryptedVolumes, "a data volume in clear", "aws.ebs.Volume", { encrypted: false }],
    [encryptedVolumes, "a root volume that nobody spoke of", "aws.ec2.Instance", {}],
    [encryptedVolumes, "a second volume in clear", "aws.ec2.Instance", { rootBlockDevice: { encrypted: true }, ebsBlockDevices: [{ deviceName: "b" }] }], // prettier-ignore
    [encryptedVolumes, "a template's volume in clear", "aws.ec2.LaunchTemplate", { blockDeviceMappings: [{ ebs: { volumeSize: 8 } }] }], // prettier-ignore
    [explicitProvider, "an AWS resource of nobody's provider", "aws.ec2.Instance", {}, { provider: { name: "default_7_48_0", props: {} } }], // prettier-ignore
    [backendLimits, "a lifecycle resource that never ends", "aws.s3.BucketLifecycleConfiguration", {}, at("http://127.0.0.1:7070")], // prettier-ignore
    [backendLimits, "versioning of a double of B2", "aws.s3.BucketVersioning", {}, at("http://127.0.0.1:7070"), stack({ storage: '{"backend":"b2"}' })], // prettier-ignore
    [backendLimits, "IAM at another store", "aws.iam.User", {}, at("https://s3.us-west-004.backblazeb2.com")],
    [foreignProvider, "a provider that asks AWS for an account", "pulumi.providers.aws", { endpoints: '[{"s3":"http://x"}]', skipCredentialsValidation: "true" }], // prettier-ignore
    [stagingOnlyReads, "a staging that is no drill", "pulumi.pulumi.Stack", {}, {}, stack({ role: "staging" })],
    [secretsStayPut, "a secret in user data, in Base64", "aws.ec2.Instance", { userDataBase64: Buffer.from(`a ${secret}`).toString("base64") }, {}, stack({ appToken: secret })], // prettier-ignore
    [secretsStayPut, "a secret deep in a trigger, which the state keeps", "command.local.Command", { triggers: [{ a: secret }] }, {}, stack({ recoverySecret: secret })], // prettier-ignore
    [secretsStayPut, "the provisioner's key on a server, even by stdin", "command.remote.Command", { stdin: `{"k":"${secret}"}` }, {}, stack({ storageAdminSecret: secret })], // prettier-ignore
];

const accepted: Case[] = [
    [protectedStorage, "a bucket that is protected", bucket, {}, { protect: true }],
    [protectedStorage, "a drill's bucket that is not", bucket, {}, {}, drill],
    [drillBuckets, "a drill's bucket", bucket, { bucket: "drill-1" }, {}, drill],
    [drillBuckets, "a name that is not known yet", bucket, { bucket: UNKNOWN }, {}, drill],
    [noForceDestroy, "forceDestroy in a drill", "aws.iam.User", { forceDestroy: true }, {}, drill],
    [noPublicAccess, "a refusal of everybody", "aws.s3.BucketPolicy", { policy: '{"Statement":[{"Effect":"Deny","Principal":"*"}]}' }], // prettier-ignore
    [noPublicAccess, "a policy that is not known yet", "aws.s3.BucketPolicy", { policy: UNKNOWN }],
    [noPublicAccess, "no ACL at all", bucket, {}],
    [pinnedHostKey, "a connection that is not known yet", "command.remote.Command", { connection: UNKNOWN }],
    [pinnedHostKey, "a key that is not known yet", "command.remote.Command", { connection: { hostKey: UNKNOWN } }],
    [pinnedHostKey, "what runs on this machine", "command.local.Command", {}],
    [imdsv2, "an instance whose template is judged", "aws.ec2.Instance", { launchTemplate: { id: "lt-1" } }],
    [imdsv2, "no metadata at all", "aws.ec2.Instance", { metadataOptions: { httpEndpoint: "disabled" } }],
    [encryptedVolumes, "a template's encrypted volume", "aws.ec2.LaunchTemplate", { blockDeviceMappings: [{ ebs: { encrypted: "true" } }] }], // prettier-ignore
    [backendLimits, "everything on AWS", "aws.s3.BucketLifecycleConfiguration", {}],
    [backendLimits, "a policy of a store that has them", "aws.s3.BucketPolicy", {}, at("http://127.0.0.1:7070")],
    [backendLimits, "no tags", bucket, { tags: {} }, at("https://s3.us-west-004.backblazeb2.com")],
    [explicitProvider, "a provider that somebody made", "aws.ec2.Instance", {}, { provider: { name: "default-region", props: {} } }], // prettier-ignore
    [foreignProvider, "AWS itself", "pulumi.providers.aws", { region: "eu-central-1" }],
    [stagingOnlyReads, "a staging with the recovery key", "pulumi.pulumi.Stack", {}, {}, stack({ role: "staging", drill: "true", recoverySecret: secret })], // prettier-ignore
    [secretsStayPut, "a server's own secret by stdin", "command.remote.Command", { stdin: secret }, {}, stack({ serverSecret: secret })], // prettier-ignore
    [secretsStayPut, "a placeholder, which is part of anything", "command.local.Command", { create: "npm run placeholder" }, {}, stack({ appToken: "placeholder" })], // prettier-ignore
];

describe("the rules of the policy pack", () => {
    for (const [rule, what, ...of] of refused)
        it(`${rule.name} refuses ${what}`, () => {
            const problems = said(rule, ...of);
            assert.equal(problems.length > 0, true);
            for (const problem of problems) {
                assert.match(problem, /: /, "says what to do");
                assert.doesNotMatch(problem, /K004/, "shows no secret");
            }
        });
    for (const [rule, what, ...of] of accepted)
        it(`${rule.name} accepts ${what}`, () => {
            assert.deepEqual(said(rule, ...of), []);
        });

    it("pinned-plugins refuses a range in package.json, another version, and a plugin of nobody", () => {
        const find = (kind: string, version: string, pinned: string) => {
            const member: StackMember = { ...resource(kind, { version }), urn: "urn", uses: () => [] };
            return pinnedPlugins({ "@pulumi/aws": pinned })
                .findings([member], stack())
                .map(({ problem }) => problem);
        };
        assert.deepEqual(find("pulumi.providers.aws", "7.48.0", "7.48.0"), []);
        assert.deepEqual(
            find("pulumi.providers.pulumi", "", "7.48.0"),
            [],
            "reads other stacks, and is the CLI itself",
        );
        assert.match(find("pulumi.providers.aws", "7.48.0", "^7.48.0")[0] ?? "", /\^7\.48\.0.*--save-exact/);
        assert.match(find("pulumi.providers.aws", "7.47.0", "7.48.0")[0] ?? "", /npm ci/);
        assert.match(find("pulumi.providers.docker", "1.0.0", "7.48.0")[0] ?? "", /none of the project's/);
    });

    it("tell the store by its endpoint, and an unknown one by the stack's configuration", () => {
        const store = (s3: string, backend?: string) =>
            storeOf(
                resource(bucket, {}, at(s3)),
                stack(backend === undefined ? {} : { storage: `{"backend":"${backend}"}` }),
            );
        assert.equal(store("https://s3.eu-central-1.amazonaws.com"), "aws");
        assert.equal(store("https://s3.eu-central-003.backblazeb2.com", "s3-compatible"), "b2");
        assert.equal(store("https://backblazeb2.com.example.org"), "s3-compatible");
        assert.equal(store("http://127.0.0.1:7070", "b2"), "b2");
        assert.equal(store("http://127.0.0.1:7070", "aws"), "s3-compatible");
    });

    it("have names of their own, and are all described in docs/policy.md", () => {
        const docs = readFileSync(join(root, "docs/policy.md"), "utf8");
        const names = rules({}).map(({ name }) => name);
        assert.equal(new Set(names).size, names.length);
        for (const name of names) assert.ok(docs.includes(`\`${name}\``), `docs/policy.md says nothing of ${name}`);
    });

    it("pin every package of the project, so that a version has one meaning", () => {
        const text = readFileSync(join(root, "package.json"), "utf8");
        const { dependencies, devDependencies, optionalDependencies } = JSON.parse(text) as Record<
            string,
            Record<string, string>
        >;
        for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }))
            assert.match(version, /^\d+\.\d+\.\d+$/, name);
    });
});

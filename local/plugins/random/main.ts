import { serve } from "../provider/serve.ts";
import { sdkVersion } from "../sdk-version.ts";
import { bytes } from "./bytes.ts";
import { id } from "./id.ts";
import { password, string } from "./text.ts";
import { uuid } from "./uuid.ts";

const resources = {
    "random:index/randomBytes:RandomBytes": bytes,
    "random:index/randomId:RandomId": id,
    "random:index/randomPassword:RandomPassword": password,
    "random:index/randomString:RandomString": string,
    "random:index/randomUuid:RandomUuid": uuid,
};

serve({
    name: "random",
    version: sdkVersion("random"),
    resource: (type) => (Object.hasOwn(resources, type) ? resources[type as keyof typeof resources] : undefined),
});

import { serve } from "../provider/serve.ts";
import { sdkVersion } from "../sdk-version.ts";
import { bucket } from "./bucket.ts";
import { settings } from "./bucket-settings.ts";
import { lookUpInPreview } from "./lookups.ts";
import { S3 } from "./s3.ts";

const s3 = new S3();
const resources = new Map([["aws:s3/bucket:Bucket", bucket(s3)], ...settings(s3)]);

serve({
    name: "aws",
    version: sdkVersion("aws"),
    resource: (type) => resources.get(type),
    configure: (config) => {
        s3.configure(config);
    },
    lookUpInPreview,
});

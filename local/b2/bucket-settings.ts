import { lifecycleXml, nativeRules, UnsupportedLifecycle, type NativeRule } from "./lifecycle.ts";
import { child, parseXml } from "./xml.ts";

/** An answer of the double's own. */
export interface Answer {
    readonly status: number;
    /** XML, or nothing. */
    readonly body: string;
    /** Where it is an error. */
    readonly error?: { readonly code: string; readonly message: string };
}

const done = (status: number, body = ""): Answer => ({ status, body });
const failed = (status: number, code: string, message: string): Answer => ({
    status,
    body: "",
    error: { code, message },
});

/** The settings of buckets that B2 has and versitygw does not: lifecycle and default encryption. */
export class BucketSettings {
    readonly #lifecycles = new Map<string, NativeRule[]>();
    readonly #encrypted = new Set<string>();

    /** Whether a call is about these settings. */
    static knows(operation: string): boolean {
        return /^(Get|Put|Delete)Bucket(Lifecycle(Configuration)?|Encryption)$/.test(operation);
    }

    /** Carries out one call that {@link knows} of. */
    answer(operation: string, bucket: string, body: string): Answer {
        try {
            return this.#answer(operation, bucket, body);
        } catch (error) {
            if (error instanceof UnsupportedLifecycle) return failed(400, "InvalidArgument", error.message);
            return failed(400, "MalformedXML", "The XML you provided was not well-formed");
        }
    }

    /** Forgets a bucket that is gone. */
    forget(bucket: string): void {
        this.#lifecycles.delete(bucket);
        this.#encrypted.delete(bucket);
    }

    #answer(operation: string, bucket: string, body: string): Answer {
        switch (operation) {
            case "PutBucketLifecycleConfiguration":
                this.#lifecycles.set(bucket, nativeRules(body));
                return done(200);
            case "GetBucketLifecycleConfiguration": {
                const rules = this.#lifecycles.get(bucket);
                if (rules === undefined)
                    return failed(404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist");
                // Without AWS's x-amz-transition-default-minimum-object-size, for which some clients wait for ever.
                return done(200, lifecycleXml(rules));
            }
            case "DeleteBucketLifecycle":
                this.#lifecycles.delete(bucket);
                return done(204);
            case "PutBucketEncryption":
                if (algorithmOf(body) !== "AES256")
                    return failed(400, "InvalidArgument", "Only SSE-B2 (AES256) is supported");
                this.#encrypted.add(bucket);
                return done(200);
            case "GetBucketEncryption":
                return this.#encrypted.has(bucket)
                    ? done(200, encryptionXml)
                    : failed(
                          404,
                          "ServerSideEncryptionConfigurationNotFoundError",
                          "The server side encryption configuration was not found",
                      );
            default:
                this.#encrypted.delete(bucket);
                return done(204);
        }
    }
}

function algorithmOf(xml: string): string | undefined {
    const rule = child(parseXml(xml, "ServerSideEncryptionConfiguration"), "Rule");
    const byDefault = rule && child(rule, "ApplyServerSideEncryptionByDefault");
    return byDefault && child(byDefault, "SSEAlgorithm")?.text;
}

const encryptionXml = `<?xml version="1.0" encoding="UTF-8"?><ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`;

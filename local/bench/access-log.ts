/** What a request is billed as; deletions are free everywhere and counted only to be shown. */
export type RequestClass = "put" | "list" | "get" | "delete";

/** One request to the object store, as its access log has it. */
export interface LoggedRequest {
    readonly class: RequestClass;
    /** The replica's path: "global", "slots/acme.db". */
    readonly database: string;
    /** Litestream's level: 0 as uploaded, 1 to 3 merged, 9 snapshots; -1 where one request is about several objects. */
    readonly level: number;
    /** Bytes of the object that was written. */
    readonly bytes: number;
}

const classes: Readonly<Record<string, RequestClass>> = {
    PutObject: "put",
    CreateMultipartUpload: "put",
    UploadPart: "put",
    CompleteMultipartUpload: "put",
    CopyObject: "put",
    ListObjectsV2: "list",
    ListObjects: "list",
    GetObject: "get",
    HeadObject: "get",
    DeleteObject: "delete",
    DeleteObjects: "delete",
};

// `owner bucket [time] address account id s3_Operation key uri status error sent size …`: versitygw v1.8.0, --access-log.
const line =
    /\] \S+ \S+ \S+ s3_(?<operation>\w+) (?<key>\S+) (?<uri>\S+) (?<status>\d+) \S+ \d+ (?<size>\d+) .*(?<agent>litestream)/;
const place = /^(?<database>.+)\/(?<level>[0-9a-f]{4})\//;

/**
 * Litestream's requests in a piece of versitygw's access log, in order. Requests that failed count too: they are billed.
 * @throws for a request of Litestream's whose billing class is not known here: the count would be wrong.
 */
export function parseAccessLog(text: string): LoggedRequest[] {
    return text.split("\n").flatMap((row) => {
        const found = line.exec(row)?.groups;
        if (found === undefined) return [];
        const { operation = "", key = "", uri = "", size = "0" } = found;
        const billed = classes[operation];
        if (billed === undefined) throw new Error(`what is ${operation} billed as? ${row}`);
        const prefix = new URL(uri, "http://store").searchParams.get("prefix");
        const at = place.exec(prefix ?? key)?.groups;
        return [
            {
                class: billed,
                database: at?.["database"] ?? "",
                level: at?.["level"] === undefined ? -1 : parseInt(at["level"], 16),
                bytes: billed === "put" ? Number(size) : 0,
            },
        ];
    });
}

import {
    globalLitestreamYml,
    intervalsFor,
    type ReplicaBucket,
    slotsLitestreamYml,
} from "../../components/render/litestream-yml.ts";

const buckets: readonly ReplicaBucket[] = [
    {
        backend: "b2",
        endpoint: "https://s3.us-west-004.backblazeb2.com",
        region: "us-west-004",
        bucket: "acme-replicas",
    },
    {
        backend: "aws",
        endpoint: "https://s3.eu-central-1.amazonaws.com",
        region: "eu-central-1",
        bucket: "acme-replicas",
    },
    {
        backend: "s3-compatible",
        endpoint: "https://minio.example.com:9000",
        region: "us-east-1",
        bucket: "acme-replicas",
    },
];

/** Every litestream.yml that a production server may get, by the name of its golden file. */
export function renderedLitestream(): ReadonlyMap<string, string> {
    const intervals = intervalsFor(15);
    return new Map(
        buckets.flatMap((bucket) => {
            const location = { ...bucket, prefix: "" };
            return [
                [
                    `litestream-global-${bucket.backend}.yml`,
                    globalLitestreamYml("/app/data/global.db", location, intervals),
                ],
                [`litestream-slots-${bucket.backend}.yml`, slotsLitestreamYml("/app/data/slots", location, intervals)],
            ] as const;
        }),
    );
}

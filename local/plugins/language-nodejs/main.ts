import grpc from "@grpc/grpc-js";
import languageService from "@pulumi/pulumi/proto/language_grpc_pb.js";
import languageMessages from "@pulumi/pulumi/proto/language_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import { listen } from "../provider/serve.ts";
import { unary } from "../provider/unary.ts";
import { sdkVersion } from "../sdk-version.ts";
import { requiredPlugins } from "./required-plugins.ts";
import { startProgram } from "./program.ts";
import { runPolicyPack } from "./policy-pack.ts";

type Message<Name extends keyof typeof languageMessages> = InstanceType<(typeof languageMessages)[Name]>;

const stop = new AbortController();
let engineAddress = process.argv.slice(2).findLast((argument) => !argument.startsWith("-"));

listen(languageService.LanguageRuntimeService, {
    handshake: unary((request: Message<"LanguageHandshakeRequest">) => {
        engineAddress = request.getEngineAddress();
        return new languageMessages.LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(() => new pluginMessages.PluginInfo().setVersion(sdkVersion("pulumi"))),
    about: unary(() =>
        new languageMessages.AboutResponse().setExecutable(process.execPath).setVersion(process.version),
    ),
    getRequiredPackages: unary(async (request: Message<"GetRequiredPackagesRequest">) => {
        const plugins = await requiredPlugins(request.getInfo()?.getProgramDirectory() ?? process.cwd());
        const packages = plugins.map(({ name, version }) =>
            new pluginMessages.PackageDependency().setName(name).setKind("resource").setVersion(version),
        );
        return new languageMessages.GetRequiredPackagesResponse().setPackagesList(packages);
    }),
    run: unary(async (request: Message<"RunRequest">) => {
        const status = await startProgram(
            {
                organization: request.getOrganization(),
                project: request.getProject(),
                stack: request.getStack(),
                rootDirectory: request.getInfo()?.getRootDirectory() ?? request.getPwd(),
                programDirectory: request.getInfo()?.getProgramDirectory() ?? request.getPwd(),
                entryPoint: request.getInfo()?.getEntryPoint() ?? ".",
                workingDirectory: request.getPwd(),
                dryRun: request.getDryrun(),
                parallel: request.getParallel(),
                monitorAddress: request.getMonitorAddress(),
                engineAddress: engineAddress ?? "",
                config: Object.fromEntries(request.getConfigMap().toArray()),
                secretKeys: request.getConfigsecretkeysList(),
                args: request.getArgsList(),
            },
            stop.signal,
        );
        return new languageMessages.RunResponse().setError(status.error).setBail(status.reported);
    }),
    // Only policy packs are run this way here: resource plugins in TypeScript are not among the project's.
    runPlugin: (call: grpc.ServerWritableStream<Message<"RunPluginRequest">, Message<"RunPluginResponse">>) => {
        const { request } = call;
        const directory = request.getInfo()?.getProgramDirectory();
        if (request.getKind() !== "analyzer" || directory === undefined) {
            const details = `the offline stand-in of the Node.js language host runs policy packs, and no ${request.getKind()} plugin`;
            call.emit("error", { code: grpc.status.UNIMPLEMENTED, details });
            return;
        }
        const ended = new AbortController();
        call.on("cancelled", () => {
            ended.abort();
        });
        const answer = () => new languageMessages.RunPluginResponse();
        runPolicyPack(
            { directory, args: request.getArgsList(), env: environment(request.getEnvList()) },
            {
                stdout: (chunk) => call.write(answer().setStdout(chunk)),
                stderr: (chunk) => call.write(answer().setStderr(chunk)),
            },
            AbortSignal.any([ended.signal, stop.signal]),
        ).then(
            (status) => {
                call.write(answer().setExitcode(status));
                call.end();
            },
            (error: unknown) => {
                const details = error instanceof Error ? error.message : String(error);
                call.emit("error", { code: grpc.status.UNKNOWN, details });
            },
        );
    },
    cancel: unary(() => {
        stop.abort();
        return new emptyMessages.Empty();
    }),
} satisfies grpc.UntypedServiceImplementation);

/** `NAME=value` lines as variables; of two of the same name the last one counts. */
function environment(lines: readonly string[]): Record<string, string> {
    return Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
}

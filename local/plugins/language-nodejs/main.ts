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
    cancel: unary(() => {
        stop.abort();
        return new emptyMessages.Empty();
    }),
} satisfies grpc.UntypedServiceImplementation);

import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import { EngineLog } from "./engine.ts";
import type { Context, Provider, Resource } from "./resource.ts";
import { diff } from "./diff.ts";
import { fromStruct, toStruct } from "./struct.ts";
import { unary, type Unary } from "./unary.ts";
import { isSame, revealedProps, secret, UNKNOWN, type Props } from "./wire.ts";

/** The methods of Pulumi's provider protocol (proto/pulumi/provider.proto), answered from a provider's resources. */
export function providerMethods(provider: Provider, engineAddress: string | undefined): Record<string, Unary> {
    const abort = new AbortController();
    let log = engineAddress === undefined ? undefined : new EngineLog(engineAddress);
    const silent: Context = {
        cancelled: abort.signal,
        status: () => undefined,
        warn: () => undefined,
        error: () => undefined,
    };
    const context = (urn: string): Context => log?.context(urn, abort.signal) ?? silent;
    const known = (urn: string): Resource => {
        const type = typeOf(urn);
        const resource = provider.resource(type);
        if (resource !== undefined) return resource;
        throw missing(type);
    };
    const missing = (what: string) =>
        new Error(
            `${what} is not in the offline stand-in of the ${provider.name} plugin: ` +
                `install the official one with: pulumi plugin install resource ${provider.name} ${provider.version}`,
        );

    return {
        handshake: unary((request: InstanceType<typeof messages.ProviderHandshakeRequest>) => {
            log = new EngineLog(request.getEngineAddress());
            return new messages.ProviderHandshakeResponse().setAcceptSecrets(true);
        }),
        attach: unary((request: InstanceType<typeof pluginMessages.PluginAttach>) => {
            log = new EngineLog(request.getAddress());
            return new emptyMessages.Empty();
        }),
        getPluginInfo: unary(() => new pluginMessages.PluginInfo().setVersion(provider.version)),
        getSchema: unary(() =>
            new messages.GetSchemaResponse().setSchema(
                JSON.stringify({ name: provider.name, version: provider.version }),
            ),
        ),
        checkConfig: unary((request: InstanceType<typeof messages.CheckRequest>) =>
            new messages.CheckResponse().setInputs(request.getNews()),
        ),
        diffConfig: unary((request: InstanceType<typeof messages.DiffRequest>) =>
            diff("", fromStruct(request.getOldInputs()), fromStruct(request.getNews()), [], []),
        ),
        configure: unary((request: InstanceType<typeof messages.ConfigureRequest>) => {
            provider.configure?.(revealedProps(fromStruct(request.getArgs())));
            return new messages.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
        }),
        check: unary((request: InstanceType<typeof messages.CheckRequest>) => {
            const news = fromStruct(request.getNews());
            const resource = provider.resource(typeOf(request.getUrn()));
            const name = request.getUrn().split("::").at(-1) ?? "";
            const checked = resource?.check?.(news, fromStruct(request.getOlds()), name) ?? {
                inputs: news,
                refusals: [],
            };
            const failures = checked.refusals.map(({ property, reason }) =>
                new messages.CheckFailure().setProperty(property).setReason(reason),
            );
            return new messages.CheckResponse().setInputs(toStruct(checked.inputs)).setFailuresList(failures);
        }),
        diff: unary((request: InstanceType<typeof messages.DiffRequest>) => {
            const resource = provider.resource(typeOf(request.getUrn()));
            const olds = request.hasOldInputs() ? request.getOldInputs() : request.getOlds();
            return diff(
                request.getId(),
                fromStruct(olds),
                fromStruct(request.getNews()),
                request.getIgnorechangesList(),
                resource?.replacedBy ?? [],
                resource?.deletedBeforeReplaced,
            );
        }),
        create: unary(async (request: InstanceType<typeof messages.CreateRequest>) => {
            const urn = request.getUrn();
            const inputs = fromStruct(request.getProperties());
            if (request.getPreview()) {
                const outputs = provider.resource(typeOf(urn))?.outputs ?? [];
                return new messages.CreateResponse().setProperties(toStruct({ ...unknowns(outputs), ...inputs }));
            }
            const resource = known(urn);
            const name = urn.split("::").at(-1) ?? "";
            const made = await resource.create(revealedProps(inputs), name, context(urn));
            await log?.flush();
            const state = toStruct(stateOf(resource, inputs, made.outputs));
            return new messages.CreateResponse().setId(made.id).setProperties(state);
        }),
        update: unary(async (request: InstanceType<typeof messages.UpdateRequest>) => {
            const urn = request.getUrn();
            const olds = fromStruct(request.getOlds());
            const news = fromStruct(request.getNews());
            const resource = known(urn);
            const kept = Object.fromEntries(
                resource.outputs.flatMap((key) => (olds[key] === undefined ? [] : [[key, olds[key]]])),
            );
            if (request.getPreview()) {
                const changing = unknowns(resource.changing ?? []);
                return new messages.UpdateResponse().setProperties(toStruct({ ...kept, ...changing, ...news }));
            }
            const changed = await resource.update?.(
                request.getId(),
                revealedProps(news),
                revealedProps(olds),
                context(urn),
            );
            await log?.flush();
            return new messages.UpdateResponse().setProperties(
                toStruct({ ...kept, ...stateOf(resource, news, changed ?? {}) }),
            );
        }),
        read: unary(async (request: InstanceType<typeof messages.ReadRequest>) => {
            const state = fromStruct(request.getProperties());
            const resource = known(request.getUrn());
            const response = new messages.ReadResponse().setInputs(request.getInputs());
            const found =
                resource.read === undefined
                    ? {}
                    : await resource.read(request.getId(), revealedProps(state), context(request.getUrn()));
            if (found === undefined) return new messages.ReadResponse();
            const inputs = fromStruct(request.getInputs());
            for (const key of Object.keys(inputs)) {
                const value = found[key];
                if (value !== undefined && !isSame(value, inputs[key])) inputs[key] = value;
            }
            return response
                .setId(request.getId())
                .setInputs(toStruct(inputs))
                .setProperties(toStruct({ ...state, ...stateOf(resource, {}, found), ...inputs }));
        }),
        delete: unary(async (request: InstanceType<typeof messages.DeleteRequest>) => {
            const urn = request.getUrn();
            await known(urn).delete?.(
                request.getId(),
                revealedProps(fromStruct(request.getProperties())),
                context(urn),
            );
            await log?.flush();
            return new emptyMessages.Empty();
        }),
        invoke: unary((request: InstanceType<typeof messages.InvokeRequest>) => {
            const token = request.getTok();
            const args = revealedProps(fromStruct(request.getArgs()));
            const answer = request.getPreview() ? provider.lookUpInPreview?.(token, args) : undefined;
            if (answer === undefined) throw missing(token);
            return new messages.InvokeResponse().setReturn(toStruct(answer));
        }),
        cancel: unary(() => {
            abort.abort(new Error("the update was cancelled"));
            return new emptyMessages.Empty();
        }),
    };
}

/** `urn:pulumi:stack::project::parent$type::name` → `type`. */
function typeOf(urn: string): string {
    return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function unknowns(outputs: readonly string[]): Props {
    return Object.fromEntries(outputs.map((key) => [key, UNKNOWN]));
}

/** The state to keep: inputs keep their own marks, outputs get those that the provider gives. */
function stateOf(resource: Resource, inputs: Props, outputs: Props): Props {
    const secrets = resource.secrets ?? [];
    const marked = Object.entries(outputs).map(([key, value]) => [key, secrets.includes(key) ? secret(value) : value]);
    return { ...(Object.fromEntries(marked) as Props), ...inputs };
}

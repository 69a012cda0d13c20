import structMessages from "google-protobuf/google/protobuf/struct_pb.js";
import type { Props } from "./wire.ts";

type Struct = InstanceType<typeof structMessages.Struct>;

/** The properties of a protobuf struct; none for an absent one. */
export function fromStruct(struct: Struct | undefined): Props {
    return struct?.toJavaScript() ?? {};
}

/** A protobuf struct of properties. */
export function toStruct(props: Props): Struct {
    return structMessages.Struct.fromJavaScript(props);
}

// The runner of policy packs (cmd/run-policy-pack of @pulumi/pulumi 3.259.0) lets ts-node compile what it requires as
// .ts. What an ECMAScript module imports, Node itself reads: so the pack begins here.
import "./index.ts";

import { parentPort } from "node:worker_threads";

import type { ObserveRequest } from "./observe.ts";
import { observe } from "./observe.ts";

// The worker's side of the pool: one request in, one observation out.
parentPort?.on("message", (request: ObserveRequest) => {
    parentPort?.postMessage(observe(request));
});

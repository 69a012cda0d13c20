"use strict";
const { writeFileSync } = require("node:fs");
const Mocha = require("mocha");

/** Mocha's spec reporter; leaves its counts in the file that SLOTKEEPER_COUNTS names, for the runner's last line. */
module.exports = class CountingReporter extends Mocha.reporters.Spec {
    constructor(runner, options) {
        super(runner, options);
        runner.once("end", () => {
            const { passes, failures, pending } = this.stats;
            const path = process.env.SLOTKEEPER_COUNTS;
            if (path !== undefined) writeFileSync(path, JSON.stringify({ passes, failures, pending }));
        });
    }
};

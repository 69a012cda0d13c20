import { appUnit, litestreamUnit } from "../../../components/render/units.ts";
import { assertGolden } from "../../support/golden.ts";

describe("the units of a server", () => {
    it("are these, word for word: test/integration/rendered.test.ts has systemd read them", () => {
        assertGolden("litestream@.service", litestreamUnit("app"));
        assertGolden(
            "app.service",
            appUnit("app", ["/bin/serve", "--greeting", "it's 100 % $HOME"], { APP_RELEASE: "1f" }),
        );
    });
});

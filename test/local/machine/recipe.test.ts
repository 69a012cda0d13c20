import assert from "node:assert/strict";
import { baseRecipe, recipeHash } from "../../../local/machine/recipe.ts";

describe("base image recipe", () => {
    const recipe = baseRecipe("http://mirror.test/debian");

    it("names another image for anything that differs in it, and for another processor", () => {
        const hashes = [
            recipeHash(recipe, "x64"),
            recipeHash(recipe, "arm64"),
            recipeHash({ ...recipe, packages: [...recipe.packages, "sqlite3"] }, "x64"),
            recipeHash({ ...recipe, files: { ...recipe.files, "etc/hostname": "other\n" } }, "x64"),
            recipeHash(baseRecipe("http://other.test/debian"), "x64"),
        ];
        assert.equal(new Set(hashes).size, hashes.length);
        assert.equal(recipeHash(baseRecipe("http://mirror.test/debian"), "x64"), hashes[0]);
    });

    it("leaves no machine id and no host key for two machines to share", () => {
        assert.equal(recipe.files["etc/machine-id"], "");
        for (const type of ["ecdsa", "ed25519", "rsa"])
            assert.ok(recipe.removed.includes(`etc/ssh/ssh_host_${type}_key`));
    });
});

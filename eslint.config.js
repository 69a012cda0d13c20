import tseslint from "typescript-eslint";

/** Data never turns back (docs/architecture.md): these imports are refused. */
const forbid = (patterns, message) => ({
    "no-restricted-imports": ["error", { patterns: [{ regex: patterns, message }] }],
});

export default tseslint.config(
    { ignores: ["node_modules", "reports", "coverage"] },
    {
        files: ["**/*.ts"],
        extends: [tseslint.configs.strictTypeChecked],
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        rules: {
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
            "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
            "@typescript-eslint/no-non-null-assertion": "error",
            "@typescript-eslint/prefer-nullish-coalescing": "error",
            "no-restricted-syntax": [
                "error",
                {
                    selector: "CallExpression[callee.property.name='only']",
                    message: "an exclusive test hides the others",
                },
            ],
        },
    },
    {
        files: ["components/**/*.ts"],
        rules: forbid("/(scripts|local|test)/", "components never import scripts, local or test"),
    },
    { files: ["components/render/**/*.ts"], rules: forbid("^@pulumi/|/(scripts|local|test)/", "render is pure text") },
    {
        files: ["scripts/**/*.ts"],
        ignores: ["scripts/drill/**"],
        rules: forbid("^@pulumi/|/local/|/test/", "only scripts/drill may reach Pulumi and local"),
    },
    { files: ["test/**/*.ts"], rules: { "@typescript-eslint/no-floating-promises": "error" } },
);

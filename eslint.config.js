// The rules for the JavaScript of the pages: see `make check-js`.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["!src/**", ".venv/", "results/", "site/", "benchmarks/out/"] },
  js.configs.recommended,
  {
    files: ["src/pigeonhole/web/static/**/*.js"],
    languageOptions: { globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-var": "error",
      "prefer-const": "error",
      // The bundler reads imports and exports by their form: see web/bundle.py.
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "Export by name." },
        { selector: "ImportNamespaceSpecifier", message: "Import by name." },
      ],
    },
  },
];

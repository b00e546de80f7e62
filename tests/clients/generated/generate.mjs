// Types by openapi-typescript: node generate.mjs <openapi.json> <types.d.ts>
// Binary bodies are Blobs, as its documentation has it; by itself it says that they are strings.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const [document, types] = process.argv.slice(2);
const BLOB = ts.factory.createTypeReferenceNode("Blob");
const tree = await openapiTS(pathToFileURL(document), {
  transform: (schema) => (schema.format === "binary" ? BLOB : undefined),
});
writeFileSync(types, astToString(tree));

// Prints what @jax-js/loaders reads from the safetensors file named by the first argument, as one JSON object.
import { readFileSync } from "node:fs";
import { safetensors } from "@jax-js/loaders";

const { metadata, tensors } = safetensors.parse(new Uint8Array(readFileSync(process.argv[2])));
const read = Object.entries(tensors).map(([name, { dtype, shape, data }]) => ({ name, dtype, shape, values: Array.from(data) }));
process.stdout.write(JSON.stringify({ metadata, tensors: read }));

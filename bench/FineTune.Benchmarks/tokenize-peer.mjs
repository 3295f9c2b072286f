// node tokenize-peer.mjs FILE TOKENIZER_DIR NODE_MODULES_PARENT ROUNDS: megabytes a second of Hugging Face's tokenizers, best of the rounds.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [file, folder, parent, rounds] = process.argv.slice(2);
const { Tokenizer } = createRequire(join(parent, "package.json"))("@anush008/tokenizers");
const tokenizer = Tokenizer.fromFile(join(folder, "tokenizer.json"));
const text = readFileSync(file, "utf8");
const megabytes = Buffer.byteLength(text) / 1e6;
const lines = text.split("\n");
const results = [];
for (let round = 0; round < +rounds; round++) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < lines.length; i += 20000) {
    await tokenizer.encodeBatch(lines.slice(i, i + 20000), { addSpecialTokens: false });
  }
  results.push(megabytes / (Number(process.hrtime.bigint() - start) / 1e9));
}
console.log(JSON.stringify(results));

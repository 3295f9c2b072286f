// Prints llama.cpp's logits after every position of the prompts in the second argument (JSON, token ids) for the GGUF file in the
// first, as JSON [prompt][position][token]. The binary of @node-llama-cpp/linux-x64 is driven through its addon alone; keys and
// values are kept in fp32 and its flash attention, which rounds, is off.
import { createRequire } from "node:module";
import path from "node:path";
import { getBinsDir } from "@node-llama-cpp/linux-x64";

const folder = path.join(getBinsDir().binsDir, "linux-x64");
const llama = createRequire(import.meta.url)(path.join(folder, "llama-addon.node"));
const [file, prompts] = [process.argv[2], JSON.parse(process.argv[3])];
const longest = Math.max(...prompts.map((prompt) => prompt.length));

llama.setLoggerLogLevel(2);
llama.setLogger((level, message) => process.stderr.write(message));
llama.loadBackends();
llama.loadBackends(folder);
await llama.init();
const model = new llama.AddonModel(file, { gpuLayers: 0 });
if (!(await model.init())) throw new Error(`llama.cpp cannot load ${file}`);
const context = new llama.AddonContext(model, {
    contextSize: Math.ceil(longest / 256) * 256, batchSize: longest, sequences: 1, threads: 2, flashAttention: false,
    kvCacheKeyType: 0, kvCacheValueType: 0
});
if (!(await context.init())) throw new Error("llama.cpp cannot make a context");
const sampler = new llama.AddonSampler(model);
sampler.applyConfig({ temperature: 0 });

const scores = [];
for (const prompt of prompts) {
    context.disposeSequence(0);
    context.initBatch(prompt.length);
    const places = context.addToBatch(0, 0, Uint32Array.from(prompt), Uint32Array.from(prompt.keys()));
    await context.decodeBatch();
    const positions = [];
    for (const place of places) {
        // Token, logit, token, logit, ..., best first.
        const [, , , pairs] = await context.sampleToken(place, sampler, false, false, true);
        const logits = new Array(pairs.length / 2);
        for (let i = 0; i < pairs.length; i += 2) logits[pairs[i]] = pairs[i + 1];
        positions.push(logits);
    }
    scores.push(positions);
}
process.stdout.write(JSON.stringify(scores));

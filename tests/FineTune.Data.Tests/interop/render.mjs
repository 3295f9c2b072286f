// node render.mjs COUNT OWN OUT: conversations, and what Hugging Face's Jinja makes of them with the published template of each family and with our own.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Template } from "@huggingface/jinja";

const [count, own, out] = process.argv.slice(2);
const source = readFileSync(join(import.meta.dirname, "node_modules/@huggingface/ollama-utils/src/chat-template-automap.ts"), "utf8");
const published = eval(source.slice(source.indexOf("= [") + 1));
const models = {
  "llama2": "library/llama2:7b", "llama3": "library/llama3:8b", "llama3.1": "library/llama3.1:8b", "llama3.2": "library/llama3.2:3b",
  "mistral": "library/mistral:7b-instruct-fp16", "mixtral": "library/mixtral:8x7b", "dbrx": "library/dbrx:132b",
};
const templates = Object.fromEntries(Object.entries(models).map(([family, model]) => [family, published.find(entry => entry.model === model).gguf]));
templates.own = JSON.parse(readFileSync(own, "utf8")).chat_template;
let state = 7;
const next = n => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return (state >>> 8) % n; };
const pick = list => list[next(list.length)];
const WORDS = ["Hello", "what's", "<|eot_id|>", "[INST]", "[/INST]", "</s>", "<s>", "<<SYS>>", "<|im_end|>", "{{ bos_token }}", "{% raise %}", "naïve", "世界", "😀", "\n", "\n\n", "\t", "\"q\"", "\\", "a'b", "<|python_tag|>", "\u00a0", "x = {\"a\": 1}", "\u2028"];
const words = () => { let text = pick(["", "", " ", "\n", "\u3000 "]); for (let n = next(12); n >= 0; n--) text += pick(WORDS) + pick([" ", "", " "]); return text + pick(["", " ", "\n"]); };
const content = () => next(12) ? words() : pick(["", " ", "\n\n"]);
const json = depth => pick([() => next(1000) - 500, () => words(), () => true, () => null, () => next(100) + 0.25, () => depth > 2 ? [] : [json(depth + 1), json(depth + 1)], () => depth > 2 ? {} : { [pick(["a", "ü", "b c", "\"k\""])]: json(depth + 1), z: json(depth + 1) }])();
const tool = () => ({ type: "function", function: { name: pick(["get_weather", "f"]), description: words(), parameters: { type: "object", properties: { city: { type: "string", enum: [words()] }, n: json(0) }, required: [] } } });

function conversation() {
  const messages = [];
  // Never blank: to this Jinja '' equals false, unlike to Python's, and the templates of llama2 and dbrx compare the two.
  if (next(3) === 0) messages.push({ role: pick(["system", "developer"]), content: "S" + content() });
  const useTools = next(4) === 0;
  for (let turns = 1 + next(4); turns > 0; turns--) {
    messages.push({ role: "user", content: content() });
    if (useTools && next(2)) {
      const calls = [];
      for (let n = next(8) ? 1 : 2; n > 0; n--) calls.push({ id: "c" + n, type: "function", function: { name: pick(["get_weather", "f"]), arguments: { city: words(), n: json(0) } } });
      messages.push({ role: "assistant", content: "", tool_calls: calls });
      messages.push({ role: "tool", tool_call_id: "c1", content: next(2) ? JSON.stringify(json(0)) : content() });
    }
    if (next(10)) messages.push({ role: "assistant", content: content(), ...(next(5) ? {} : { weight: 0 }) });
  }
  if (next(15) === 0) messages.splice(next(messages.length + 1), 0, { role: pick(["system", "assistant", "user", "tool"]), content: content() });
  return { messages, tools: useTools && next(3) ? [tool(), tool()].slice(next(2)) : [], generation: next(3) === 0 };
}

const cases = [];
for (let i = 0; i < +count; i++) {
  const { messages, tools, generation } = conversation();
  const seen = messages.map(({ weight, ...message }) => ({ ...message, role: message.role === "developer" ? "system" : message.role }));
  const rendered = {};
  for (const [family, source] of Object.entries(templates)) {
    const template = new Template(source);
    try {
      rendered[family] = { text: template.render({ messages: seen, tools: tools.length ? tools : null, add_generation_prompt: generation, bos_token: "<|begin_of_text|>", eos_token: "<|end_of_text|>", date_string: "06 Mar 2025" }) };
    } catch (error) {
      rendered[family] = { error: error.message };
    }
  }
  cases.push({ messages, tools, generation, rendered });
}
writeFileSync(out, JSON.stringify({ templates, cases }));

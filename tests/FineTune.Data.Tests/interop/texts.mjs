// Deterministic texts of every kind that tokenizers treat differently.
const ADDED = ["<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<s>", "</s>", "<unk>", "<0x0A>", "<pad>"];
const CODE = ["for (int i = 0; i < n; ++i) {\n\t\tsum += a[i] * b[i];\r\n    }\n", "def f(x, *args, **kw):\n    return {k: v for k, v in kw.items()}\n\n\n", "SELECT * FROM t WHERE id IN (1,22,333,4444,55555) -- ok\n", "<div class=\"a\">&nbsp;{{ x|tojson }}</div>\n", "\\begin{align} x_1 &= \\frac{a}{b} \\\\ \\end{align}\n", "#!/bin/bash\nset -euo pipefail; echo \"$HOME\" | sed 's/a/b/g' >> /dev/null\n"];
const WORDS = "the of and to in is that it was for on are as with his they at be this from have or by one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know it's don't I'll we've They're YOU'RE O'Neill naïve café Zürich smörgåsbord Ελλάδα Москва привет мир здравствуйте שלום مرحبا بالعالم العربية नमस्ते दुनिया ভাষা ไทย สวัสดี 한국어 안녕하세요 日本語 こんにちは 世界 中文 汉字 你好 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﬁnance ǆ ǅ ß ſtraße İstanbul ıstanbul Åström e\u0301 a\u0308\u0323".split(" ");
const RANGES = [[0x20, 0x7e], [0, 0x1f], [0x7f, 0xa0], [0xa0, 0x24f], [0x300, 0x36f], [0x370, 0x3ff], [0x400, 0x4ff], [0x590, 0x5ff], [0x600, 0x6ff], [0x900, 0x97f], [0xe00, 0xe7f], [0x1100, 0x11ff], [0x1680, 0x1680], [0x2000, 0x206f], [0x20d0, 0x20ff], [0x2150, 0x218f], [0x2460, 0x24ff], [0x2500, 0x257f], [0x2580, 0x2583], [0x3000, 0x30ff], [0x4e00, 0x9fff], [0xac00, 0xd7a3], [0xe000, 0xf8ff], [0xfe00, 0xfe0f], [0xff00, 0xffef], [0xfff0, 0xffff], [0x10000, 0x100ff], [0x1d400, 0x1d7ff], [0x1f000, 0x1faff], [0x1f1e6, 0x1f1ff], [0x20000, 0x2a6df], [0xe0000, 0xe01ef], [0x10ff00, 0x10ffff], [0x80, 0x10ffff]];
const EMOJI = ["😀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "👍🏽", "❤️", "1️⃣", "☃", "𝟙𝟚", "\u200d", "\ufe0f"];
const SPACES = [" ", "  ", "   ", "\t", "\n", "\r\n", "\r", "\n\n", " \n", "\n ", "\u00a0", "\u2003", "\u3000", "\u2028", "\u0085", "\u200b", "\ufeff", "\v", "\f", "▁", "▁▁", " ▁ "];
const LONE = ["\ud800", "\udfff", "\udc00\ud800", "\ud83d "];

export function* texts(bytes, seed) {
  let state = seed >>> 0;
  const next = n => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; let x = state; x ^= x >>> 15; x = Math.imul(x, 0x2c1b3c6d); x ^= x >>> 12; return (x >>> 0) % n; };
  const pick = list => list[next(list.length)];
  const character = () => { const [low, high] = pick(RANGES); const c = low + next(high - low + 1); return c >= 0xd800 && c < 0xe000 ? "?" : String.fromCodePoint(c); };
  const repeat = (make, most) => { let s = ""; for (let n = 1 + next(most); n > 0; n--) s += make(); return s; };
  const kinds = [
    () => repeat(() => pick(WORDS) + " ", 200),
    () => repeat(() => pick(WORDS) + pick(SPACES), 200),
    () => repeat(() => pick(CODE), 20),
    () => repeat(character, 300),
    () => { const [low, high] = pick(RANGES); return repeat(() => { const c = low + next(high - low + 1); return c >= 0xd800 && c < 0xe000 ? "x" : String.fromCodePoint(c); }, 300); },
    () => repeat(() => pick(EMOJI), 60),
    () => repeat(() => pick(SPACES), 100),
    () => pick([..."aA0 .=-_\n\t▁é中😀\0'"]).repeat(1 + next(3000)),
    () => pick(["ab", "  a", "\r\n", "ha", "=-", "10", "é ", "中文", "'s"]).repeat(1 + next(1500)),
    () => next(8) ? repeat(character, 40) : pick([..."aA0 .=-_\n\t▁é中😀\0'", "ab", "中文", "<0x0A>", "\u0301"]).repeat(5000 + next(30000)),
    () => repeat(() => pick(ADDED) + pick(["", " ", "x", "\n", ...WORDS]), 20),
    () => repeat(() => pick(LONE) + pick(WORDS), 20),
    () => repeat(() => String(next(1000000000)) + pick([" ", ",", "", ".", "'", "\n"]), 60),
    () => repeat(() => pick(WORDS).toUpperCase() + pick(["'S", "'LL ", "'re", "'", "''", "'ſ", "'VE "]), 40),
    () => repeat(() => pick([character, () => pick(WORDS), () => pick(SPACES), () => pick(CODE), () => pick(EMOJI), () => pick(ADDED)])(), 100),
  ];
  yield "";
  for (let written = 0; written < bytes;) {
    const text = pick(kinds)();
    written += Buffer.byteLength(text);
    yield text;
  }
}

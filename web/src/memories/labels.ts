/** The words that tell one group of texts from the others. Pure. */

import { stem, wordsIn } from "./why";

const MOST = 3;
/** A word of one memory alone says nothing of a group, unless the group is that small. */
const LEAST = 2;
const DATED = /^\[\d{4}-\d{2}-\d{2}\] ([^:]{1,80}): /;
/** What people say everywhere, beside the words that are empty anyway. */
const COMMON = new Set(
  (
    "like just really great good thanks thank yeah hey hello well know think get got make made sure glad love loves " +
    "one two some much many more most very also because been being over last next how's it's that's i'm i've you're " +
    "don't didn't ago week user likes wants said says something anything everything those these want going lot " +
    "awesome amazing cool nice sounds wow keep feel felt see saw time day days way right other only here around " +
    "let lets still even back come came take took look looks always never every new things thing bit out off " +
    "user's monday tuesday wednesday thursday friday saturday sunday january february march april may june july " +
    "august september october november december fri sat sun mon tue wed thu today yesterday tomorrow year years " +
    "went goes wasn't isn't can't won't gonna totally definitely absolutely having doing while been since"
  ).split(" "),
);

/** Of each group its most telling words, the most telling first; "…" where no word does. */
export function labels(groups: string[][]): string[] {
  const speakers = new Set(groups.flat().flatMap((text) => wordsIn(DATED.exec(text)?.[1] ?? "")));
  const counted = groups.map((texts) => countWords(texts, speakers));
  const total = groups.reduce((sum, texts) => sum + texts.length, 0);
  const everywhere = new Map<string, number>();
  for (const { counts } of counted) {
    for (const [word, count] of counts) everywhere.set(word, (everywhere.get(word) ?? 0) + count);
  }
  return counted.map(({ counts, shown }, index) => {
    const size = groups[index]?.length ?? 0;
    const least = Math.min(LEAST, size);
    const told = [...counts]
      .filter(([, count]) => count >= least)
      .map(([word, count]) => ({ word, tells: telling(count, size, everywhere.get(word) ?? count, total) }))
      .sort((a, b) => b.tells - a.tells || (a.word < b.word ? -1 : 1));
    return (
      told
        .slice(0, MOST)
        .map(({ word }) => shown.get(word) ?? word)
        .join(" · ") || "…"
    );
  });
}

/** How often it stands in the group, weighed by how much rarer it is elsewhere and by how rare it is at all. */
function telling(count: number, size: number, everywhere: number, total: number): number {
  const here = count / Math.max(1, size);
  const rare = Math.log(1 + total / everywhere);
  return here * Math.log(1 + here / (everywhere / Math.max(1, total))) * rare;
}

/** In how many of the texts each word stands, in any ending, and how it is mostly written. */
function countWords(
  texts: string[],
  speakers: Set<string>,
): { counts: Map<string, number>; shown: Map<string, string> } {
  const counts = new Map<string, number>();
  const written = new Map<string, Map<string, number>>();
  for (const text of texts) {
    const words = wordsIn(text.replace(DATED, "")).filter(
      (word) => !COMMON.has(word) && !speakers.has(word) && !/^\d+$/.test(word),
    );
    for (const word of new Set(words)) {
      const forms = written.get(stem(word)) ?? new Map<string, number>();
      written.set(stem(word), forms.set(word, (forms.get(word) ?? 0) + 1));
    }
    for (const each of new Set(words.map(stem))) counts.set(each, (counts.get(each) ?? 0) + 1);
  }
  const shown = new Map<string, string>();
  for (const [each, forms] of written) {
    const [best] = [...forms].sort((a, b) => b[1] - a[1] || a[0].length - b[0].length);
    if (best) shown.set(each, best[0]);
  }
  return { counts, shown };
}

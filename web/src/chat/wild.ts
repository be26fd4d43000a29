/** Texts on which a reader of markdown works for a minute, made to be so: they stand as they are. */

const MARKS = /[*_~[\]<>`]/g;
const SOME = 1_000;
const DEEP = /^[ \t>*+-]{200}/m;

/** Whether most of it is marks, or it is nested as nobody writes. */
export function isWild(text: string): boolean {
  if (DEEP.test(text)) return true;
  const marks = text.length < SOME ? 0 : (text.match(MARKS)?.length ?? 0);
  return marks > SOME && marks > text.length / 2;
}
